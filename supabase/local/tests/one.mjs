// Runs the tests whose name matches, on the stack around it: `go tool task test:one -- TestBoard`, or `-- 'signs in'`.
// What begins with Test is a Go test (a subtest behind a slash, as `go test -run` has it); anything else is Node's. The
// tests of bff/deploy/check, a module of its own, need no stack: go -C bff/deploy/check test -run TestImage.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { repository } from "../settings.mjs";

function filesEndingWith(suffix, folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ["node_modules", "check"].includes(entry.name) || entry.name.startsWith(".") ? [] : filesEndingWith(suffix, path);
    return entry.name.endsWith(suffix) ? [path] : [];
  });
}

/** The folders of the Go packages that have such a test. */
function goPackages(pattern) {
  const name = new RegExp(pattern.split("/")[0]);
  const files = ["bff", "functions", "supabase/tests"].flatMap((folder) => filesEndingWith("_test.go", join(repository, folder)));
  const matching = files.filter((file) => [...readFileSync(file, "utf8").matchAll(/^func (Test\w*)/gm)].some(([, test]) => name.test(test)));
  return [...new Set(matching.map((file) => `./${relative(repository, dirname(file))}`))];
}

/** The files of Node's tests that have the pattern in their text; all of them, where a name is put together. */
function nodeFiles(pattern) {
  const files = filesEndingWith(".test.mjs", import.meta.dirname);
  const matching = files.filter((file) => new RegExp(pattern).test(readFileSync(file, "utf8")));
  return matching.length > 0 ? matching : files;
}

/** Runs a command in the foreground and returns its exit code. */
const run = (command, ...args) => spawnSync(command, args, { cwd: repository, stdio: "inherit" }).status ?? 1;

function runGo(pattern) {
  const packages = goPackages(pattern);
  return packages.length > 0 ? run("go", "test", "-count=1", "-v", `-run=${pattern}`, ...packages) : null;
}

/** Node's runner is content when no test matches, so its results are counted. */
function runNode(pattern) {
  const folder = mkdtempSync(join(tmpdir(), "mysingle-one-"));
  const results = join(folder, "results.jsonl");
  const reporters = [["spec", "stdout"], [join(import.meta.dirname, "json-reporter.mjs"), results]];
  try {
    const options = reporters.flatMap(([name, to]) => [`--test-reporter=${name}`, `--test-reporter-destination=${to}`]);
    const code = run(process.execPath, "--test", ...options, `--test-name-pattern=${pattern}`, ...nodeFiles(pattern));
    const ran = readFileSync(results, "utf8").trim().split("\n").filter((line) => line && !JSON.parse(line).skipped);
    return ran.length > 0 ? code : null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const pattern = process.argv.slice(2).join(" ");
const code = /^\^?Test/.test(pattern) ? runGo(pattern) : runNode(pattern);
if (code === null) console.error(`No test's name matches ${pattern}`);
process.exit(code ?? 1);
