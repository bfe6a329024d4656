// The settings file: what is generated, what is kept.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { loadSettings } from "../settings.mjs";

describe("the settings file", () => {
  let folder;
  let file;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "settings-test-"));
    file = join(folder, ".env");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const text = () => readFileSync(file, "utf8");

  it("is made with keys and secrets, readable by its owner alone", () => {
    const settings = loadSettings(file, {});
    assert.match(settings.SUPABASE_PUBLISHABLE_KEY, /^sb_publishable_[\w-]{32}$/);
    assert.match(settings.SUPABASE_SECRET_KEY, /^sb_secret_[\w-]{32}$/);
    assert.ok(settings.SUPABASE_JWT_SECRET.length >= 32, `the secret has ${settings.SUPABASE_JWT_SECRET.length} characters, want at least 32`);
    assert.equal(Buffer.from(settings.BFF_SESSION_KEYS, "base64").length, 32);
    assert.equal(Buffer.from(settings.FUNCTIONS_SIGNING_KEYS, "base64").length, 32);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder), [".env"]);
  });

  it("is the same on the next start", () => {
    const first = loadSettings(file, {});
    const before = text();
    assert.deepEqual(loadSettings(file, {}), first);
    assert.equal(text(), before);
  });

  it("keeps what it says: comments, order, values, other settings", () => {
    writeFileSync(file, "# mine\nSUPABASE_SECRET_KEY=sb_secret_mine\nOTHER='a b'\n\nBFF_PORT=9090 # why\n");
    const settings = loadSettings(file, {});
    assert.match(text(), /^# mine\nSUPABASE_SECRET_KEY=sb_secret_mine\nOTHER='a b'\n\nBFF_PORT=9090 # why\n/);
    assert.equal(settings.SUPABASE_SECRET_KEY, "sb_secret_mine");
    assert.equal(settings.OTHER, "a b");
    assert.equal(settings.BFF_PORT, 9090);
  });

  it("gets the empty lines of .env.example filled in where they stand", () => {
    writeFileSync(file, readFileSync(join(import.meta.dirname, "..", "..", "..", ".env.example"), "utf8"));
    const lines = text().split("\n").length;
    const settings = loadSettings(file, {});
    assert.equal(text().split("\n").length, lines);
    assert.ok(text().includes(`\nSUPABASE_JWT_SECRET=${settings.SUPABASE_JWT_SECRET}\n`), `no line with the secret in\n${text()}`);
  });

  it("gives way to the environment, which is not written into it", () => {
    const given = { SUPABASE_PUBLISHABLE_KEY: "sb_publishable_e", SUPABASE_SECRET_KEY: "sb_secret_e", SUPABASE_JWT_SECRET: "e".repeat(40), BFF_SESSION_KEYS: "e".repeat(43) + "=", FUNCTIONS_SIGNING_KEYS: "e".repeat(43) + "=", SUPABASE_PORT: "55555" };
    const settings = loadSettings(file, given);
    assert.equal(settings.SUPABASE_PUBLISHABLE_KEY, "sb_publishable_e");
    assert.equal(settings.SUPABASE_PORT, 55555);
    assert.ok(!existsSync(file), `${file} was written`);
  });

  for (const [name, value] of [["SUPABASE_PORT", "0"], ["SUPABASE_PORT", "web"], ["BFF_PORT", "70000"], ["BFF_PORT", "80.5"]]) {
    it(`refuses ${name}=${value} in one line`, () => {
      assert.throws(() => loadSettings(file, { [name]: value }), { refusal: true, message: new RegExp(`^${name}=${value} is not a port number`) });
    });
  }
});
