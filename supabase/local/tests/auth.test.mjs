// Which Auth server is chosen: a native GoTrue, but no other program that happens to be called auth.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { findGoTrue } from "../auth.mjs";

describe("the native GoTrue", () => {
  let folder;
  const program = (path, help, mode = 0o755) => {
    const file = join(folder, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, `#!/bin/sh\necho '${help}'\n`, { mode });
    return file;
  };
  const gotrueHelp = "Usage:\n  gotrue [flags]\n  gotrue [command]\nAvailable Commands:\n  admin\n  migrate\n  serve\n  version";
  let real, other, named;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "auth-test-"));
    real = program("real/auth", gotrueHelp);
    other = program("other/auth", "auth: sign in to the build farm");
    named = program("named/my-gotrue", gotrueHelp);
    program("plain/gotrue", gotrueHelp, 0o644);
  });
  after(() => rmSync(folder, { recursive: true }));

  const path = (...names) => names.map((name) => join(folder, name)).join(delimiter);

  it("is taken from PATH when it answers like GoTrue", () => assert.equal(findGoTrue({ PATH: path("real") }), real));
  it("is found behind another program called auth", () => assert.equal(findGoTrue({ PATH: path("other", "real") }), real));
  it("is not another program called auth", () => assert.equal(findGoTrue({ PATH: path("other") }), null));
  it("is not a file that can't be run", () => assert.equal(findGoTrue({ PATH: path("plain") }), null));
  it("is not required", () => assert.equal(findGoTrue({ PATH: "" }), null));
  it("is the named one before the one on PATH", () => assert.equal(findGoTrue({ GOTRUE_BIN: named, PATH: path("real") }), named));
  it("must be GoTrue when named", () => {
    assert.throws(() => findGoTrue({ GOTRUE_BIN: other, PATH: path("real") }), { refusal: true, message: /^GOTRUE_BIN=.* does not answer/ });
  });
});
