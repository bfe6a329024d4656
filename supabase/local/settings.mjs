// Settings: what .env holds, the keys and secrets generated into it, and where the stack keeps its files.

import { createHash, randomBytes } from "node:crypto";
import { chmodSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { refuse } from "./refuse.mjs";

export const repository = resolve(import.meta.dirname, "..", "..");
export const nodeModules = join(import.meta.dirname, "node_modules");

/** Secrets of one stack, in the formats Supabase uses, and the keys of the BFF's session cookies and of the functions' links. */
export function generateSecrets() {
  const random = (bytes) => randomBytes(bytes).toString("base64url");
  return {
    SUPABASE_PUBLISHABLE_KEY: `sb_publishable_${random(24)}`,
    SUPABASE_SECRET_KEY: `sb_secret_${random(24)}`,
    SUPABASE_JWT_SECRET: random(48),
    BFF_SESSION_KEYS: randomBytes(32).toString("base64"),
    FUNCTIONS_SIGNING_KEYS: randomBytes(32).toString("base64"),
  };
}

/**
 * Reads the settings file; secrets that are neither in it nor in the environment are generated and
 * appended. What the file already says stays as it is, and the environment wins over the file.
 */
export function loadSettings(file = join(repository, ".env"), environment = process.env) {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const settings = { ...parseEnv(text), ...definedIn(environment) };
  const missing = Object.entries(generateSecrets()).filter(([name]) => !settings[name]);
  if (missing.length > 0) {
    appendSecrets(file, text, missing);
    Object.assign(settings, Object.fromEntries(missing));
  }
  return {
    ...settings,
    SUPABASE_PORT: port("SUPABASE_PORT", settings.SUPABASE_PORT || "54321"),
    BFF_PORT: port("BFF_PORT", settings.BFF_PORT || "8080", 0),
    BFF_HOST: settings.BFF_HOST || "127.0.0.1",
  };
}

function definedIn(environment) {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""));
}

/** Written beside the file and renamed over it: a crash leaves the old or the new one, never half of it. */
function appendSecrets(file, text, secrets) {
  // A line `NAME=` with nothing behind it is filled in where it stands, so that a copied .env.example keeps its order.
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  for (const [name, value] of secrets) {
    const at = lines.findIndex((line) => new RegExp(`^\\s*(export\\s+)?${name}\\s*=\\s*(""|'')?\\s*$`).test(line));
    if (at >= 0) lines[at] = `${name}=${value}`;
    else lines.push(`${name}=${value}`);
  }
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, `${lines.join("\n")}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}

function port(name, value, lowest = 1) {
  const number = Number(value);
  if (!Number.isInteger(number) || number < lowest || number > 65535) {
    throw refuse(`${name}=${value} is not a port number (${lowest} to 65535)`);
  }
  return number;
}

/**
 * The folders for data and for PostgreSQL's binaries: `.local/` in the repository. PostgreSQL refuses to
 * run as root, so there its system user must be able to reach them; where it can't (a clone below a
 * private folder such as /root) they are below /var/lib/mysingle, the data named after the repository's path.
 */
export function homes() {
  const inside = join(repository, ".local");
  if (process.getuid?.() !== 0 || everyoneMayEnter(repository)) return { data: inside, programs: inside };
  const outside = "/var/lib/mysingle";
  return { data: join(outside, createHash("sha256").update(repository).digest("hex").slice(0, 12)), programs: outside };
}

function everyoneMayEnter(folder) {
  for (let at = folder; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
