// Whether the tests notice when a guard is missing: takes the triggers of the migrations off one after the other, and
// runs the database's tests without each. A guard without which they all pass has no test.
//
//   go tool task test:mutations                  the triggers since the last release
//   go tool task test:mutations -- --all         every trigger (an hour)
//   go tool task test:mutations -- a_keep_closed those whose name has this in it
//
// Triggers are what it takes off. Guards that are part of a function, a policy or a constraint stay in place.
//
// TestCatalog isn't among the tests: it lists the triggers, and would notice each by its name alone. Exit code 1 if a
// guard has no test, or the tests fail with all of them in place.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import postgres from "postgres";
import { refuse } from "../refuse.mjs";
import { repository } from "../settings.mjs";

const tests = "^(TestPgTAP|TestReusedKeys|TestPersonsStay|TestReferencesTellNothing|TestFrozenFigures)$";
const folder = join(repository, "supabase", "tests");

/** The triggers on tables of the schema public that the migrations after one make: [{name, table}]. */
function triggersSince(version) {
  const migrations = join(repository, "supabase", "migrations");
  const found = readdirSync(migrations).filter((file) => file > version).flatMap((file) => {
    const sql = readFileSync(join(migrations, file), "utf8");
    return [...sql.matchAll(/^create (?:or replace )?(?:constraint )?trigger (\w+)[^;]*? on (public\.\w+)/gm)];
  });
  return found.map(([, name, table]) => ({ name, table }));
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { all: { type: "boolean", default: false } } });
const release = JSON.parse(readFileSync(join(folder, "release", "release.json"), "utf8"));
const wanted = triggersSince(values.all ? "" : release.migration).filter(({ name }) => positionals.every((part) => name.includes(part)));
if (wanted.length === 0) throw refuse("There is no such trigger");

const work = mkdtempSync(join(tmpdir(), "mysingle-mutations-"));
const program = join(work, "database.test");
execFileSync("go", ["test", "-c", "-o", program, "."], { cwd: folder, stdio: "inherit" });
const sql = postgres(process.env.DATABASE_URL, { max: 1, onnotice() {} });

/** Runs the tests until one fails, and returns its name, or null. */
function failure() {
  const { status, stdout } = spawnSync(program, [`-test.run=${tests}`, "-test.failfast"], {
    cwd: folder, encoding: "utf8", env: { ...process.env, RAPID_CHECKS: "3" },
  });
  return status === 0 ? null : ([...stdout.matchAll(/--- FAIL: (\S+)/g)].pop()?.[1] ?? "(program)");
}

const missed = [];
// Ctrl-C reaches the test as well. The trigger that is off is switched on again before this ends.
let isStopped = false;
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => (isStopped = true));
try {
  const broken = failure();
  if (broken) throw refuse(`With every guard in place ${broken} fails`);
  for (const { name, table } of wanted) {
    await sql.unsafe(`alter table ${table} disable trigger ${name}`);
    const noticed = failure();
    await sql.unsafe(`alter table ${table} enable trigger ${name}`);
    if (isStopped) throw refuse("Stopped");
    console.log(`${noticed ? "noticed" : "MISSED "}  ${table} ${name}${noticed ? `: ${noticed}` : ""}`);
    if (!noticed) missed.push(name);
  }
} finally {
  await sql.end();
  rmSync(work, { recursive: true, force: true });
}
console.log(`${wanted.length} guards, ${missed.length} without a test`);
process.exitCode = missed.length > 0 ? 1 : 0;
