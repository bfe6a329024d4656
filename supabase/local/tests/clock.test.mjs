// STACK_CLOCK: PostgreSQL's clock at another moment. (Through `run`: lifecycle.test.mjs.)

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import postgres from "postgres";
import { shiftedClock } from "../clock.mjs";
import { startPostgres } from "../postgres.mjs";
import { Processes } from "../processes.mjs";
import { homes } from "../settings.mjs";
import { place, recorded, start, until } from "./started-stack.mjs";

const moment = "2027-02-28T23:59:00+09:00";

describe("PostgreSQL with a shifted clock", () => {
  let folder, processes, database, startedAt;
  const said = [];

  before(async () => {
    mkdirSync(homes().data, { recursive: true });
    folder = mkdtempSync(join(homes().data, "clock-test-")); // where PostgreSQL's user gets to
    processes = new Processes(folder, (line) => said.push(line));
    await processes.claim();
    startedAt = Date.now();
    database = await startPostgres(processes, { folder, throwAway: true, clock: shiftedClock(moment, { now: startedAt }) });
  });
  after(async () => {
    await processes.stop();
    rmSync(folder, { recursive: true });
  });

  /** The database's clock can't be further from the moment than the real clock is from the start. */
  async function assertShifted() {
    const sql = postgres(database.url("supabase_admin"), { max: 1 });
    try {
      const earliest = Date.now() - startedAt;
      const [{ passed }] = await sql`select extract(epoch from clock_timestamp() - ${moment})::float8 * 1000 as passed`;
      const latest = Date.now() - startedAt;
      assert.ok(passed >= earliest - 1 && passed <= latest + 1, `${passed} ms have passed since ${moment}, want ${earliest} to ${latest}`);
    } finally {
      await sql.end();
    }
  }

  it("starts at the moment and goes on from there", assertShifted);

  it("keeps its shift when PostgreSQL is started again", async () => {
    const [dead] = recorded({ data: folder }).filter(({ part }) => part === "postgres");
    process.kill(dead.pid, "SIGKILL");
    await until("PostgreSQL runs again", () => said.some((line) => line.includes("postgres runs again")));
    await assertShifted();
  });
});

describe("STACK_CLOCK", () => {
  it("changes nothing where it isn't set", () => {
    for (const unset of [undefined, ""]) assert.deepEqual(shiftedClock(unset), {});
  });

  for (const wrong of ["tomorrow", "2026-11-30", "2026-11-30T14:58:00", "2026-02-29T12:00Z", "2026-13-01T12:00Z", "2026-11-30T25:00Z", "2026-11-30T12:00+9"]) {
    it(`refuses ${wrong} in one line`, () => {
      assert.throws(() => shiftedClock(wrong), { refusal: true, message: `STACK_CLOCK=${wrong} is not a moment with its zone, such as 2026-11-30T14:58:00Z` });
    });
  }

  it("is refused where libfaketime is missing, with the command that installs it", () => {
    assert.throws(() => shiftedClock(moment, { folders: [] }), { refusal: true, message: /^STACK_CLOCK needs libfaketime.*apt-get install libfaketime/ });
  });

  it("is refused by up, which keeps its data", async () => {
    const at = await place();
    Object.assign(at.environment, { STACK_CLOCK: moment });
    const stack = start(at, "up");
    assert.equal(await stack.ended, 1, stack.output());
    assert.match(stack.output(), /^STACK_CLOCK is for `run` alone: .*\n$/);
    at.remove();
  });
});
