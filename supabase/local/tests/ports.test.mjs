// A port that another program takes between its choice and the part's start: the real parts, on the database
// of the running stack. (PostgreSQL: lifecycle.test.mjs.)

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startAuth } from "../auth.mjs";
import { startBff } from "../bff.mjs";
import { startPostgrest } from "../postgrest.mjs";
import { Processes } from "../processes.mjs";
import { freePort, holdPort, isFree, onFreePort } from "../ready.mjs";

const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, SUPABASE_JWT_SECRET, POSTGREST_DB_URI, POSTGREST_BIN, BFF_BIN } = process.env;
if (!SUPABASE_URL) throw new Error("SUPABASE_URL is not set; start with: go tool task test");

describe("a taken port", () => {
  let folder, processes, other, taken;
  const settings = { PATH: "", SUPABASE_PUBLISHABLE_KEY, SUPABASE_JWT_SECRET };
  const databaseUrl = (role) => Object.assign(new URL(POSTGREST_DB_URI), { username: role }).href;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ports-test-"));
    processes = new Processes(folder, () => {});
    await processes.claim();
    // It answers like a part that is ready, as another stack's part would; a BFF that isn't.
    other = createServer(({ url }, response) => response.writeHead(url === "/readyz" ? 503 : 200).end());
    await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
    taken = other.address().port;
  });
  after(async () => {
    await processes.stop();
    other.close();
    rmSync(folder, { recursive: true });
  });

  it("makes PostgREST start on another one", async () => {
    const part = { binary: POSTGREST_BIN, databaseUrl: POSTGREST_DB_URI, settings, publicUrl: SUPABASE_URL };
    const url = await onFreePort(async (port) => startPostgrest(processes, { ...part, port, adminPort: await freePort() }), taken);
    assert.notEqual(Number(new URL(url).port), taken);
    const { host } = await (await fetch(url)).json();
    assert.equal(`http://${host}`, SUPABASE_URL);
  });

  it("makes Auth start on another one", async () => {
    const part = { database: { url: databaseUrl }, settings, folder, publicUrl: SUPABASE_URL, siteUrl: SUPABASE_URL };
    const { url } = await onFreePort((port) => startAuth(processes, { ...part, port }), taken);
    assert.notEqual(Number(new URL(url).port), taken);
    assert.equal((await fetch(`${url}/health`)).status, 200);
  });

  it("is what the BFF's end is put down to", async () => {
    const part = { binary: BFF_BIN, cwd: folder, settings, host: "127.0.0.1", port: taken, supabaseUrl: SUPABASE_URL };
    await assert.rejects(startBff(processes, part), { refusal: true, portTaken: true });
  });

  it("is given up on after some attempts, and at once for another reason", async () => {
    for (const [portTaken, expected] of [[true, 5], [false, 1]]) {
      let attempts = 0;
      await assert.rejects(onFreePort(async () => {
        attempts++;
        throw Object.assign(new Error("no"), { portTaken });
      }), { message: "no" });
      assert.equal(attempts, expected);
    }
  });

  it("is held until it is released", async () => {
    const held = await holdPort(0, "127.0.0.1");
    assert.equal(await isFree(held.port), false, `whether ${held.port} is free while it is held`);
    await assert.rejects(holdPort(held.port, "127.0.0.1"), { code: "EADDRINUSE" });
    const caller = connect(held.port, "127.0.0.1");
    await once(caller, "close"); // rather than be waited for
    await held.release();
    assert.equal(await isFree(held.port), true, `whether ${held.port} is free once it is released`);
  });
});
