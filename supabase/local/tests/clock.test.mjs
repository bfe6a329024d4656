// STACK_CLOCK: PostgreSQL's clock at another moment. On a machine without a C compiler it is refused.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import postgres from "postgres";
import { shiftedClock } from "../clock.mjs";
import { startPostgres } from "../postgres.mjs";
import { Processes } from "../processes.mjs";
import { homes } from "../settings.mjs";
import { cleanEnvironment, place, recorded, start, until } from "./started-stack.mjs";

const moment = "2027-02-28T23:59:00+09:00";

const hasCompiler = (() => {
  try {
    return process.platform === "linux" && execFileSync("cc", ["--version"], { stdio: "pipe" }).length > 0;
  } catch {
    return false;
  }
})();

describe("STACK_CLOCK", () => {
  it("changes nothing where it isn't set", () => {
    for (const unset of [undefined, ""]) assert.deepEqual(shiftedClock(unset), {});
  });

  for (const wrong of ["tomorrow", "2026-11-30", "2026-11-30T14:58:00", "2026-02-29T12:00Z", "2026-13-01T12:00Z", "2026-11-30T25:00Z", "2026-11-30T12:00+9"]) {
    it(`refuses ${wrong} in one line`, () => {
      assert.throws(() => shiftedClock(wrong), { refusal: true, message: `STACK_CLOCK=${wrong} is not a moment with its zone, such as 2026-11-30T14:58:00Z` });
    });
  }

  it("is refused where there is no C compiler, with the command that installs one", () => {
    const empty = mkdtempSync(join(tmpdir(), "clock-test-"));
    assert.throws(() => shiftedClock(moment, { compiler: join(empty, "cc"), programs: empty }), { refusal: true, message: /^STACK_CLOCK needs Linux and a C compiler: .*apt-get install gcc/ });
    rmSync(empty, { recursive: true });
  });

  it("is refused by up, which keeps its data", async () => {
    const at = await place();
    Object.assign(at.environment, { STACK_CLOCK: moment });
    const stack = start(at, "up");
    assert.equal(await stack.ended, 1, stack.output());
    assert.match(stack.output(), /^STACK_CLOCK is for `run` alone: .*\n$/);
    at.remove();
  });

  it("gives run a database of that day, or is refused here", async () => {
    const query = "$SUPABASE_BIN db query --read-only --output-format json --remote=$DATABASE_URL 'select now()::date as today'";
    const child = spawn(process.execPath, [join(import.meta.dirname, "..", "stack.mjs"), "run", "--", "sh", "-c", query], { env: cleanEnvironment({ STACK_CLOCK: moment }) });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
    const code = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(code, hasCompiler ? 0 : 1, said);
    assert.match(said, hasCompiler ? /"today": ?"2027-02-28/ : /^STACK_CLOCK needs Linux and a C compiler/);
  });
});

if (hasCompiler) describe("PostgreSQL with a shifted clock", () => {
  let folder, processes, database, startedAt;
  const said = [];
  const connections = [];

  before(async () => {
    folder = join(homes().data, "runs", String(process.pid)); // as `run` has it: removed by a later one if we are killed
    processes = new Processes(folder, (line) => said.push(line));
    await processes.claim();
    startedAt = Date.now();
    database = await startPostgres(processes, { folder, throwAway: true, clock: shiftedClock(moment, { now: startedAt }) });
  });
  after(async () => {
    await Promise.all(connections.map((sql) => sql.end()));
    await processes.stop();
    rmSync(folder, { recursive: true });
  });

  function connect() {
    connections.push(postgres(database.url("supabase_admin"), { max: 1 }));
    return connections.at(-1);
  }

  /** The database's clock is between two readings of the real one, all of them counted from the start. */
  async function assertShifted(sql) {
    const earliest = Date.now() - startedAt;
    const [{ passed }] = await sql`select extract(epoch from clock_timestamp() - ${moment})::float8 * 1000 as passed`;
    const latest = Date.now() - startedAt;
    assert.ok(passed >= earliest - 1 && passed <= latest + 1, `${passed} ms have passed since ${moment}, want ${earliest} to ${latest}`);
  }

  it("starts at the moment and goes on from there", () => assertShifted(connect()));

  it("ends what waits too long for a lock, and a deadlock", async () => {
    const [one, other] = [connect(), connect()];
    await one`create table one (id int)`;
    await one`create table other (id int)`;
    await Promise.all([one`begin`, other`begin`]);
    await one`lock table one`;
    await other`lock table other`;
    await one`savepoint before`;
    await one`set lock_timeout = 1`;
    await assert.rejects(one`lock table other`, { code: "55P03" });
    await one`rollback to before`;
    await one`release before`;
    const outcomes = await Promise.allSettled([one`lock table other`, other`lock table one`]);
    assert.deepEqual(outcomes.map(({ status, reason }) => reason?.code ?? status).sort(), ["40P01", "fulfilled"]);
    await Promise.all([one`rollback`, other`rollback`]);
  });

  it("keeps its shift when PostgreSQL is started again", async () => {
    const [dead] = recorded({ data: folder }).filter(({ part }) => part === "postgres");
    process.kill(dead.pid, "SIGKILL");
    await until("PostgreSQL runs again", () => said.some((line) => line.includes("postgres runs again")));
    await assertShifted(connect());
  });
});
