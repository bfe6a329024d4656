// The smoke test of a release, against the BFF of the local stack and against what isn't a BFF that works.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { repository } from "../settings.mjs";

const { SUPABASE_URL, BFF_URL } = process.env;
if (!SUPABASE_URL || !BFF_URL) throw new Error("SUPABASE_URL and BFF_URL are not set; start with: go tool task test");

/** Runs the script, and returns its exit code and the checks that failed. */
async function smoke(...args) {
  const child = spawn(process.execPath, [join(repository, "bff", "deploy", "smoke.mjs"), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  for await (const piece of child.stdout) output += piece;
  const code = child.exitCode ?? await new Promise((resolve) => child.once("exit", resolve));
  return { code, passed: output.match(/^ok /gm)?.length ?? 0, failed: output.match(/(?<=^FAIL  ).*/gm) ?? [] };
}

describe("the smoke test", () => {
  const servers = [];
  after(() => servers.forEach((server) => server.close()));

  /** The BFF, but for what `change` makes of an answer. */
  async function spoilt(change) {
    const server = createServer(async (request, response) => {
      const { authorization } = request.headers;
      const answer = await fetch(BFF_URL + request.url, { headers: authorization ? { authorization } : {} });
      const { status = answer.status, body = await answer.text() } = change(request.url) ?? {};
      response.writeHead(status, { "content-type": answer.headers.get("content-type"), "x-content-type-options": "nosniff" }).end(body);
    });
    servers.push(server);
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${server.address().port}`;
  }

  it("passes the BFF, of the version that it says", async () => {
    const { version } = await (await fetch(`${BFF_URL}/livez`)).json();
    assert.deepEqual(await smoke(BFF_URL, version), { code: 0, passed: 7, failed: [] });
  });

  it("fails for another version", async () => {
    assert.deepEqual(await smoke(BFF_URL, "v0.0.0-other"), { code: 1, passed: 6, failed: ["it is alive, and the version that was deployed"] });
  });

  it("fails where something else answers, or nobody", async () => {
    assert.equal((await smoke(SUPABASE_URL)).code, 1);
    assert.deepEqual((await smoke("http://127.0.0.1:1")).passed, 0);
  });

  it("tells which part doesn't work", async () => {
    for (const [path, answer, fault] of [
      ["/readyz", { status: 503, body: "{}" }, "PostgREST and Auth answer it"],
      ["/api/v1/me/scrum", { status: 200, body: "{}" }, "nobody reads a view without signing in"],
      ["/rest/v1/profiles", { status: 200, body: "[]" }, "a made-up token opens nothing"],
      ["/auth/v1/settings", { status: 502, body: "{}" }, "Auth is passed through"],
      ["/metrics", { status: 200, body: "" }, "what it measures is not for everybody"],
    ]) {
      const address = await spoilt((url) => (url.startsWith(path) ? answer : undefined));
      assert.deepEqual(await smoke(address), { code: 1, passed: 6, failed: [fault] });
    }
  });
});
