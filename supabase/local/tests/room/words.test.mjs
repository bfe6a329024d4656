// The page's words: both languages have the same entries, and every entry that is asked for is there.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { folder, languages } from "./words.mjs";

/** What there is to an entry besides its text: its kind, its names, what it takes. */
function shape(entry) {
  if (typeof entry === "function") return `takes ${entry.length}`;
  if (typeof entry === "object") return Object.fromEntries(Object.keys(entry).sort().map((name) => [name, shape(entry[name])]));
  return typeof entry;
}

/** The texts of an entry, functions called with what they may get. */
function texts(entry) {
  if (typeof entry === "function") return ["0", "1", "두 번"].map((value) => entry(...Array(entry.length).fill(value)));
  return typeof entry === "object" ? Object.values(entry).flatMap(texts) : [entry];
}

describe("the page's words", () => {
  it("are the same entries in both languages", () => assert.deepEqual(shape(languages.ko), shape(languages.en)));

  for (const [language, words] of Object.entries(languages)) {
    it(`are texts, whatever they are given: ${language}`, () => {
      for (const [name, entry] of Object.entries(words)) {
        for (const text of texts(entry)) assert.ok(typeof text === "string" && text.trim() && !/undefined|NaN|object/.test(text), `${name} is ${JSON.stringify(text)}, want words`);
      }
    });
  }

  it("have every entry that a module asks for", () => {
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".js"))) {
      for (const [, name] of readFileSync(join(folder, file), "utf8").matchAll(/\bsay\("(\w+)"/g)) assert.ok(name in languages.en, `${file} says ${name}, which is no word of ours`);
    }
  });
});
