// What goes into the database: roles.sql, bootstrap.sql, a dump, the migrations by the Supabase CLI, the seed.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { refuse } from "./refuse.mjs";
import { nodeModules, repository } from "./settings.mjs";

const loginRoles = ["postgres", "authenticator", "supabase_auth_admin"];

/** The Supabase CLI's binary (its package's own start script would only be a process in between). */
export function supabaseBinary() {
  const platform = { win32: "windows" }[process.platform] ?? process.platform;
  const binary = join(nodeModules, "@supabase", `cli-${platform}-${process.arch}`, "bin", "supabase");
  if (!existsSync(binary)) throw refuse(`There is no Supabase CLI package for ${platform}-${process.arch}`);
  return binary;
}

/** Neither the CLI nor the Auth server reports on its use. */
export const quiet = { DO_NOT_TRACK: "1", SUPABASE_TELEMETRY_DISABLED: "1", SUPABASE_NO_UPDATE_NOTIFIER: "1" };

export async function makeRoles(database) {
  const passwords = loginRoles.map((role) => `alter role ${role} password '${database.password}';`).join("\n");
  await execute(database.url("supabase_admin"), `${local("roles.sql")}\n${passwords}`, "roles.sql");
}

export const bootstrap = (database) => execute(database.url("supabase_admin"), local("bootstrap.sql"), "bootstrap.sql");

/** Fills the database, which is empty but for its roles, with a dump's SQL (dump.mjs): all of it, or nothing. */
export const restore = (database, sql) => execute(database.url("supabase_admin"), sql, "the dump");

const local = (name) => readFileSync(join(import.meta.dirname, name), "utf8");

/** Applies the project's migrations that are not applied yet, as the role postgres, and returns how many that were. */
export async function migrate(processes, database, project = repository) {
  const code = await processes.finish("migrations", supabaseBinary(), ["migration", "up", "--yes", `--remote=${database.remote}`, "--workdir", project], {
    cwd: repository,
    env: { ...process.env, ...quiet },
  });
  const [before, ...applied] = processes.log("migrations").split(/^(?=Applying migration )/m);
  if (code !== 0 && /migration repair/.test(before)) throw refuse("The data has a migration that the files haven't. Get that file back; or, if this was `up` and the data may go, `go tool task reset`");
  if (code !== 0) throw refuse(`A migration failed:\n${applied.at(-1) ?? before}`);
  return applied.length;
}

/** The version of the last migration that is applied. */
export async function lastMigration(database) {
  const sql = postgres(database.url("postgres"), { max: 1 });
  try {
    const [{ known }] = await sql`select to_regclass('supabase_migrations.schema_migrations') as known`;
    if (!known) throw refuse("The dump holds another database: it has no record of migrations");
    const [{ version }] = await sql`select max(version) as version from supabase_migrations.schema_migrations`;
    return version;
  } finally {
    await sql.end();
  }
}

/**
 * The tables and columns whose content a migration after that version changes or takes away on purpose, and says
 * so in a line `-- changes data: public.tasks.status, public.notes`.
 */
export function announcedChanges(version, project = repository) {
  const migrations = join(project, "supabase", "migrations");
  const later = readdirSync(migrations).filter((file) => file.slice(0, 14) > version);
  return later.flatMap((file) => {
    const lines = readFileSync(join(migrations, file), "utf8").matchAll(/^-- changes data: (.+)$/gm);
    return [...lines].flatMap(([, names]) => names.split(",").map((name) => name.trim()));
  });
}

/** Runs seed.sql, which may be repeated, in one transaction. */
export async function seed(database) {
  const file = join(repository, "supabase", "seed.sql");
  await execute(database.url("postgres"), readFileSync(file, "utf8"), "supabase/seed.sql");
}

async function execute(url, script, name) {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(script).simple();
  } catch (error) {
    if (!error.severity) throw error;
    const line = error.position ? ` (line ${script.slice(0, Number(error.position)).split("\n").length})` : "";
    throw refuse([`${name}${line}: ${error.message}`, error.detail, error.hint, error.where].filter(Boolean).join("\n  "));
  } finally {
    await sql.end();
  }
}
