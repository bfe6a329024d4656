// What a migration may do to a database that people work on: wait for a lock no longer than it says, stay whole, and
// lose nothing. Each test makes a project of the migrations here and one more.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import postgres from "postgres";
import { quiet } from "../database.mjs";
import { nodeModules, repository } from "../settings.mjs";
import { cleanEnvironment } from "./started-stack.mjs";

const { DATABASE_URL, SUPABASE_BIN } = process.env;
if (!DATABASE_URL || !SUPABASE_BIN) throw new Error("DATABASE_URL and SUPABASE_BIN are not set; start with: go tool task test");

const home = mkdtempSync(join(tmpdir(), "migrations-test-"));
after(() => rmSync(home, { recursive: true }));
const stackScript = join(import.meta.dirname, "..", "stack.mjs");
const version = "29990101000000";

/** A project with the migrations of this one, and after them one of these lines. */
const project = (name, ...lines) => within("30s", name, ...lines);

function within(statementTimeout, name, ...lines) {
  const folder = join(home, name);
  mkdirSync(join(folder, "supabase"), { recursive: true });
  for (const part of ["config.toml", "migrations"]) cpSync(join(repository, "supabase", part), join(folder, "supabase", part), { recursive: true });
  writeFileSync(join(folder, "supabase", "migrations", `${version}_${name}.sql`), `-- A test's.\n\nset lock_timeout = '5s';\nset statement_timeout = '${statementTimeout}';\n\n${lines.join("\n")}\n`);
  return folder;
}

/** Runs a program and returns its exit code and what it said. */
const ran = (command, args, options) => new Promise((resolve) => execFile(command, args, options, (error, out, err) => resolve({ code: error ? error.code : 0, said: out + err })));

const migrate = (folder) => ran(SUPABASE_BIN, ["migration", "up", "--yes", `--remote=${DATABASE_URL}`, "--workdir", folder], { env: { ...process.env, ...quiet } });

async function mustHaveLeftNothing(sql) {
  const [{ half, recorded }] = await sql`
    select to_regclass('private.half_done') as half, exists (select from supabase_migrations.schema_migrations where version = ${version}) as recorded`;
  assert.deepEqual({ half, recorded }, { half: null, recorded: false });
}

describe("a migration that waits or works", () => {
  it("gives up after its lock_timeout, and nothing of it stays", async () => {
    const folder = project("waits", "create table private.half_done (id int);", "alter table private.read_for_long add column waited int;");
    const sql = postgres(DATABASE_URL, { max: 2, onnotice: () => {} });
    try {
      // A table of the test's own: whoever comes to it after the ALTER TABLE waits as long, which other tests must not.
      await sql`create table private.read_for_long (id int primary key)`;
      await sql`comment on table private.read_for_long is 'A test''s.'`;
      const start = Date.now();
      // Somebody reads, in a transaction that stays open: alone the CLI's ALTER TABLE has to wait for that.
      const answer = await sql.begin(async (sql) => {
        await sql`lock table private.read_for_long in access share mode`;
        return migrate(folder);
      });
      const took = Date.now() - start;
      assert.notEqual(answer.code, 0, answer.said);
      assert.match(answer.said, /canceling statement due to lock timeout/);
      assert.ok(took > 4500, `it gave up after ${took} ms, want at least its lock_timeout of 5 s`);
      await mustHaveLeftNothing(sql);
    } finally {
      await sql`drop table if exists private.read_for_long`;
      await sql.end();
    }
  });

  it("gives up after its statement_timeout, and nothing of it stays", async () => {
    const folder = within("1s", "works", "create table private.half_done (id int);", "select pg_sleep(20);");
    const answer = await migrate(folder);
    assert.notEqual(answer.code, 0);
    assert.match(answer.said, /canceling statement due to statement timeout/);
    const sql = postgres(DATABASE_URL, { max: 1 });
    await mustHaveLeftNothing(sql);
    await sql.end();
  });
});

describe("a migration of what the release left", () => {
  const kept = join(repository, "supabase", "tests", "release", "dump.sql.gz");

  function applied(folder) {
    const child = spawn(process.execPath, [stackScript, "run", "--from", kept, "--schema-of", folder, "--", "true"], { env: cleanEnvironment() });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
    return new Promise((resolve) => child.on("exit", (code) => resolve({ code, said })));
  }

  it("that adds is applied, and nothing is lost", async () => {
    const { code, said } = await applied(project("adds", "alter table public.tasks add column colour text not null default 'grey';"));
    assert.equal(code, 0, said);
    assert.match(said, /migrations .* [1-9]\d* applied\n.*census .* nothing lost/);
  });

  it("that loses something is refused, and told what", async () => {
    const { code, said } = await applied(project("loses", "delete from public.days_off;", "alter table public.accounts drop column updated_at;", "update public.tasks set description = null;"));
    assert.equal(code, 1);
    assert.match(said, /public\.accounts\.updated_at: the column is gone/);
    assert.match(said, /public\.days_off: \d+ rows before, 0 after/);
    assert.match(said, /public\.tasks\.description: other values/);
  });

  it("that says what it takes away may", async () => {
    const { code, said } = await applied(project("contracts", "-- changes data: public.accounts.updated_at, public.days_off", "delete from public.days_off;", "alter table public.accounts drop column updated_at;"));
    assert.equal(code, 0, said);
  });

  const linted = (folder, name) =>
    ran(join(nodeModules, ".bin", "squawk"), [`--config=${join(repository, "supabase", ".squawk.toml")}`, join(folder, "supabase", "migrations", `${version}_${name}.sql`)]);

  it("that locks or breaks is found by the linter", async () => {
    const folder = project("breaks", "alter table public.tasks rename column task_name to title;", "alter table public.tasks alter column description set not null;");
    const { code, said } = await linted(folder, "breaks");
    assert.equal(code, 1);
    for (const rule of ["renaming-column", "adding-not-nullable-field"]) assert.match(said, new RegExp(rule));
  });

  it("that is as the guide has it is not", async () => {
    const guide = readFileSync(join(repository, "supabase", "README.md"), "utf8");
    const examples = [...guide.matchAll(/^```sql\n(-- [^]*?)^```$/gm)].map(([, sql]) => sql);
    assert.equal(examples.length, 2);
    for (const [at, sql] of examples.entries()) {
      const folder = project("guide");
      writeFileSync(join(folder, "supabase", "migrations", `${version}_guide.sql`), sql);
      const { code, said } = await linted(folder, "guide");
      assert.equal(code, 0, `example ${at + 1}: ${said}`);
    }
  });
});
