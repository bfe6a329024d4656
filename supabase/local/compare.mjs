// Compares the schema that two sets of migrations make, and shows what the database has for a function's name.
//
//   node supabase/local/compare.mjs compare <git ref> [--code]   the ref's migrations and the working tree's: 0 if they
//                                                                make the same, else 1 and each line that differs
//   node supabase/local/compare.mjs catalog [<git ref>]          the catalog that the migrations make, line by line
//   node supabase/local/compare.mjs show <name>                  the functions of that name, as the database has them
//
// Each schema is made by its migrations in a PostgreSQL of its own, which is thrown away. Roles, Auth's tables and what
// else is there before the first migration are the working tree's (roles.sql, bootstrap.sql), for both.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { startAuth } from "./auth.mjs";
import { catalog } from "./catalog.mjs";
import { supervised } from "./commands.mjs";
import { bootstrap, makeRoles, migrate } from "./database.mjs";
import { startPostgres } from "./postgres.mjs";
import { freePort, onFreePort } from "./ready.mjs";
import { refuse } from "./refuse.mjs";
import { generateSecrets, homes, repository } from "./settings.mjs";

const usage = "Usage: node supabase/local/compare.mjs compare <git ref> [--code] | catalog [<git ref>] | show <function>";

const commands = {
  async compare([ref, option]) {
    if (!ref || (option && option !== "--code")) throw refuse(usage);
    const files = [];
    for (const [name, project] of [["before", migrationsAt(ref)], ["now", repository]]) {
      const lines = await withSchema(project, (url) => catalog(url, { code: option === "--code" }));
      files.push({ path: join(drafts, `${name}.txt`), lines: lines.length });
      writeFileSync(files.at(-1).path, `${lines.join("\n")}\n`);
    }
    const [before, now] = files;
    const { status, stdout } = spawnSync("git", ["diff", "--no-index", "--no-prefix", "-U0", "--no-color", "--patience", before.path, now.path], { encoding: "utf8", maxBuffer: 1 << 28 });
    // Without the names of the two files, and without line numbers: each line says what it is of.
    const differences = stdout.split("\n").filter((line) => /^[-+](?![-+]{2} )/.test(line));
    if (differences.length > 0) console.log(differences.join("\n"));
    console.log(`${ref}: ${before.lines} lines, now: ${now.lines} lines, ${differences.length} differ`);
    return status;
  },

  async catalog([ref]) {
    const project = ref ? migrationsAt(ref) : repository;
    console.log((await withSchema(project, (url) => catalog(url))).join("\n"));
    return 0;
  },

  async show([name]) {
    if (!name) throw refuse(usage);
    const found = await withSchema(repository, async (url) => {
      const sql = postgres(url, { max: 1 });
      try {
        return await sql`
          select pg_get_functiondef(p.oid) as definition, p.oid::regprocedure::text as signature, obj_description(p.oid, 'pg_proc') as comment
          from pg_proc p
          where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
            and ${name}::text in (proname::text, format('%s.%s', pronamespace::regnamespace, proname))
          order by pronamespace::regnamespace::text, proname`;
      } finally {
        await sql.end();
      }
    });
    if (found.length === 0) throw refuse(`There is no function ${name} in public or private`);
    for (const { definition, signature, comment } of found) console.log(`${definition.trimEnd()};\ncomment on function ${signature} is '${comment?.replace(/'/g, "''")}';\n`);
    return 0;
  },
};

/** A folder with the migrations of a commit, for the Supabase CLI. */
function migrationsAt(ref) {
  const project = join(drafts, "project");
  mkdirSync(project);
  try {
    const archive = execFileSync("git", ["-c", `safe.directory=${repository}`, "-C", repository, "archive", `${ref}^{commit}`, "supabase"], { maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] });
    execFileSync("tar", ["-x", "-C", project], { input: archive, stdio: ["pipe", "inherit", "inherit"] });
  } catch (error) {
    throw refuse(`There are no migrations at ${ref}: ${error.stderr || error.message}`);
  }
  return project;
}

/** Makes a database by the migrations in that project, and returns what `work(address)` returns. */
async function withSchema(project, work) {
  // Named after this process: that is how stack.mjs knows what a killed one has left.
  const folder = join(homes().data, "runs", String(process.pid));
  try {
    const result = await supervised({ folder, tell: console.error, detached: false }, async ({ processes }) => {
      await processes.claim();
      const database = await startPostgres(processes, { folder, throwAway: true });
      await makeRoles(database);
      await bootstrap(database);
      const nowhere = `http://127.0.0.1:${await freePort()}`;
      await onFreePort((port) => startAuth(processes, { database, settings: generateSecrets(), folder, port, publicUrl: nowhere, siteUrl: nowhere, onEmail: () => {} }));
      await migrate(processes, database, project);
      return { made: await work(database.url("supabase_admin")) };
    });
    if (!result.made) throw refuse("Interrupted");
    return result.made;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [, , command, ...args] = process.argv;
const drafts = mkdtempSync(join(tmpdir(), "compare-"));
try {
  if (!Object.hasOwn(commands, command)) throw refuse(usage);
  process.exitCode = await commands[command](args);
} catch (error) {
  console.error(error.refusal ? error.message : error.stack);
  process.exitCode = 2;
} finally {
  rmSync(drafts, { recursive: true, force: true });
}
