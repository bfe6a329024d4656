// What the tests need is installed where that needs no question, and named with one command where it does.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";

const local = join(import.meta.dirname, "..");
const isRoot = process.getuid() === 0;
const nobody = 65534;

describe("requirements", () => {
  let folder, bin;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mysingle-requirements-"));
    bin = join(folder, "bin");
    mkdirSync(bin);
    for (const path of [folder, bin]) chmodSync(path, 0o777); // somebody else than root installs there, too
    for (const name of ["requirements.mjs", "refuse.mjs"]) copyFileSync(join(local, name), join(folder, name));
    program("env", `exec /usr/bin/env "$@"`);
    for (const name of ["git", "curl"]) program(name);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function program(name, script = "exit 0") {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  /** Runs it with nothing on PATH but the programs made above, as root or as somebody who isn't. */
  function ensure({ root, args = [] }) {
    const identity = isRoot && !root ? { uid: nobody, gid: nobody } : {};
    // Node itself may be where only root may go.
    const node = join(folder, "node");
    cpSync(process.execPath, node, { force: true });
    const { status, stdout, stderr, error } = spawnSync(node, [join(folder, "requirements.mjs"), ...args], { ...identity, env: { PATH: bin }, encoding: "utf8" });
    assert.ifError(error);
    return { status, stdout, stderr };
  }

  it("is content when everything is there, without asking anybody", () => {
    for (const name of ["redis-server", "prometheus", "promtool", "chromium"]) program(name);
    program("apt-get", "echo asked >&2; exit 1");
    const { status, stderr } = ensure({ root: isRoot });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  });

  it("names everything that is missing, with one command of each package manager where there is none", () => {
    program("redis-server");
    const { status, stderr } = ensure({ root: false });
    assert.equal(status, 1, "the exit code");
    assert.equal(stderr, [
      "The tests need Prometheus, Chromium or Chrome, which this machine lacks. Install with:", "",
      "  sudo apt-get install -y --no-install-recommends prometheus chromium",
      "  sudo dnf install -y golang-github-prometheus chromium",
      "  brew install prometheus && brew install --cask google-chrome", "", "",
    ].join("\n"));
  });

  it("names the command of the package manager that is there", () => {
    program("dnf");
    const { stderr } = ensure({ root: false });
    assert.match(stderr, /Redis, Prometheus, Chromium or Chrome.*\n\n  sudo dnf install -y valkey-compat-redis golang-github-prometheus chromium\n\n$/);
  });

  it("asks nobody for a password", () => {
    program("apt-get", "echo asked >&2; exit 1");
    program("sudo", `[ "$1" = -n ] || { echo "asked for a password" >&2; sleep 60; }\nexit 1`);
    const { status, stderr } = ensure({ root: false });
    assert.equal(status, 1, "the exit code");
    assert.match(stderr, /^The tests need Redis.*\n\n  sudo apt-get install -y --no-install-recommends redis-server prometheus chromium\n\n$/);
  });

  it("needs the browser no less when only that is missing", () => {
    for (const name of ["redis-server", "prometheus", "promtool"]) program(name);
    assert.match(ensure({ root: false }).stderr, /need Chromium or Chrome,/);
    program("google-chrome");
    assert.equal(ensure({ root: false }).status, 0, "the exit code with google-chrome");
  });

  for (const [who, root] of [["root", true], ["somebody with sudo", false]]) {
    if (root && !isRoot) continue; // there is no way to become root
    it(`installs with apt-get as ${who}`, () => {
      const log = join(folder, "calls");
      writeFileSync(log, "", { mode: 0o666 });
      chmodSync(log, 0o666);
      if (!root) program("sudo", `[ "$1" = -n ] || exit 1\nshift\nexec "$@"`);
      program("true");
      program("apt-get", `echo "$@" >> ${log}
for name in "$@"; do
  case $name in prometheus) programs="prometheus promtool" ;; redis-server|chromium) programs=$name ;; gcc) programs=cc ;; *) programs= ;; esac
  for program in $programs; do printf '#!/bin/sh\\n' > ${bin}/$program; /bin/chmod +x ${bin}/$program; done
done`);
      const { status, stderr } = ensure({ root, args: ["shake"] });
      assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
      assert.equal(readFileSync(log, "utf8"), "-qq update\n-qq install -y --no-install-recommends redis-server prometheus chromium gcc libc6-dev\n");
    });
  }

  it("shows what apt-get said when that fails, and the command", () => {
    program("sudo", `shift\nexec "$@"`);
    program("true");
    program("apt-get", "echo 'E: Unable to locate package chromium' >&2; exit 100");
    const { status, stderr } = ensure({ root: false });
    assert.equal(status, 1, "the exit code");
    assert.match(stderr, /^apt-get failed:\nE: Unable to locate package chromium\n[^]*sudo apt-get install/);
  });
});
