// No secret in any log: the tests write down what must stay secret, and what logs of their own they see; the last
// step of the suite (`node secrets.mjs`, inside the throw-away stack) looks for the one in the other.
// The Go tests' side of it is bff/supabasetest/secrets.go. What is in Auth's e-mails isn't written down: where there
// is no mail server, Auth's log is the mailbox.

import { appendFileSync, copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";

const { STACK_LOGS, STACK_SECRETS } = process.env;

/** What is no password, but nothing that a log may have either. */
const shapes = [
  ["a JWT", /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/g],
  ["a secret key", /\bsb_secret_[\w-]{16,}/g],
  ["a webhook's signing secret", /\bwhsec_[A-Za-z0-9+/]{32,}/g],
  ["a session's cookie", /\b(?:__Host-)?mysingle(?:-oauth)?(?:\.\d+)?=[\w-]{32,}/g],
];

/** Writes down values that no log may have; shorter ones than `shortest` can't be told from other text. */
export function keepSecret(...values) {
  if (STACK_SECRETS) appendFileSync(STACK_SECRETS, values.map((value) => `${value}\n`).join(""));
}
const shortest = 8;

/** Keeps the logs of a stack that a test started on the folder, and its secrets, before both are removed. */
export function keepLogs(folder, envFile) {
  if (!STACK_LOGS || !existsSync(join(folder, "logs"))) return;
  for (const name of readdirSync(join(folder, "logs"))) copyFileSync(join(folder, "logs", name), join(STACK_LOGS, `${folder.split("/").at(-1)}-${name}`));
  if (existsSync(envFile)) keepSecret(...Object.entries(parseEnv(readFileSync(envFile, "utf8"))).filter(([name]) => /KEY|SECRET/.test(name)).map(([, value]) => value));
  if (existsSync(join(folder, "pgpass"))) keepSecret(...readFileSync(join(folder, "pgpass"), "utf8").trim().split("\n").map((line) => line.split(":").at(-1)));
}

/** How a value may look in a log: as it is, in a URL, and a JWT by its signature alone too. */
function spellings(value) {
  const parts = value.split(".");
  return [value, encodeURIComponent(value), ...(parts.length === 3 ? [parts[2]] : [])].filter((spelling) => spelling.length >= shortest);
}

/** Where the text has one of the secrets: `{ at, what }`, what without the secret itself. */
export function leaks(text, secrets) {
  const found = shapes.flatMap(([what, shape]) => [...text.matchAll(shape)].map(({ index }) => ({ at: index, what })));
  // A log has millions of places and the suite thousands of secrets: by their first letters most are out.
  const starts = new Map();
  const mayStart = new Uint8Array(1 << 24);
  const head = (string, at) => ((string.charCodeAt(at) & 0xff) << 16) | ((string.charCodeAt(at + 1) & 0xff) << 8) | (string.charCodeAt(at + 2) & 0xff);
  for (const spelling of new Set([...secrets].flatMap(spellings))) {
    const start = spelling.slice(0, shortest);
    starts.set(start, [...(starts.get(start) ?? []), spelling]);
    mayStart[head(spelling, 0)] = 1;
  }
  for (let at = 0; at + shortest <= text.length; at++) {
    if (mayStart[head(text, at)] !== 1) continue;
    if (starts.get(text.slice(at, at + shortest))?.some((secret) => text.startsWith(secret, at))) found.push({ at, what: "one of the suite's secrets" });
  }
  return found;
}

/** The secrets of the stack that the suite ran against, and what its Auth handed out. */
async function stackSecrets() {
  const { DATABASE_URL, POSTGREST_DB_URI, ...environment } = process.env;
  const settings = Object.entries(environment).filter(([name]) => /^(SUPABASE|BFF)_.*(KEY|KEYS|SECRET)$/.test(name));
  const { default: postgres } = await import("postgres");
  const sql = postgres(DATABASE_URL, { max: 1 });
  try {
    const tokens = await sql`select token from auth.refresh_tokens union all select encrypted_password from auth.users where encrypted_password <> ''`;
    return [
      ...settings.flatMap(([, value]) => value.split(",")),
      ...[DATABASE_URL, POSTGREST_DB_URI].map((address) => new URL(address).password),
      ...tokens.map(({ token }) => token),
    ];
  } finally {
    await sql.end();
  }
}

async function check() {
  const written = existsSync(STACK_SECRETS) ? readFileSync(STACK_SECRETS, "utf8").split("\n") : [];
  const secrets = new Set([...written, ...(await stackSecrets())].filter((value) => value.length >= shortest));
  const logs = readdirSync(STACK_LOGS).map((name) => ({ name, text: readFileSync(join(STACK_LOGS, name), "utf8") }));
  const measured = await fetch(process.env.BFF_METRICS_URL);
  if (!measured.ok) throw new Error(`${process.env.BFF_METRICS_URL} answers ${measured.status}`);
  logs.push({ name: "metrics", text: await measured.text() });
  const size = logs.reduce((sum, { text }) => sum + text.length, 0);
  const has = (name) => logs.some((log) => log.name.startsWith(name) && log.text.length > 0);
  for (const name of ["bff", "postgres", "postgrest", "auth", "go-"]) {
    if (!has(name)) throw new Error(`${STACK_LOGS} has no ${name}…log: there is nothing to look into`);
  }
  if (written.length < 10) throw new Error(`${STACK_SECRETS} has ${written.length} lines: the tests should have written down more`);
  let count = 0;
  for (const { name, text } of logs) {
    for (const { at, what } of leaks(text, secrets)) {
      if (++count > 20) break;
      const line = text.slice(text.lastIndexOf("\n", at) + 1, at);
      console.error(`${name}: ${what} at the end of: ${line.slice(-200)}…`);
    }
  }
  if (count > 0) throw new Error("secrets are in the logs");
  console.log(`No secret in the logs and metrics: ${secrets.size} of them, ${logs.length} texts, ${(size / 1e6).toFixed(1)} MB`);
}

if (process.argv[1] === import.meta.filename) await check();
