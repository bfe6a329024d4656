// What goes into the database: bootstrap.sql, the migrations by the Supabase CLI, the seed.

import { existsSync, readFileSync } from "node:fs";
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

export async function bootstrap(database) {
  const passwords = loginRoles.map((role) => `alter role ${role} password '${database.password}';`).join("\n");
  const script = readFileSync(join(import.meta.dirname, "bootstrap.sql"), "utf8");
  await execute(database.url("supabase_admin"), `${script}\n${passwords}`, "bootstrap.sql");
}

/** Applies the migrations that are not applied yet, as the role postgres, and returns how many that were. */
export async function migrate(processes, database) {
  const code = await processes.finish("migrations", supabaseBinary(), ["migration", "up", "--yes", `--remote=${database.remote}`, "--workdir", repository], {
    cwd: repository,
    env: { ...process.env, ...quiet },
  });
  const [before, ...applied] = processes.log("migrations").split(/^(?=Applying migration )/m);
  if (code !== 0) throw refuse(`A migration failed:\n${applied.at(-1) ?? before}`);
  return applied.length;
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
