// Makes a database on the throw-away stack's PostgreSQL that holds what the stack's own database holds:
// node supabase/local/copy.mjs <name>. It is a dump, restored. `create database … template postgres` would first want
// every connection to the stack's database closed, those of Auth and PostgREST too.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { restore } from "./database.mjs";
import { dump, readDump } from "./dump.mjs";
import { runningUrl } from "./postgres.mjs";
import { refuse } from "./refuse.mjs";

// What pg_dump says where somebody drops a table between its list of tables and its lock on them: it is asked again.
const hasChanged = /relation "\S+" does not exist|cache lookup failed|could not open relation/;
const attempts = 5;

async function dumpWhole(url, file) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await dump(url, file);
    } catch (error) {
      if (attempt === attempts || !hasChanged.test(error.message)) throw error;
    }
  }
}

/** Copies the database of the stack in this folder. A copy that fails leaves no database behind. */
export async function copyDatabase(stackFolder, name) {
  const original = runningUrl(stackFolder, "supabase_admin");
  const copy = Object.assign(new URL(original), { pathname: `/${name}` }).href;
  const folder = mkdtempSync(join(tmpdir(), "copy-"));
  const sql = postgres(original, { max: 1 });
  try {
    await dumpWhole(original, join(folder, "dump.sql"));
    await sql`create database ${sql(name)} template template0 owner postgres`;
    try {
      await restore({ url: () => copy }, readDump(join(folder, "dump.sql")));
    } catch (error) {
      await sql`drop database ${sql(name)}`;
      throw error;
    }
  } finally {
    await sql.end();
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  try {
    const { STACK_FOLDER } = process.env;
    const name = process.argv[2];
    if (!STACK_FOLDER || !name) throw refuse("Usage, in a command of stack.mjs run: node supabase/local/copy.mjs <name of the new database>");
    await copyDatabase(STACK_FOLDER, name);
  } catch (error) {
    process.stderr.write(`${error.refusal ? error.message : error.stack}\n`);
    process.exitCode = 1;
  }
}
