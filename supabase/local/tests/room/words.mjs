// What the page says, by language: its own catalogues.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../settings.mjs";

/** A module of the page. Its folder has no package.json by which Node would know it for one. */
const load = (name) => import(`data:text/javascript,${encodeURIComponent(readFileSync(join(repository, "bff", "server", "room", name), "utf8"))}`);

const [{ english }, { korean }] = await Promise.all(["english.js", "korean.js"].map(load));

export const languages = { en: english, ko: korean };
