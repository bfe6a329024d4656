// Auth: a native GoTrue where there is one, else @supabase/lite's Auth API (auth-lite.mjs).

import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { quiet } from "./database.mjs";
import { refuse } from "./refuse.mjs";
import { statusOf } from "./ready.mjs";

/**
 * The native GoTrue to run, or null. GOTRUE_BIN names one; otherwise a `gotrue` or `auth` on PATH is
 * taken if its help reads like GoTrue's (other programs are called auth too).
 */
export function findGoTrue({ GOTRUE_BIN, PATH = "" } = process.env) {
  if (GOTRUE_BIN) {
    if (isGoTrue(GOTRUE_BIN)) return GOTRUE_BIN;
    throw refuse(`GOTRUE_BIN=${GOTRUE_BIN} does not answer --help like GoTrue: correct it or leave it out`);
  }
  const candidates = ["gotrue", "auth"].flatMap((name) => PATH.split(delimiter).filter(Boolean).map((folder) => join(folder, name)));
  return candidates.find((file) => executable(file) && isGoTrue(file)) ?? null;
}

function executable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isGoTrue(file) {
  try {
    const help = execFileSync(file, ["--help"], { encoding: "utf8", timeout: 3000, stdio: ["ignore", "pipe", "pipe"] });
    return ["gotrue", "serve", "migrate"].every((word) => help.toLowerCase().includes(word));
  } catch {
    return false;
  }
}

/** Starts Auth and returns its address, to which "/token" and the other paths can be appended. */
export async function startAuth(processes, { database, settings, folder, port, publicUrl, siteUrl, onEmail, throwAway = false }) {
  const native = findGoTrue(settings);
  keepTheSameServer(join(folder, "auth-server"), native ? "gotrue" : "lite");
  const databaseUrl = database.url("supabase_auth_admin");
  const address = `http://127.0.0.1:${port}`;
  if (native) {
    await processes.start("auth", native, [], {
      cwd: dirname(native), // older versions look for their migrations beside the binary
      env: { ...goTrueEnvironment({ databaseUrl, settings, port, publicUrl, siteUrl }), ...settings },
      ready: () => statusOf(`${address}/health`, 200),
    });
    return { url: address, name: `GoTrue (${native})` };
  }
  await processes.start("auth", process.execPath, [join(import.meta.dirname, "auth-lite.mjs")], {
    env: {
      PATH: process.env.PATH,
      ...quiet,
      AUTH_PORT: String(port),
      AUTH_DATABASE_URL: databaseUrl,
      AUTH_SITE_URL: siteUrl,
      AUTH_EXTERNAL_URL: publicUrl,
      AUTH_JWT_SECRET: settings.SUPABASE_JWT_SECRET,
      ...(throwAway && { AUTH_PASSWORD_COST: "4" }), // bcrypt's least
      ...Object.fromEntries(Object.entries(settings).filter(([name]) => name.startsWith("GOTRUE_"))),
    },
    onMessage: onEmail,
    announces: /^Listening on/m,
    ready: () => statusOf(`${address}/auth/v1/health`, 200),
  });
  return { url: `${address}/auth/v1`, name: "@supabase/lite" };
}

/** The two servers' tables are not the same, so a database stays with the one that made them. */
function keepTheSameServer(file, name) {
  if (!existsSync(file)) return writeFileSync(file, name);
  const before = readFileSync(file, "utf8");
  if (before !== name) {
    throw refuse(`This database was made with the Auth server "${before}", now it would be "${name}": run \`go tool task reset\`, or ${
      name === "gotrue" ? "take GoTrue off PATH and leave GOTRUE_BIN out" : "name GoTrue in GOTRUE_BIN"}`);
  }
}

/** The settings `supabase start` gives GoTrue; GOTRUE_… in .env or the environment win over these. */
function goTrueEnvironment({ databaseUrl, settings, port, publicUrl, siteUrl }) {
  return {
    GOTRUE_API_HOST: "127.0.0.1",
    PORT: String(port),
    GOTRUE_API_PORT: String(port),
    API_EXTERNAL_URL: `${publicUrl}/auth/v1`,
    GOTRUE_DB_DRIVER: "postgres",
    GOTRUE_DB_DATABASE_URL: databaseUrl,
    DATABASE_URL: databaseUrl,
    GOTRUE_SITE_URL: siteUrl,
    GOTRUE_DISABLE_SIGNUP: "false",
    GOTRUE_JWT_SECRET: settings.SUPABASE_JWT_SECRET,
    GOTRUE_JWT_EXP: "3600",
    GOTRUE_PASSWORD_MIN_LENGTH: "8",
    GOTRUE_JWT_AUD: "authenticated",
    GOTRUE_JWT_DEFAULT_GROUP_NAME: "authenticated",
    GOTRUE_JWT_ADMIN_ROLES: "service_role",
    GOTRUE_EXTERNAL_EMAIL_ENABLED: "true",
    GOTRUE_MAILER_AUTOCONFIRM: "true",
    GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED: "true",
    GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL: "10",
  };
}
