// A process of its own: @supabase/lite's GoTrue-compatible Auth API on our PostgreSQL, /auth/v1 only.
// Its settings come from auth.mjs; of GoTrue's own it knows GOTRUE_JWT_EXP, GOTRUE_MAILER_AUTOCONFIRM and
// GOTRUE_EXTERNAL_<GITHUB|GOOGLE>_<ENABLED|CLIENT_ID|SECRET|URL>. E-mails are not sent: they go to the log and to the stack's console.

import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "@hono/node-server";
import { App, getAuthSchemaSql } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";
import bcrypt from "bcryptjs";

const { AUTH_PORT, AUTH_DATABASE_URL, AUTH_SITE_URL, AUTH_EXTERNAL_URL, AUTH_JWT_SECRET, AUTH_PASSWORD_COST } = process.env;
const { GOTRUE_JWT_EXP = "3600", GOTRUE_MAILER_AUTOCONFIRM = "true" } = process.env;

// lite hashes passwords by bcryptjs, at a cost of 10: 76 ms. Tests, which sign hundreds of people in, ask for less.
if (AUTH_PASSWORD_COST) {
  const { hash } = bcrypt;
  bcrypt.hash = (password) => hash(password, Number(AUTH_PASSWORD_COST));
}

function provider(name) {
  const setting = (key) => process.env[`GOTRUE_EXTERNAL_${name}_${key}`] || undefined;
  return { enabled: setting("ENABLED") === "true", client_id: setting("CLIENT_ID"), secret: setting("SECRET"), url: setting("URL") };
}

// lite hands JSON over as text, and its own settings would encode it once more: user metadata would be
// a JSON string in the column, where GoTrue has an object.
const jsonb = {
  to: 3802,
  from: [3802],
  serialize: (value) => (typeof value === "string" ? value : JSON.stringify(value)),
  parse: (text) => JSON.parse(text),
};

// It hands times over as PostgreSQL writes them; GoTrue's are RFC 3339, and its clients read no others.
const timestamptz = {
  to: 1184,
  from: [1184],
  serialize: (value) => (value instanceof Date ? value.toISOString() : value),
  parse: (text) => new Date(text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00")).toISOString(),
};

// postgres.js (3.4.9) opens another connection for one that the database has closed while nobody used it. One that is
// closed while it is reserved goes back to the pool as if it worked, or a write to it throws where nobody can catch it
// (its issues 1154 and 1208): whoever signs in then waits for ever. So Auth ends then, and the stack starts it again.
let reserved = 0; // connections that are in use or waited for
let stopping = false;
function databaseClosed() {
  if (stopping) return;
  if (reserved === 0) {
    console.log("The database has closed a connection that nobody used");
    return;
  }
  console.log("The database has closed a connection: ending, to be started anew");
  process.exit(1);
}

/** Counts the connections that are reserved: lite takes one for every statement and transaction. */
function countReserved(driver) {
  const { reserve } = driver;
  driver.reserve = async () => {
    reserved++;
    try {
      const sql = await reserve();
      const { release } = sql;
      sql.release = () => {
        reserved--;
        release();
      };
      return sql;
    } catch (error) {
      reserved--;
      throw error;
    }
  };
}

const connection = createPostgresConnection({
  url: AUTH_DATABASE_URL,
  postgresOptions: { max: 10, max_lifetime: null, types: { jsonb, timestamptz }, onnotice: () => {}, onclose: databaseClosed },
});
countReserved(connection.driver);
await makeTables(connection.driver);

/**
 * Makes lite's tables, once per version of them: a comment on the schema says which are there. Making them again would
 * change nothing, but lock them all, against everybody who signs in meanwhile.
 */
async function makeTables(sql) {
  const script = getAuthSchemaSql();
  const version = `Tables of @supabase/lite, ${createHash("sha256").update(script).digest("hex").slice(0, 16)}`;
  const [{ made }] = await sql`select obj_description(to_regnamespace('auth'), 'pg_namespace') as made`;
  if (made === version) return;
  await connection.exec(script);
  await sql.unsafe(`comment on schema auth is '${version}'`);
}

const app = new App({
  connection,
  api: { external_url: AUTH_EXTERNAL_URL },
  auth: {
    enabled: true,
    site_url: AUTH_SITE_URL,
    jwt_secret: AUTH_JWT_SECRET,
    jwt_expiry: Number(GOTRUE_JWT_EXP),
    enable_signup: true,
    enable_refresh_token_rotation: true,
    refresh_token_reuse_interval: 10,
    minimum_password_length: 8,
    email: { enable_signup: true, enable_confirmations: GOTRUE_MAILER_AUTOCONFIRM !== "true" },
    external: { github: provider("GITHUB"), google: provider("GOOGLE") },
  },
  storage: { enabled: false },
  options: {
    server: { apiKeys: false, admin: false }, // keys are the gateway's job
    drivers: { email: { send: showEmail } },
  },
});

const notFound = () => Response.json({ code: 404, error_code: "not_found", msg: "Auth has no such path here" }, { status: 404 });

async function showEmail({ to, subject, text }) {
  console.log(`E-mail to ${to}: ${subject}\n${text}`);
  process.send?.({ to, subject, text });
}

// Codes out of e-mails of any kind are redeemed as type "email", by GoTrue's clients; lite has that as "magiclink".
async function asLiteHasIt(request, pathname) {
  if (request.method !== "POST" || pathname !== "/auth/v1/verify") return request;
  const { url, method, headers } = request;
  const body = await request.text();
  let proof;
  try {
    proof = JSON.parse(body);
  } catch {} // lite says so
  return new Request(url, { method, headers, body: proof?.type === "email" ? JSON.stringify({ ...proof, type: "magiclink" }) : body });
}

const server = serve({
  hostname: "127.0.0.1",
  port: Number(AUTH_PORT),
  async fetch(request, { incoming }) {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith("/auth/v1/")) return notFound();
    const response = await app.fetch(await asLiteHasIt(request, pathname), { peerAddress: incoming.socket.remoteAddress ?? null });
    // Where lite has no path of Auth's it answers with a page of its studio, or a word of text.
    const json = response.headers.get("content-type")?.startsWith("application/json");
    return !json && [200, 404].includes(response.status) ? notFound() : response;
  },
}, ({ address, port }) => console.log(`Listening on ${address}:${port}`));
server.keepAliveTimeout = 60_000; // longer than the gateway keeps an idle connection

async function stop() {
  stopping = true;
  server.close();
  // A connection that waits for an answer of the database, or was there before the database was, may never end.
  await Promise.race([connection.close(), sleep(2000)]);
  process.exit(0);
}
process.on("SIGTERM", stop);
process.on("disconnect", stop); // the stack is gone
