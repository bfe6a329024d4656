// Asks a BFF that has just been deployed what shows that it works, without signing in and without leaving anything.
//   node bff/deploy/smoke.mjs https://app.example.com v1.2.3

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

const [address, version] = process.argv.slice(2);
if (!address) {
  console.error("usage: node bff/deploy/smoke.mjs <address> [<version>]");
  process.exit(2);
}

const ask = async (path, headers = {}) => {
  const response = await fetch(new URL(path, address), { headers, redirect: "manual", signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  const isJson = /^application\/(problem\+)?json\b/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
};

const checks = {
  "it is alive, and the version that was deployed": async () => {
    const { status, body } = await ask("/livez");
    assert.equal(status, 200);
    assert.equal(body.status, "ok");
    assert.equal(body.version, version ?? body.version);
  },
  "PostgREST and Auth answer it": async () => {
    const { status, body } = await ask("/readyz");
    assert.deepEqual({ status, body }, { status: 200, body: { ready: true, parts: { rest: "ok", auth: "ok" } } });
  },
  "it tells its paths, and browsers to be careful": async () => {
    const { status, headers, body } = await ask("/openapi.json");
    assert.equal(status, 200);
    assert.match(body.openapi, /^3\.1\./);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
  },
  "nobody reads a view without signing in": async () => {
    const { status, body } = await ask("/api/v1/me/scrum");
    assert.equal(status, 401);
    assert.equal(body.code, "not_signed_in");
  },
  "a made-up token opens nothing": async () => {
    const { status } = await ask("/rest/v1/profiles?select=email", { Authorization: "Bearer made.up.token" });
    assert.equal(status, 401);
  },
  "Auth is passed through": async () => {
    const { status, body } = await ask("/auth/v1/settings");
    assert.equal(status, 200);
    assert.equal(typeof body.external, "object");
  },
  "what it measures is not for everybody": async () => {
    assert.equal((await ask("/metrics")).status, 404);
  },
};

/** Runs one check, again for a while where it may only be early, and tells how it went. */
async function passes(what, check, tries) {
  for (;;) {
    try {
      await check();
      console.log(`ok    ${what}`);
      return true;
    } catch (error) {
      if (--tries > 0) {
        await sleep(500);
        continue;
      }
      console.log(`FAIL  ${what}\n      ${String(error.message ?? error).replaceAll("\n", "\n      ")}`);
      return false;
    }
  }
}

let tries = 5; // of the first: the proxies before the BFF may need a moment to find it
for (const [what, check] of Object.entries(checks)) {
  if (!(await passes(what, check, tries))) process.exitCode = 1;
  tries = 1;
}
