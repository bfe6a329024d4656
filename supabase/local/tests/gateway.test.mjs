// The gateway: API key rules on the running stack, and faults upstream that only a server made for it produces.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import http from "node:http";
import net from "node:net";
import { after, before, describe, it } from "node:test";
import { startGateway } from "../gateway.mjs";

const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY: publishable, SUPABASE_SECRET_KEY: secret, SUPABASE_JWT_SECRET } = process.env;
if (!SUPABASE_URL) throw new Error("SUPABASE_URL is not set; start with: go tool task test");

const request = async (path, { method = "GET", ...headers } = {}) => {
  const response = await fetch(SUPABASE_URL + path, { method, headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : null };
};
const bearer = (token) => `Bearer ${token}`;

function token(claims) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const content = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ exp: Math.floor(Date.now() / 1000) + 60, ...claims })}`;
  return `${content}.${createHmac("sha256", SUPABASE_JWT_SECRET).update(content).digest("base64url")}`;
}
const user = token({ sub: "00000000-0000-4000-8000-000000000000", role: "authenticated", aud: "authenticated" });

// anon has no right to the table, authenticated sees no row of it, service_role sees all.
const table = "/rest/v1/organizations?select=org_id";
const anon = ({ status, json }) => status === 401 && json.code === "42501";
const authenticated = ({ status, json }) => status === 200 && json.length === 0;
const serviceRole = ({ status, json }) => status === 200 && json.length > 0;
const assertServiceRole = (answer) => assert.ok(serviceRole(answer), `answered ${answer.status} ${answer.text}, want 200 and rows`);

describe("writes without a filter", () => {
  for (const method of ["PATCH", "DELETE"]) {
    it(`refuses ${method} of every row, as Supabase does`, async () => {
      for (const query of ["", "?select=task_id", "?order=task_id&limit=1000"]) {
        const answer = await request(`/rest/v1/tasks${query}`, { method, apikey: secret });
        assert.equal(answer.status, 400);
        assert.equal(answer.json.code, "21000");
      }
      const filtered = await request("/rest/v1/tasks?task_id=eq.00000000-0000-4000-8000-000000000000", { method, apikey: publishable, authorization: bearer(user), "content-type": "application/json" });
      assert.notEqual(filtered.json?.code, "21000");
    });
  }
});

describe("API keys on /rest/v1", () => {
  const cases = [
    ["publishable key alone: anon", { apikey: publishable }, anon],
    ["publishable key, repeated as bearer: anon", { apikey: publishable, authorization: bearer(publishable) }, anon],
    ["secret key alone: service_role", { apikey: secret }, serviceRole],
    ["secret key, repeated as bearer: service_role", { apikey: secret, authorization: bearer(secret) }, serviceRole],
    ["publishable key and a user's token: the user", { apikey: publishable, authorization: bearer(user) }, authenticated],
    ["secret key and a user's token: the user", { apikey: secret, authorization: bearer(user) }, authenticated],
  ];
  for (const [name, headers, expected] of cases) {
    it(name, async () => {
      const answer = await request(table, headers);
      assert.ok(expected(answer), `answered ${answer.status} ${answer.text}, want what ${expected.name} gets`);
    });
  }

  const refused = [
    ["no key", {}, "No API key found in request"],
    ["no key but a user's token", { authorization: bearer(user) }, "No API key found in request"],
    ["no key but a key as bearer", { authorization: bearer(secret) }, "No API key found in request"],
    ["an unknown key", { apikey: "sb_publishable_x" }, "Invalid API key"],
    ["a key with something behind it", { apikey: `${secret}x` }, "Invalid API key"],
    ["a user's token as key", { apikey: user }, "Invalid API key"],
    ["publishable key, but the secret one as bearer", { apikey: publishable, authorization: bearer(secret) }, "Invalid API key"],
    ["unknown key and a user's token", { apikey: "x", authorization: bearer(user) }, "Invalid API key"],
  ];
  for (const [name, headers, message] of refused) {
    it(`refuses ${name}`, async () => {
      const { status, json } = await request(table, headers);
      assert.equal(status, 401);
      assert.equal(json.message, message);
      assert.ok(json.hint, `no hint in ${JSON.stringify(json)}`);
    });
  }

  it("passes a forged token on to be refused", async () => {
    const { status } = await request(table, { apikey: secret, authorization: bearer(`${user}x`) });
    assert.equal(status, 401);
  });
  it("shows the public address in PostgREST's description", async () => {
    const { json } = await request("/rest/v1/", { apikey: publishable });
    assert.equal(`http://${json.host}${json.basePath}`, `${SUPABASE_URL}/rest/v1`);
  });
  it("takes the key from the query, and keeps it from PostgREST", async () => {
    assertServiceRole(await request(`${table}&apikey=${secret}`));
    assertServiceRole(await request(`/rest/v1/organizations?apikey=${secret}&select=org_id`));
  });
});

describe("API keys that are being changed", () => {
  const [old, next] = ["1", "2"].map((n) => ({ publishable: `sb_publishable_${n}`, secret: `sb_secret_${n}` }));
  const roles = async (...known) => {
    const keys = { publishable: known.map((key) => key.publishable), secret: known.map((key) => key.secret), jwtSecret: SUPABASE_JWT_SECRET };
    const gateway = await startGateway({ port: 0, keys, upstreams: { rest: process.env.POSTGREST_URL } });
    const role = async (headers) => {
      const response = await fetch(`http://127.0.0.1:${gateway.address().port}${table}`, { headers });
      const answer = { status: response.status, json: await response.json() };
      return anon(answer) ? "anon" : serviceRole(answer) ? "service_role" : answer.json.message;
    };
    const found = [];
    for (const { publishable, secret } of [old, next]) {
      for (const key of [publishable, secret]) found.push(await role({ apikey: key }));
      found.push(await role({ apikey: publishable, authorization: bearer(publishable) }));
    }
    found.push(await role({ apikey: next.publishable, authorization: bearer(old.publishable) }));
    gateway.closeAllConnections();
    gateway.close();
    return found;
  };
  const [counts, invalid] = [["anon", "service_role", "anon"], Array(3).fill("Invalid API key")];
  it("count side by side, and the old ones not afterwards", async () => {
    assert.deepEqual(await roles(old), [...counts, ...invalid, "Invalid API key"]);
    assert.deepEqual(await roles(old, next), [...counts, ...counts, "Invalid API key"]);
    assert.deepEqual(await roles(next), [...invalid, ...counts, "Invalid API key"]);
  });
});

describe("API keys on /auth/v1", () => {
  it("are not needed where a browser comes without one", async () => {
    for (const path of ["/health", "/.well-known/jwks.json"]) assert.equal((await request(`/auth/v1${path}`)).status, 200, path);
    for (const path of ["/verify", "/callback", "/authorize"]) assert.notEqual((await request(`/auth/v1${path}`)).json?.message, "No API key found in request", path);
  });
  it("are needed everywhere else", async () => {
    for (const path of ["/settings", "/user", "/admin/users", "/verify/more", "/healthy", "/"]) {
      const { status, json } = await request(`/auth/v1${path}`);
      assert.deepEqual([status, json.message], [401, "No API key found in request"], path);
    }
  });
  it("let a key holder through", async () => assert.equal((await request("/auth/v1/settings", { apikey: publishable })).status, 200));
});

describe("other paths", () => {
  for (const [path, status] of [["/", 404], ["/rest/v2/x", 404], ["/restx/v1", 404], ["/functions/v1/hello", 404], ["/functions/v1/", 404], ["/functions/v1/toString", 404], ["/storage/v1/bucket", 503]]) {
    it(`${path} → ${status} with an error body`, async () => {
      const answer = await request(path, { apikey: publishable });
      assert.equal(answer.status, status);
      assert.deepEqual(Object.keys(answer.json), ["code", "message", "details", "hint"]);
    });
  }
  for (const path of ["/auth/v1/verify/../admin/users", "/auth/v1/verify/%2e%2e/admin/users", "/auth/v1/.%2E/rest", "/auth/v1/verify/..%2fadmin", "http://elsewhere/rest/v1/"]) {
    it(`${path} is refused as it stands`, async () => {
      assert.match(await raw(SUPABASE_URL, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`), /^HTTP\/1\.1 400 /);
    });
  }
  it("a WebSocket is refused with an error body", async () => {
    const answer = await raw(SUPABASE_URL, "GET /realtime/v1/websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    assert.match(answer, /^HTTP\/1\.1 501 [\s\S]*"code":"not_implemented"/);
  });
});

describe("CORS", () => {
  it("answers a preflight without a key", async () => {
    const { status, headers } = await request(table, { method: "OPTIONS", origin: "http://app.test", "access-control-request-method": "PATCH", "access-control-request-headers": "apikey,prefer" });
    assert.equal(status, 204);
    assert.equal(headers.get("access-control-allow-origin"), "*");
    assert.equal(headers.get("access-control-allow-headers"), "apikey,prefer");
    assert.match(headers.get("access-control-allow-methods"), /PATCH/);
  });
  for (const path of [table, "/auth/v1/settings"]) {
    it(`says once who may read ${path}`, async () => {
      const { headers } = await request(path, { apikey: publishable, origin: "http://app.test" });
      assert.equal(headers.get("access-control-allow-origin"), "*");
      assert.equal(headers.get("access-control-allow-credentials"), null);
    });
  }
});

describe("passage", () => {
  let upstream, gateway, address, upstreams;
  let handle = () => {};
  before(async () => {
    upstream = http.createServer((incoming, outgoing) => handle(incoming, outgoing));
    await new Promise((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    upstreams = { rest: `http://127.0.0.1:${upstream.address().port}/base` };
    gateway = await startGateway({ port: 0, upstreams, keys: { publishable: ["p"], secret: ["s"], jwtSecret: "j".repeat(32) } });
    address = `http://127.0.0.1:${gateway.address().port}`;
  });
  after(() => {
    for (const server of [gateway, upstream]) {
      server.close();
      server.closeAllConnections();
    }
  });

  it("keeps path, query and body as they are, and hop-by-hop headers back", async () => {
    let seen;
    handle = async (incoming, outgoing) => {
      const body = [];
      for await (const chunk of incoming) body.push(chunk);
      seen = { url: incoming.url, headers: incoming.headers, body: Buffer.concat(body).toString() };
      outgoing.writeHead(201, { "content-range": "0-0/*", "x-hop": "1", connection: "x-hop, keep-alive", "keep-alive": "timeout=1" }).end("done");
    };
    const response = await raw(address, "POST /rest/v1/tasks?or=(a.eq.%2Cb,c.is.null)&x=%20+&apikey=p HTTP/1.1\r\nHost: h\r\nConnection: close, x-mine\r\nX-Mine: 1\r\nTE: trailers\r\nPrefer: return=minimal\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    assert.equal(seen.url, "/base/tasks?or=(a.eq.%2Cb,c.is.null)&x=%20+");
    assert.equal(seen.body, "abc");
    assert.equal(seen.headers.prefer, "return=minimal");
    for (const name of ["x-mine", "te", "apikey", "authorization"]) assert.equal(seen.headers[name], undefined, name);
    assert.match(response, /^HTTP\/1\.1 201 /);
    assert.match(response, /content-range: 0-0\/\*/);
    assert.doesNotMatch(response, /x-hop/i);
  });

  it("streams: the first part of an answer arrives before the last is sent", async () => {
    let finish;
    handle = (_, outgoing) => {
      outgoing.write("first");
      finish = () => outgoing.end("last");
    };
    const response = await fetch(`${address}/rest/v1/x`, { headers: { apikey: "p" } });
    const reader = response.body.getReader();
    assert.equal(Buffer.from((await reader.read()).value).toString(), "first");
    finish();
    assert.equal(Buffer.from((await reader.read()).value).toString(), "last");
  });

  it("an answer cut short is cut short for the client too", async () => {
    handle = (_, outgoing) => {
      outgoing.writeHead(200, { "content-type": "application/json" });
      outgoing.write("[1,");
      setImmediate(() => outgoing.destroy());
    };
    const response = await fetch(`${address}/rest/v1/x`, { headers: { apikey: "p" } });
    await assert.rejects(response.text());
  });

  it("a connection broken off before the answer is 502, and not tried again for a POST", async () => {
    let requests = 0;
    handle = (incoming) => {
      requests++;
      incoming.socket.destroy();
    };
    const response = await fetch(`${address}/rest/v1/x`, { method: "POST", body: "{}", headers: { apikey: "p" } });
    assert.equal(response.status, 502);
    assert.equal((await response.json()).code, "upstream_failed");
    assert.equal(requests, 1);
  });

  it("a client that leaves ends the request upstream", async () => {
    const abort = new AbortController();
    const left = new Promise((resolve) => {
      handle = (incoming) => {
        incoming.socket.on("close", () => resolve("closed"));
        abort.abort();
      };
    });
    await assert.rejects(fetch(`${address}/rest/v1/x`, { headers: { apikey: "p" }, signal: abort.signal }));
    const late = new Promise((resolve) => setTimeout(resolve, 60_000, "still open after a minute").unref());
    assert.equal(await Promise.race([left, late]), "closed");
  });

  for (const [name, rest] of [["not started", undefined], ["down", "http://127.0.0.1:1"]]) {
    it(`a part that is ${name} is 503`, async () => {
      const before = upstreams.rest;
      upstreams.rest = rest;
      const response = await fetch(`${address}/rest/v1/x`, { headers: { apikey: "p" } });
      upstreams.rest = before;
      assert.equal(response.status, 503);
      assert.equal(response.headers.get("retry-after"), "1");
      assert.deepEqual(Object.keys(await response.json()), ["code", "message", "details", "hint"]);
    });
  }
});

/** Sends bytes that fetch would tidy up, and returns everything that comes back. */
function raw(url, text) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = net.connect(Number(port), hostname, () => socket.write(text));
    socket.on("data", (chunk) => (answer += chunk)).on("end", () => resolve(answer)).on("error", reject);
  });
}
