// The browser of the tests and pictures: the machine's own Chromium or Chrome.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import { refuse } from "./refuse.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

function find() {
  if (process.env.CHROME_BIN) return process.env.CHROME_BIN;
  for (const folder of process.env.PATH.split(delimiter)) {
    for (const name of names) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // not here
      }
    }
  }
  throw refuse("No browser: install Chromium or Chrome, or say by CHROME_BIN where it is");
}

/** Starts a browser without a window. */
export const launch = (options) => chromium.launch({ executablePath: find(), args: process.getuid?.() === 0 ? ["--no-sandbox"] : [], ...options });
