// The browser of the tests and pictures: the machine's own Chromium or Chrome.

import { chromium } from "playwright-core";
import { refuse } from "./refuse.mjs";
import { findBrowser } from "./requirements.mjs";

/** Starts a browser without a window. */
export async function launch(options) {
  const executablePath = findBrowser();
  if (!executablePath) throw refuse("No browser: install Chromium or Chrome, or say by CHROME_BIN where it is");
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [], ...options });
}
