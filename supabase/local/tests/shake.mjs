// Finds tests that fail now and then: runs the suites many times, shuffled, on one core, while the other is kept busy.
//
//   go tool task test:shake -- 20                     twenty runs of every suite
//   go tool task test:shake -- 20 --only go,room      only these suites: go, node, alone, room
//   go tool task test:shake -- 20 --race              Go's tests with the race detector: two to three times as long
//   go tool task test:shake -- 5 --clock 2026-12-31T14:57:00Z
//                                                     PostgreSQL's clock starts every run at this moment, or for
//                                                     --clock real at the machine's; by default at each of `moments` in turn
//   go tool task test:shake -- 10 --core 1 --seed 11 --idle
//                                                     runs 11 to 20, on that core and without the load: for two at once,
//                                                     each the other's load
//
// Each run has a throw-away stack of its own. The table at the end says per test how often it ran, how often and how it
// failed; .local/shake/ keeps what every run printed. Exit code 1 if any test failed.

import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, createWriteStream, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { refuse } from "../refuse.mjs";
import { onPath } from "../requirements.mjs";
import { repository } from "../settings.mjs";

const suites = ["go", "node", "alone", "room"];

/** Where PostgreSQL's clock starts, in turn: null is the machine's own. Asia/Seoul is nine hours ahead of UTC. */
const moments = [
  { name: "now", at: null },
  { name: "midnight in Seoul", at: "2026-12-02T14:57:00Z" },
  { name: "end of a month and year", at: "2026-12-31T14:58:00Z" },
  { name: "Saturday to Sunday", at: "2027-01-09T14:56:00Z" },
  { name: "end of February", at: "2027-02-28T14:55:00Z" },
];

const folderOfRun = (folder, run) => join(folder, String(run).padStart(2, "0"));
const stack = join(repository, "supabase", "local", "stack.mjs");

function parse(args) {
  const { values, positionals } = parseArgs({
    args, allowPositionals: true,
    options: {
      only: { type: "string" },
      clock: { type: "string" },
      race: { type: "boolean", default: false },
      core: { type: "string", default: "0" },
      seed: { type: "string", default: "1" },
      idle: { type: "boolean", default: false },
    },
  });
  const runs = Number(positionals[0] ?? 20);
  const only = values.only?.split(",") ?? suites;
  if (positionals.length > 1 || !Number.isInteger(runs) || runs < 1) throw refuse("How many runs? go tool task test:shake -- 20");
  const unknown = only.filter((suite) => !suites.includes(suite));
  if (unknown.length > 0) throw refuse(`There is no suite ${unknown.join(", ")}: there are ${suites.join(", ")}`);
  return { runs, only, clock: values.clock, core: Number(values.core), first: Number(values.seed), idle: values.idle, race: values.race };
}

/** Builds every Go test program once; with the race detector, if asked, but for the tests that run alone. */
function buildGoTests(folder, { only, race }) {
  const packages = execFileSync("go", ["list", "-f", "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}", "./..."], { cwd: repository, encoding: "utf8" });
  const list = packages.trim().split("\n").map((line) => line.split(" "));
  const build = (name, flags) => {
    mkdirSync(join(folder, name), { recursive: true });
    return list.map(([path, directory], index) => {
      const program = join(folder, name, `${index}.test`);
      execFileSync("go", ["test", "-c", ...flags, "-o", program, path], { cwd: repository, stdio: "inherit" });
      return { path, directory, program };
    });
  };
  const plain = only.includes("alone") || (only.includes("go") && !race) ? build("plain", []) : [];
  return { go: only.includes("go") && race ? build("race", ["-race"]) : plain, alone: plain };
}

/** Runs one suite inside of a stack, and calls `record` with each finished test. */
async function runSuite(suite, { programs, log, record, seed }) {
  if (suite === "go" || suite === "alone") {
    const queue = shuffled(programs[suite], seed);
    const worker = async () => {
      for (let next = queue.pop(); next; next = queue.pop()) await runGoPackage(next, suite, { log, record, seed });
    };
    return Promise.all([worker(), ...(suite === "go" ? [worker()] : [])]);
  }
  const folder = join(import.meta.dirname, suite === "room" ? "room" : "");
  const files = readdirSync(folder).filter((name) => name.endsWith(".test.mjs")).map((name) => join(folder, name));
  const reporter = join(import.meta.dirname, "json-reporter.mjs");
  const args = ["--test", "--test-concurrency=2", `--test-reporter=${reporter}`, ...shuffled(files, seed)];
  await lines(process.execPath, args, { cwd: repository }, (line) => {
    log(line);
    if (!line.startsWith("{")) return;
    const { file, name, ...result } = JSON.parse(line);
    record({ suite, test: `${basename(file)}: ${name}`, ...result });
  });
}

/** Runs one Go test program; a test whose subtest failed is reported by the subtest alone. */
async function runGoPackage({ path, directory, program }, suite, { log, record, seed }) {
  const name = path.replace("github.com/mysingle/mysingle/", "");
  const selection = suite === "alone" ? ["-test.run=_alone$", "-test.parallel=1"] : ["-test.skip=_alone$", "-test.parallel=6"];
  const args = ["tool", "test2json", "-t", "-p", name, program, "-test.v=test2json", "-test.timeout=30m", `-test.shuffle=${seed}`, ...selection];
  const output = new Map();
  const failed = [];
  const code = await lines("go", args, { cwd: directory }, (line) => {
    if (!line.startsWith("{")) return log(line);
    const { Action: action, Test: test = "", Output: text, Elapsed: seconds } = JSON.parse(line);
    if (action === "output") {
      log(text.trimEnd());
      output.set(test, (output.get(test) ?? "") + text);
    } else if (test && action === "pass") record({ suite, test: `${name}: ${test}`, passed: true, seconds });
    else if (test && (action === "fail" || action === "skip")) failed.push({ test, seconds });
  });
  for (const { test, seconds } of failed) {
    if (failed.some((other) => other.test.startsWith(`${test}/`))) continue;
    record({ suite, test: `${name}: ${test}`, passed: false, seconds, message: output.get(test) });
  }
  if (code !== 0 && failed.length === 0) record({ suite, test: `${name}: (program)`, passed: false, seconds: 0, message: output.get("") });
}

/** Runs a command, calls back with each line that it prints, and returns its exit code. */
async function lines(command, args, options, each) {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve, reject) => child.once("error", reject).once("close", (code) => resolve(code)));
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", each);
  return ended;
}

/** Puts a list into an order that the seed decides. */
function shuffled(list, seed) {
  const result = [...list];
  let state = seed >>> 0;
  for (let last = result.length - 1; last > 0; last--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // the linear congruential generator of Numerical Recipes
    const other = state % (last + 1);
    [result[last], result[other]] = [result[other], result[last]];
  }
  return result;
}

/** The inside of one run, within its stack: the same order as `go tool task test`. */
async function inside(folder) {
  const { only, seed, programs } = JSON.parse(readFileSync(join(folder, "plan.json"), "utf8"));
  const output = createWriteStream(join(folder, "output.log"));
  const context = {
    programs, seed,
    log: (line) => output.write(`${line}\n`),
    record: (result) => appendFileSync(join(folder, "results.jsonl"), `${JSON.stringify(result)}\n`),
  };
  const runs = (suite) => only.includes(suite) && runSuite(suite, context);
  await Promise.all([runs("go"), runs("node")]);
  await runs("alone");
  await runs("room");
  await new Promise((resolve) => output.end(resolve));
}

/** Where PostgreSQL's clock starts in this run. Only Linux has a library that sets it. */
function momentOf(run, clock) {
  if (clock) return { name: clock, at: clock === "real" ? null : clock };
  return process.platform === "linux" ? moments[(run - 1) % moments.length] : moments[0];
}

/** Keeps a core busy until the returned function is called. */
function keepBusy(core) {
  const child = spawn("taskset", ["-c", String(core), process.execPath, "-e", "for (;;);"], { stdio: "ignore" });
  process.once("exit", () => child.kill("SIGKILL"));
  return () => child.kill("SIGKILL");
}

function resultsOf(folder) {
  const file = join(folder, "results.jsonl");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").filter(Boolean).map((line) => JSON.parse(line)) : [];
}

/** The table of what failed: per test, of how many runs, how often, in which runs, and how the first time. */
function table(runs, first) {
  const tests = new Map();
  for (const [index, results] of runs.entries()) {
    for (const { test, passed, message } of results) {
      const row = tests.get(test) ?? { test, ran: 0, failedIn: [], message: undefined };
      tests.set(test, row);
      row.ran++;
      if (!passed) row.failedIn.push(first + index);
      if (!passed) row.message ??= message;
    }
  }
  const flaky = [...tests.values()].filter(({ failedIn }) => failedIn.length > 0).sort((a, b) => b.failedIn.length - a.failedIn.length);
  const rows = flaky.map(({ test, ran, failedIn, message }) =>
    [`${String(failedIn.length).padStart(4)} of ${ran}  ${test}  (runs ${failedIn.join(", ")})`, ...(message ?? "").trim().split("\n").slice(0, 12).map((line) => `      ${line}`)].join("\n"));
  return { tests: tests.size, flaky, text: rows.join("\n") };
}

async function shake({ runs, only, clock, core, first, idle, race }) {
  const pinned = Boolean(onPath("taskset")) && availableParallelism() > core;
  if (!pinned) console.log("Without taskset, or a second core: the runs are not pinned, and there is no load beside them");
  const folder = join(repository, ".local", "shake", `core${core}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.log("Building the tests …");
  const programs = buildGoTests(folder, { only, race });
  const release = pinned && !idle && availableParallelism() > 1 ? keepBusy(core === 0 ? 1 : 0) : () => {};
  const finished = [];
  try {
    for (let run = first; run < first + runs; run++) {
      const began = Date.now();
      const moment = momentOf(run, clock);
      const at = folderOfRun(folder, run);
      mkdirSync(at);
      writeFileSync(join(at, "plan.json"), JSON.stringify({ only, seed: run, programs }));
      const args = [stack, "run", "--", process.execPath, import.meta.filename, "inside", at];
      const [command, ...rest] = [...(pinned ? ["taskset", "-c", String(core)] : []), process.execPath, ...args];
      const said = [];
      // The random histories look for wrong figures, which other runs do better: here a few are enough.
      const env = { RAPID_CHECKS: "10", ...process.env, ...(moment.at && { STACK_CLOCK: moment.at }) };
      const code = await lines(command, rest, { cwd: repository, env }, (line) => said.push(line));
      writeFileSync(join(at, "stack.log"), `${said.join("\n")}\n`);
      const results = resultsOf(at);
      if (code !== 0) results.push({ test: "(the stack)", passed: false, message: said.slice(-8).join("\n") });
      finished.push(results);
      const failed = results.filter(({ passed }) => !passed).map(({ test }) => test);
      const seconds = Math.round((Date.now() - began) / 1000);
      console.log(`run ${run}, ${moment.name}: ${results.length - failed.length} passed, ${failed.length} failed, ${seconds} s  ${failed.join(", ")}`);
    }
  } finally {
    release();
  }
  const { tests, flaky, text } = table(finished, first);
  const summary = `${tests} tests, ${runs} runs each: ${flaky.length} failed at least once`;
  console.log(flaky.length > 0 ? `\n${summary}\n\n${text}\n\nEverything that was printed: ${relative(repository, folder)}` : `\n${summary}`);
  return flaky.length > 0 || tests === 0 ? 1 : 0;
}

try {
  const [first, second] = process.argv.slice(2);
  if (first === "inside") await inside(second);
  else process.exitCode = await shake(parse(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error.refusal ? error.message : error.stack}\n`);
  process.exitCode = 1;
}
