// Which Auth server is chosen: a native GoTrue, but no other program that happens to be called auth. And
// what @supabase/lite's answers where it is not GoTrue's equal.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, it } from "node:test";
import postgres from "postgres";
import { findGoTrue, startAuth } from "../auth.mjs";
import { Processes, startedAt } from "../processes.mjs";
import { onFreePort } from "../ready.mjs";
import { until } from "./started-stack.mjs";

describe("the native GoTrue", () => {
  let folder;
  const program = (path, help, mode = 0o755) => {
    const file = join(folder, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, `#!/bin/sh\necho '${help}'\n`, { mode });
    return file;
  };
  const gotrueHelp = "Usage:\n  gotrue [flags]\n  gotrue [command]\nAvailable Commands:\n  admin\n  migrate\n  serve\n  version";
  let real, other, named;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "auth-test-"));
    real = program("real/auth", gotrueHelp);
    other = program("other/auth", "auth: sign in to the build farm");
    named = program("named/my-gotrue", gotrueHelp);
    program("plain/gotrue", gotrueHelp, 0o644);
  });
  after(() => rmSync(folder, { recursive: true }));

  const path = (...names) => names.map((name) => join(folder, name)).join(delimiter);

  it("is taken from PATH when it answers like GoTrue", () => assert.equal(findGoTrue({ PATH: path("real") }), real));
  it("is found behind another program called auth", () => assert.equal(findGoTrue({ PATH: path("other", "real") }), real));
  it("is not another program called auth", () => assert.equal(findGoTrue({ PATH: path("other") }), null));
  it("is not a file that can't be run", () => assert.equal(findGoTrue({ PATH: path("plain") }), null));
  it("is not required", () => assert.equal(findGoTrue({ PATH: "" }), null));
  it("is the named one before the one on PATH", () => assert.equal(findGoTrue({ GOTRUE_BIN: named, PATH: path("real") }), named));
  it("must be GoTrue when named", () => {
    assert.throws(() => findGoTrue({ GOTRUE_BIN: other, PATH: path("real") }), { refusal: true, message: /^GOTRUE_BIN=.* does not answer/ });
  });
});

describe("@supabase/lite's Auth API", () => {
  let folder, processes, auth, authorization;
  const emails = [];
  before(async () => {
    const { SUPABASE_URL, SUPABASE_JWT_SECRET, POSTGREST_DB_URI } = process.env;
    if (!SUPABASE_URL) throw new Error("SUPABASE_URL is not set; start with: go tool task test");
    folder = mkdtempSync(join(tmpdir(), "auth-test-"));
    processes = new Processes(folder, () => {});
    await processes.claim();
    const database = { url: (role) => Object.assign(new URL(POSTGREST_DB_URI), { username: role }).href };
    const settings = { PATH: "", SUPABASE_JWT_SECRET };
    auth = await onFreePort((port) => startAuth(processes, { database, settings, folder, port, publicUrl: SUPABASE_URL, siteUrl: SUPABASE_URL, onEmail: (email) => emails.push(email) }));
    const { access_token } = await (await call("POST", "/token?grant_type=password", { email: "demo@mysingle.test", password: "mysingle-demo" })).json();
    authorization = `Bearer ${access_token}`;
  });
  after(async () => {
    await processes.stop();
    rmSync(folder, { recursive: true });
  });

  const call = (method, path, body) => fetch(auth.url + path, {
    method,
    redirect: "manual",
    headers: { "content-type": "application/json", ...(authorization && { authorization }) },
    body: body && JSON.stringify(body),
  });

  for (const [method, path] of [["GET", "/invite"], ["GET", "/factors"], ["GET", "/nonsense"], ["POST", "/nonsense"], ["GET", "/"], ["GET", "/../../"]]) {
    it(`has nothing at ${method} ${path}: 404 with an error body`, async () => {
      const response = await call(method, path);
      assert.equal(response.status, 404);
      assert.deepEqual(Object.keys(await response.json()), ["code", "error_code", "msg"]);
    });
  }
  it("redeems a code as type email, once", async () => {
    const email = `${crypto.randomUUID()}@test.mysingle.test`;
    assert.equal((await call("POST", "/otp", { email, create_user: true })).status, 200);
    const token = emails.find(({ to }) => to === email).text.match(/\b\d{6}\b/)[0];
    const verify = (proof) => call("POST", "/verify", { type: "email", email, ...proof });
    assert.equal((await verify({ token: token === "000000" ? "000001" : "000000" })).status, 403);
    assert.equal((await (await verify({ token })).json()).user.email, email);
    assert.equal((await verify({ token })).status, 403);
    assert.equal((await verify({ token, type: "emails" })).status, 400);
  });
  it("says of a proof that is no JSON that it isn't", async () => {
    const response = await fetch(`${auth.url}/verify`, { method: "POST", headers: { "content-type": "application/json" }, body: "{" });
    assert.equal(response.status, 400);
  });
  for (const [method, path, status] of [["GET", "/user", 200], ["GET", "/verify?token=x&type=recovery", 303], ["POST", "/logout?scope=local", 204]]) {
    it(`answers ${method} ${path} itself`, async () => assert.equal((await call(method, path)).status, status));
  }
  /** Has an Auth of its own on the database, by way of a relay that falls silent, or breaks every connection off. */
  async function behindRelay(work) {
    const { SUPABASE_URL, SUPABASE_JWT_SECRET, POSTGREST_DB_URI } = process.env;
    const real = new URL(POSTGREST_DB_URI);
    let silent = false;
    let unanswered = 0;
    const clients = new Set();
    const relay = createServer((client) => {
      clients.add(client);
      client.on("close", () => clients.delete(client));
      const server = connect(Number(real.port), real.hostname);
      server.on("data", (data) => silent || client.write(data));
      client.on("data", (data) => {
        if (silent) unanswered++;
        server.write(data);
      });
      for (const [one, other] of [[client, server], [server, client]]) one.on("error", () => {}).on("close", () => other.destroy());
    }).listen(0, "127.0.0.1");
    await once(relay, "listening");
    const database = { url: (role) => Object.assign(new URL(POSTGREST_DB_URI), { username: role, port: relay.address().port }).href };
    const place = mkdtempSync(join(tmpdir(), "auth-test-"));
    const own = new Processes(place, () => {});
    await own.claim();
    try {
      const { url } = await onFreePort((port) =>
        startAuth(own, { database, settings: { PATH: "", SUPABASE_JWT_SECRET }, folder: place, port, publicUrl: SUPABASE_URL, siteUrl: SUPABASE_URL, onEmail: () => {} }));
      await work({
        running: () => JSON.parse(readFileSync(join(place, "processes.json"), "utf8")).find(({ part }) => part === "auth"),
        signIn: () => fetch(`${url}/token?grant_type=password`, {
          method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ email: "demo@mysingle.test", password: "mysingle-demo" }),
        }).then(({ status }) => status, () => null),
        beSilent: (value) => (silent = value),
        unanswered: () => unanswered,
        breakOff: () => {
          const broken = [...clients];
          for (const client of broken) client.destroy();
          return broken.length;
        },
        log: () => own.log("auth"),
      });
    } finally {
      await own.stop();
      relay.close();
      rmSync(place, { recursive: true });
    }
  }

  it("ends when it is told to, also while it waits for a database that never answers", () =>
    behindRelay(async ({ running, signIn, beSilent, unanswered }) => {
      const { pid, started } = running();
      beSilent(true);
      const answer = signIn();
      await until("Auth has asked the database", () => unanswered() > 0);
      process.kill(pid, "SIGTERM");
      await until("it has ended", () => startedAt(pid) !== started);
      assert.notEqual(await answer, 200, "the database never answered");
    }));

  it("starts while somebody writes to its tables, which it doesn't make anew", async () => {
    const sql = postgres(process.env.DATABASE_URL, { max: 1 });
    try {
      await sql.begin(async (writer) => {
        await writer`lock table auth.users, auth.sessions, auth.refresh_tokens in row exclusive mode`;
        await behindRelay(async ({ signIn }) => assert.equal(await signIn(), 200));
      });
    } finally {
      await sql.end();
    }
  });

  it("keeps running when the database closes connections that nobody uses, and works at once", () =>
    behindRelay(async ({ running, signIn, breakOff, log }) => {
      const { pid } = running();
      assert.equal(await signIn(), 200);
      const lost = breakOff();
      assert.ok(lost > 0, "Auth had no connection to lose");
      await until("Auth has seen the end of each", () => log().match(/The database has closed a connection/g)?.length === lost);
      assert.equal(await signIn(), 200);
      assert.equal(running().pid, pid, "Auth was started again");
    }));

  it("starts anew when the database closes a connection that is in use, and works again", () =>
    behindRelay(async ({ running, signIn, beSilent, unanswered, breakOff }) => {
      const { pid } = running();
      assert.equal(await signIn(), 200);
      beSilent(true);
      const waiting = signIn();
      await until("Auth has asked the database", () => unanswered() > 0);
      breakOff();
      beSilent(false);
      assert.equal(await waiting, null, "the request that waited was answered");
      await until("another one runs", () => running().pid !== pid);
      await until("one can sign in", async () => (await signIn()) === 200);
    }));
});
