// The stack goes away under an open page, and comes back: on its own ports, with its data.

import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import postgres from "postgres";
import { launch } from "../../browser.mjs";
import { place, start } from "../started-stack.mjs";
import { noon } from "./people.mjs";
import { openRoom, withPictures } from "./room.mjs";

// Of the demo data, which is this stack's own.
const developer = { email: "jiwoo@mysingle.test", password: "mysingle-demo" };
const [card, other] = ["5eed0007-0000-4000-8000-000000000403", "5eed0007-0000-4000-8000-000000000417"];

let browser, at, stack;
before(async () => {
  at = await place();
  stack = start(at, "up");
  [browser] = await Promise.all([launch(), stack.ready()]);
  // There is a scrum on every day, the day doesn't end meanwhile, and the developer hasn't posted yet nor is away.
  await ask(async (sql) => {
    await sql`update public.organizations set working_days = '{1,2,3,4,5,6,7}', timezone = ${await noon(sql)}`;
    const [{ profile_id }] = await sql`select profile_id from public.profiles where email = ${developer.email}`;
    await sql`delete from public.daily_scrum_updates where profile_id = ${profile_id}`;
    await sql`delete from public.days_off where profile_id = ${profile_id}`;
  });
});
after(async () => {
  await browser?.close();
  stack?.child.kill();
  await stack?.ended;
  at?.remove();
});

/** Asks the stack's database. */
async function ask(question) {
  const sql = postgres(stack.output().match(/postgres:\S+/)[0], { max: 1 });
  try {
    return await question(sql);
  } finally {
    await sql.end();
  }
}

it("a page outlives its stack: it keeps what it shows and what was moved meanwhile, and goes on by itself", async () => {
  const room = await openRoom(browser, { bff: `http://127.0.0.1:${at.bffPort}`, language: "en" });
  const { page, words } = room;
  await withPictures("restart", { room }, async () => {
    await room.signIn(developer);
    await room.in("Scheduled", card);
    await page.evaluate(() => (window.loadedOnce = true));
    await room.tab("scrum");
    await page.getByLabel(words.obstacleNew).fill("half a sentence");
    await room.tab("board");

    stack.child.kill("SIGTERM");
    assert.equal(await stack.ended, 0);
    await room.text(words.lost, { exact: true }).waitFor();
    await room.text(words.lostLong).waitFor();
    await room.in("Scheduled", other);
    await room.choose(card, "In Progress");
    await room.text(words.pending(1)).waitFor();
    await room.column("In Progress").locator(`[data-task="${card}"] .pending`).waitFor();

    stack = start(at, "up");
    await stack.ready();
    await room.in("In Progress", card);
    await room.text(words.live, { exact: true }).waitFor();
    await room.text(words.lostLong).waitFor({ state: "detached" });
    assert.ok(await page.evaluate(() => window.loadedOnce), "the page was loaded again");
    assert.equal(await page.getByRole("dialog").count(), 0);
    assert.equal(await page.locator(".toast.bad").count(), 0);
    await room.tab("scrum");
    assert.equal(await page.getByLabel(words.obstacleNew).inputValue(), "half a sentence");
    assert.deepEqual(room.faults, []);

    const [{ status }] = await ask((sql) => sql`select status from public.tasks where task_id = ${card}`);
    assert.equal(status, "In Progress");
    const moves = await ask((sql) => sql`select e.new_value, p.email from public.task_events e join public.profiles p on p.profile_id = e.actor
      where e.task_id = ${card} and e.kind = 'status' and e.at > now() - interval '10 minutes'`);
    assert.deepEqual(moves.map((move) => ({ ...move })), [{ new_value: "In Progress", email: developer.email }]);
  });
});
