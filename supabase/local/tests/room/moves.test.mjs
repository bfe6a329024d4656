// A move is carried out once or not at all, whatever comes in between, and who moved the card is told. Each test has
// a card of its own.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch } from "../../browser.mjs";
import { until } from "../started-stack.mjs";
import { endSessions, team } from "./people.mjs";
import { openRoom, withPictures } from "./room.mjs";

const moves = "**/rest/v1/rpc/move_task";

describe("a move", { concurrency: 5 }, () => {
  let browser, us;
  before(async () => ([browser, us] = await Promise.all([launch(), team()])));
  after(() => Promise.all([browser?.close(), us?.end()]));

  /** A test with rooms of its own: who of the team has them, and in which language. */
  const move = (name, readers, work) => it(name, async () => {
    const rooms = Object.fromEntries(await Promise.all(Object.entries(readers).map(async ([who, language]) => [who, await openRoom(browser, { language })])));
    try {
      await withPictures(`move ${name}`, rooms, async () => {
        await Promise.all(Object.entries(rooms).map(([who, room]) => room.signIn(us.people[who])));
        await work(rooms);
        for (const { faults } of Object.values(rooms)) assert.deepEqual(faults, []);
      });
    } finally {
      await Promise.all(Object.values(rooms).map(({ page }) => page.context().close()));
    }
  });

  /** The statuses that a card has come to since the test began, and by whom: the columns began with the last one. */
  const steps = async (name, from) => (await us.sql`
    select new_value, actor from public.task_events where task_id = ${us.id[name]} and kind = 'status'
      and event_id > (select max(event_id) from public.task_events where task_id = ${us.id[name]} and new_value = ${from})
    order by event_id`).map((event) => ({ ...event }));

  /** Lets the page's moves wait: `sent` is when one does, `release()` lets it and all later ones go. */
  async function hold({ page }) {
    const [sent, released] = [signal(), signal()];
    await page.route(moves, async (route) => {
      sent.give();
      await released.given;
      await route.continue();
    });
    return { sent: sent.given, release: released.give };
  }

  /** Something to wait for. */
  function signal() {
    let give;
    return { given: new Promise((resolve) => (give = resolve)), give };
  }

  move("outlives the session, as do a card in hand and the text that isn't posted", { developer: "ko" }, async ({ developer }) => {
    const { page, words } = developer;
    const [name, inHand] = ["배송 완료 알림", "배송 조회 연동"];
    const again = page.getByRole("dialog", { name: words.again });
    await developer.tab("scrum");
    await page.getByLabel(words.todayLabel, { exact: true }).fill("아직 올리지 않은 글");
    await page.getByLabel(words.obstacleNew).fill("아직 더하지 않은 것");
    await developer.tab("board");

    const patch = await hold(developer);
    await developer.choose(us.id[name], "In Progress");
    await patch.sent;
    await endSessions(us.people.developer);
    patch.release();
    await again.waitFor();
    assert.equal(await again.getByLabel(words.email).inputValue(), us.people.developer.email);
    await developer.column("In Progress").locator(`[data-task="${us.id[name]}"]`).waitFor();
    assert.deepEqual(await steps(name, "Scheduled"), []);
    await developer.signIn(us.people.developer);
    await developer.in("In Progress", us.id[name]);
    assert.deepEqual(await steps(name, "Scheduled"), [{ new_value: "In Progress", actor: us.people.developer.id }]);

    await developer.card(us.id[inHand]).focus();
    await page.keyboard.press(" ");
    await page.keyboard.press("ArrowRight");
    await endSessions(us.people.developer);
    await again.waitFor(); // found out by looking for news
    await developer.signIn(us.people.developer);
    await page.locator(`[data-task="${us.id[inHand]}"] button:focus`).waitFor();
    await page.keyboard.press(" ");
    await developer.in("In Review", us.id[inHand]);
    assert.deepEqual(await steps(inHand, "In Progress"), [{ new_value: "In Review", actor: us.people.developer.id }]);

    await developer.tab("scrum");
    assert.equal(await page.getByLabel(words.todayLabel, { exact: true }).inputValue(), "아직 올리지 않은 글");
    assert.equal(await page.getByLabel(words.obstacleNew).inputValue(), "아직 더하지 않은 것");
  });

  move("that two make of one card at once is the first one's, and the other is told", { master: "ko", owner: "en" }, async (rooms) => {
    const name = "Shipment timeline";
    const wanted = { master: "In Review", owner: "On Hold" };
    const held = await Promise.all(Object.entries(rooms).map(async ([who, room]) => {
      const patch = await hold(room);
      await room.choose(us.id[name], wanted[who]);
      await room.column(wanted[who]).locator(`[data-task="${us.id[name]}"] .pending`).waitFor();
      return patch;
    }));
    await Promise.all(held.map(({ sent }) => sent));
    for (const { release } of held) release();
    const loser = await Promise.any(Object.entries(rooms).map(([who, { page }]) => page.locator(".toast.bad").waitFor().then(() => who)));
    const winner = loser === "master" ? "owner" : "master";
    const { words } = rooms[loser];
    await rooms[loser].text(words.movedByOther(name, words.statuses[wanted[winner]])).waitFor();
    await Promise.all(Object.values(rooms).map((room) => room.in(wanted[winner], us.id[name])));
    assert.deepEqual(await steps(name, "In Progress"), [{ new_value: wanted[winner], actor: us.people[winner].id }]);
    assert.equal(await rooms[winner].page.locator(".toast.bad").count(), 0);
  });

  move("that the server refuses is undone, with its message", { owner: "ko" }, async ({ owner }) => {
    const name = "알림톡 문안";
    // Somebody else's change of the card takes longer than the database lets anybody wait.
    const [locked, done] = [signal(), signal()];
    const other = us.sql.begin(async (tx) => {
      await tx`select from public.tasks where task_id = ${us.id[name]} for update`;
      locked.give();
      await done.given;
    });
    await locked.given;
    await owner.choose(us.id[name], "Completed");
    await owner.column("Completed").locator(`[data-task="${us.id[name]}"] .pending`).waitFor();
    const [before, after] = owner.words.notMoved(name, "|").split("|");
    await owner.page.locator(".toast.bad", { hasText: `${before}canceling statement due to` }).waitFor();
    assert.equal(after, "");
    await owner.in("Blocked", us.id[name]);
    done.give();
    await other;
    assert.deepEqual(await steps(name, "Blocked"), []);
  });

  move("whose answer is lost is neither undone nor done twice", { master: "en" }, async ({ master }) => {
    const name = "Notification settings";
    const tries = [];
    await master.page.route(moves, async (route) => {
      const answer = await route.fetch();
      const { status, board_rank } = await answer.json();
      tries.push({ status, board_rank });
      if (tries.length === 1) await route.abort();
      else await route.fulfill({ response: answer });
    });
    await master.choose(us.id[name], "Scheduled");
    await master.in("Scheduled", us.id[name]);
    assert.equal(tries.length, 2);
    assert.deepEqual(tries[0], tries[1]);
    assert.equal(tries[0].status, "Scheduled");
    assert.deepEqual(await steps(name, "Planned"), [{ new_value: "Scheduled", actor: us.people.master.id }]);
    assert.equal(await master.page.locator(".toast.bad").count(), 0);
  });

  move("behind a card that is on its way itself waits for that one", { master: "ko" }, async ({ master }) => {
    const [first, second] = (await us.as("master", (tx) => tx`
      insert into public.tasks ${tx(["재고 확인", "송장 확인"].map((task_name) => ({ project_id: us.project, sprint_id: us.sprints.sprint, task_name })))}
      returning task_id`)).map(({ task_id }) => task_id);
    const [held, released] = [signal(), signal()];
    const sent = [];
    await master.page.route(moves, async (route) => {
      const { task_id } = route.request().postDataJSON();
      if (task_id === first) {
        held.give();
        await released.given;
      }
      sent.push(task_id);
      await route.continue();
    });
    await master.choose(first, "Cancelled");
    await held.given;
    await master.choose(second, "Cancelled");
    await master.column("Cancelled").locator(`[data-task="${second}"] .pending`).waitFor();
    released.give();
    await master.in("Cancelled", second);
    assert.deepEqual(sent, [first, second]);
    const order = await us.sql`select task_id from public.tasks where task_id in ${us.sql([first, second])} order by board_rank`;
    assert.deepEqual(order.map(({ task_id }) => task_id), [first, second]);
  });

  move("that follows another one before the board shows that is not lost", { owner: "en" }, async ({ owner }) => {
    const name = "만족도 조사";
    let release;
    const shown = new Promise((resolve) => (release = resolve));
    let sent = 0;
    owner.page.on("response", (response) => (sent += response.url().endsWith("/rpc/move_task")));
    await owner.page.route("**/dashboard?*", async (route) => {
      if (sent > 0) await shown; // the look that follows the first move
      await route.continue();
    });
    await owner.choose(us.id[name], "In Review");
    await until("the first move", () => sent === 1);
    await owner.choose(us.id[name], "On Hold");
    release();
    await owner.in("On Hold", us.id[name]);
    assert.deepEqual((await steps(name, "In Review")).at(-1), { new_value: "On Hold", actor: us.people.owner.id });
  });

  move("goes on after an answer that broke off or was somebody else's", { master: "en" }, async ({ master }) => {
    const name = "주문 취소 오류 수정";
    let broken = 2;
    await master.page.route("**/dashboard?*", (route) => (broken-- > 0 ? route.fulfill({ status: 200, contentType: "text/html", body: "<h1>Hotel</h1>" }) : route.continue()));
    await master.choose(us.id[name], "On Hold");
    await master.in("On Hold", us.id[name]);
    await master.page.locator(".connection:not(.lost)").waitFor();
  });

  move("by somebody who has been made a viewer meanwhile is undone, and no more is offered", { colleague: "en" }, async ({ colleague }) => {
    const { words } = colleague;
    const name = "배송 추적 시안";
    const patch = await hold(colleague);
    await colleague.choose(us.id[name], "In Progress");
    await patch.sent;
    await us.as("owner", (tx) => tx`update public.project_members set role = 'viewer' where project_id = ${us.project} and profile_id = ${us.people.colleague.id}`);
    patch.release();
    await colleague.text(words.mayNot).waitFor();
    await colleague.in("Completed", us.id[name]);
    await colleague.text(words.readOnly).waitFor();
    assert.deepEqual(await steps(name, "Completed"), []);
  });
});
