// What the page says, by language: its own catalogues.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../settings.mjs";

/** Where the page is. */
export const folder = join(repository, "bff", "server", "room");

/** The catalogue of a module. Its folder has no package.json by which Node would know it for one. */
const catalogue = (name) => Function(readFileSync(join(folder, name), "utf8").replace(/^export const \w+ =/m, "return"))();

export const languages = { en: catalogue("english.js"), ko: catalogue("korean.js") };
