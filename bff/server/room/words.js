// What the page says: say("daysLeft") is in the reader's language. An entry of the catalogues is a text, or a function
// where it takes something; both languages have the same entries.

import { english } from "./english.js";
import { korean } from "./korean.js";
import { state } from "./store.js";

const languages = { en: english, ko: korean };

/** The text of that name in the reader's language. */
export function say(name, ...values) {
  const entry = languages[state.language][name];
  return typeof entry === "function" ? entry(...values) : entry;
}
