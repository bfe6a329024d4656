// Edge functions as an app meets them: the probe of functions/edge as WebAssembly under Deno, behind the gateway,
// called by supabase-js.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createClient } from "@supabase/supabase-js";
import WebSocket from "ws";
import { findDeno, findFunctions } from "../functions.mjs";
import { startGateway } from "../gateway.mjs";
import { Processes } from "../processes.mjs";
import { isFree, onFreePort } from "../ready.mjs";
import { repository } from "../settings.mjs";
import { until } from "./started-stack.mjs";

const keys = { publishable: ["sb_publishable_test"], secret: ["sb_secret_test"], jwtSecret: "x".repeat(40) };
const probe = "functions/edge/testdata/probe";

describe("a function behind the gateway, by supabase-js", () => {
  let folder, processes, gateway, client;

  before(async () => {
    execFileSync("go", ["run", "./functions/build", `./${probe}`], { cwd: repository });
    folder = mkdtempSync(join(tmpdir(), "functions-test-"));
    processes = new Processes(folder, () => {});
    await processes.claim();
    const flags = ["run", "--no-prompt", "--no-check", "--no-config", "--allow-net", "--allow-env", "--allow-read", "--unstable-no-legacy-abort"];
    const port = await onFreePort(async (port) => {
      await processes.start("probe", findDeno(), [...flags, join(repository, probe, "index.ts")], {
        env: { PATH: process.env.PATH, PORT: String(port), NO_COLOR: "1" },
        announces: /^Listening on/m,
        ready: async () => !(await isFree(port)),
      });
      return port;
    });
    gateway = await startGateway({ port: 0, keys, upstreams: { functions: { probe: `http://127.0.0.1:${port}/probe` } } });
    client = createClient(`http://127.0.0.1:${gateway.address().port}`, keys.publishable[0], {
      auth: { persistSession: false, autoRefreshToken: false },
      realtime: { transport: WebSocket },
    });
  });
  after(async () => {
    gateway?.close();
    gateway?.closeAllConnections();
    await processes?.stop();
    rmSync(folder, { recursive: true });
  });

  it("gets JSON, and the key and headers that it was called with", async () => {
    const { data, error } = await client.functions.invoke("probe/echo", { body: { 이름: "해온" }, headers: { "x-mine": "1" } });
    assert.equal(error, null);
    assert.equal(data.method, "POST");
    assert.equal(data.path, "/probe/echo");
    assert.equal(data.body, '{"이름":"해온"}');
    assert.deepEqual(data.header.Apikey, keys.publishable);
    assert.deepEqual(data.header["X-Mine"], ["1"]);
  });

  it("reads events as they come", async () => {
    const { data, error } = await client.functions.invoke("probe/ticks", { method: "GET" });
    assert.equal(error, null);
    const chunks = data.body[Symbol.asyncIterator]();
    let text = "";
    for (let event = 0; event < 5; event++) {
      // The function sends the next one when it is asked to: who reads them only at the end waits for ever.
      if (event > 0) assert.equal((await client.functions.invoke("probe/tick", { method: "GET" })).error, null);
      while (!text.includes(`data: ${event}\n\n`)) {
        const { value, done } = await chunks.next();
        assert.ok(!done, `the answer has ended before event ${event}: ${text}`);
        text += Buffer.from(value).toString();
      }
    }
    assert.equal(text, [0, 1, 2, 3, 4].map((event) => `data: ${event}\n\n`).join(""));
  });

  it("sends and gets 10 MB", async () => {
    const body = randomBytes(10_000_000);
    const { data, error } = await client.functions.invoke("probe/digest", { body: new Blob([body]) });
    assert.equal(error, null);
    assert.equal(data, `10000000 ${createHash("sha256").update(body).digest("hex")}`);
    const { data: blob } = await client.functions.invoke("probe/bytes?count=10000000", { method: "GET" });
    assert.equal((await blob.arrayBuffer()).byteLength, 10_000_000);
  });

  it("answers 200 at once", async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => client.functions.invoke(`probe/hello?name=${i}`, { method: "GET" })));
    answers.forEach(({ data, error }, i) => assert.deepEqual([data?.hello, error], [String(i), null]));
  });

  it("learns of a panic, which leaves the function as it was", async () => {
    const { error } = await client.functions.invoke("probe/panic", { method: "GET" });
    assert.equal(error.context.status, 500);
    assert.equal((await error.context.json()).code, "internal");
    assert.equal((await client.functions.invoke("probe/hello", { method: "GET" })).error, null);
  });

  it("may leave, and the function knows", async () => {
    const count = async (what) => Number((await client.functions.invoke(`probe/${what}`, { method: "GET" })).data);
    const earlier = { waiting: await count("waiting"), gone: await count("gone") };
    const leaving = new AbortController();
    const answer = client.functions.invoke("probe/wait", { method: "GET", signal: leaving.signal });
    await until("the function waits", async () => (await count("waiting")) > earlier.waiting);
    leaving.abort();
    const { error } = await answer;
    assert.equal(error?.name, "FunctionsFetchError");
    await until("the function knows", async () => (await count("gone")) > earlier.gone);
  });

  it("says itself which pages may call it", async () => {
    const url = `http://127.0.0.1:${gateway.address().port}/functions/v1/probe`;
    const asked = await fetch(`${url}/cors`, { method: "OPTIONS", headers: { origin: "https://app.test", "access-control-request-method": "POST", "access-control-request-headers": "authorization,x-region" } });
    assert.equal(asked.status, 204);
    assert.equal(asked.headers.get("access-control-allow-origin"), "*");
    assert.equal(asked.headers.get("access-control-allow-methods"), "GET, OPTIONS");
    assert.equal(asked.headers.get("access-control-allow-headers"), "authorization,x-region");
    for (const path of ["/cors", "/panic", "/bad-header"]) assert.equal((await fetch(url + path)).headers.get("access-control-allow-origin"), "*", path);
    assert.equal((await fetch(`${url}/hello`)).headers.get("access-control-allow-origin"), null);
  });

  it("is told of a function that isn't there", async () => {
    const { error } = await client.functions.invoke("nothing", { body: {} });
    assert.equal(error.context.status, 404);
    assert.equal((await error.context.json()).code, "no_function");
  });
});

describe("the functions of the project", () => {
  const config = readFileSync(join(repository, "supabase", "config.toml"), "utf8");

  for (const name of findFunctions()) {
    it(`${name} is in config.toml, which the CLI deploys by`, () => {
      const [, section] = config.split(`[functions.${name}]\n`);
      assert.ok(section, "it has no section");
      const settings = section.split(/^\[/m)[0];
      assert.match(settings, new RegExp(`^entrypoint = "../functions/${name}/index.ts"$`, "m"));
      assert.match(settings, new RegExp(`^static_files = \\["../functions/${name}/main.wasm"\\]$`, "m"));
      assert.match(settings, /^verify_jwt = false$/m);
    });
  }

  it("are of types that Deno finds nothing wrong with", () => {
    const files = findFunctions().map((name) => join(repository, "functions", name, "index.ts"));
    execFileSync(findDeno(), ["check", "--no-config", "--no-lock", ...files], { encoding: "utf8", stdio: "pipe", env: { ...process.env, NO_COLOR: "1" } });
  });
});
