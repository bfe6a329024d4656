// A day in the sprint room, as a scrum master and a developer have it at the same time: in both languages, on a desk
// and on a phone. What one of them does the other sees without reloading.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch } from "../../browser.mjs";
import { openRoom, withPictures } from "./room.mjs";
import { obstacle, team } from "./people.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

describe("a day in the sprint room", { concurrency: 4 }, () => {
  for (const language of ["ko", "en"]) {
    for (const screen of ["desktop", "phone"]) describe(`${language}, ${screen}`, { concurrency: 1 }, () => day(language, screen));
  }
});

function day(language, screen) {
  let us, developer, master, words, broken;
  const [mine, soon, done] = ["배송 조회 연동", "배송 완료 알림", "주문 취소 오류 수정"];

  before(async () => {
    [us, developer, master] = await Promise.all([team(), openRoom(browser, { language, screen }), openRoom(browser, { language, screen })]);
    words = developer.words;
  });
  after(() => Promise.all([developer?.page.context().close(), master?.page.context().close(), us?.end()]));

  /** A part of the day; without one of them the rest can't be. */
  const part = (name, work) => it(name, async (test) => {
    if (broken) return test.skip(`after “${broken}”`);
    broken = name;
    await withPictures(`day ${language} ${screen} ${name}`, { developer, master }, work);
    broken = undefined;
  });

  /** The columns' cards as the room shows them are those of the database, in its order. */
  async function agrees(room) {
    const rows = await us.sql`select status, array_agg(task_id order by board_rank) as tasks from public.tasks where sprint_id = ${us.sprints.sprint} group by status`;
    for (const { status, tasks } of rows) {
      assert.deepEqual(await room.cards(status), tasks, status);
    }
  }

  /** The cards are in these columns for both of them, and in the database, moved there by the developer. */
  async function moved(columns) {
    await Promise.all([developer, master].flatMap((room) => Object.entries(columns).map(([name, status]) => room.in(status, us.id[name]))));
    for (const [name, status] of Object.entries(columns)) {
      const [last] = await us.sql`select new_value, actor from public.task_events where task_id = ${us.id[name]} and kind = 'status' order by event_id desc limit 1`;
      assert.deepEqual({ ...last }, { new_value: status, actor: us.people.developer.id });
    }
    await Promise.all([developer, master].map(agrees));
  }

  part("both sign in, and see the running sprint", async () => {
    await Promise.all([developer.signIn(us.people.developer), master.signIn(us.people.master)]);
    for (const room of [developer, master]) {
      await room.page.getByRole("heading", { level: 1, name: "2차: 배송 추적" }).waitFor();
      assert.equal(new URL(room.page.url()).searchParams.get("sprint"), us.sprints.sprint);
      assert.equal(await room.page.locator("html").getAttribute("lang"), language);
      await room.page.evaluate(() => (window.loadedOnce = true));
      await agrees(room);
    }
  });

  part("the developer edits the draft and posts it, with what is in the way", async () => {
    await Promise.all([developer.tab("scrum"), master.tab("scrum")]);
    await master.text(words.waiting("Emily Carter, 김서연, 박지우, 이도현")).waitFor();
    const [yesterday, today] = [developer.page.getByLabel(words.yesterdayLabel), developer.page.getByLabel(words.todayLabel, { exact: true })];
    const { statuses } = words;
    assert.equal(await yesterday.inputValue(), `- ${mine}: ${statuses.Scheduled} → ${statuses["In Progress"]}\n- ${done}: ${statuses.Scheduled} → ${statuses["In Review"]}`);
    assert.equal(await today.inputValue(), `- ${mine}\n- ${done}`);
    await yesterday.fill("조회 API를 붙였다.");
    await today.press("End");
    await today.pressSequentially(" 배포");
    await developer.page.getByRole("group", { name: words.tasksWill }).getByLabel(soon).check();
    const obstacles = developer.page.getByLabel(words.obstacleNew);
    await obstacles.fill("검수 서버가 느림");
    await obstacles.press("Enter");
    await obstacles.fill("VPN 계정 만료"); // and not added: it counts all the same
    await developer.button(words.send).click();
    await developer.text(words.sent).waitFor();
    await developer.button(words.edit).waitFor();
    assert.equal(await developer.focused(), words.edit);

    const [posted] = await us.sql`select u.yesterday_work, u.today_work, u.update_id from public.daily_scrum_updates u where profile_id = ${us.people.developer.id}`;
    assert.equal(posted.yesterday_work, "조회 API를 붙였다.");
    assert.equal(posted.today_work, `- ${mine}\n- ${done} 배포`);
    const raised = await us.sql`select description from public.impediments where update_id = ${posted.update_id} order by 1`;
    assert.deepEqual(raised.map(({ description }) => description), ["VPN 계정 만료", "검수 서버가 느림"]);
    const named = await us.sql`select t.task_name, d.intent from public.daily_scrum_tasks d join public.tasks t using (task_id)
      where d.profile_id = ${us.people.developer.id} order by d.intent, t.board_rank`;
    assert.deepEqual(named.map(({ task_name, intent }) => `${intent} ${task_name}`), [`did ${mine}`, `did ${done}`, `will do ${mine}`, `will do ${soon}`, `will do ${done}`]);
  });

  part("the scrum master sees who has posted, who is missing and what is in the way", async () => {
    await master.text(words.waiting("Emily Carter, 김서연, 이도현")).waitFor();
    const member = (name) => master.page.locator(".members > li").filter({ has: master.page.getByRole("heading", { name }) });
    await member("박지우").getByText("조회 API를 붙였다.").waitFor();
    await member("박지우").getByText(words.posted, { exact: true }).waitFor();
    await member("Emily Carter").getByText(words.missing, { exact: true }).waitFor();
    const impediment = (description) => master.page.locator(".impediments > li", { hasText: description });
    await impediment(obstacle).getByText(`Emily Carter, ${words.ago(words.days(3))}`).waitFor();
    const minutes = (await impediment("검수 서버가 느림").textContent()).match(/\d+/)?.[0];
    const [{ age }] = await us.sql`select floor(extract(epoch from clock_timestamp() - raised_at) / 60)::int as age
      from public.impediments where description = '검수 서버가 느림' and project_id = ${us.project}`;
    assert.ok(Number(minutes ?? 0) <= age, `raised ${minutes} minutes ago, want at most ${age}`);
    await impediment("검수 서버가 느림").getByText(`박지우, ${minutes === undefined ? words.justNow : words.ago(words.minutes(minutes))}`).waitFor();
    await master.button(words.send).click(); // the draft as it is
    await master.button(words.edit).waitFor();
  });

  part("the scrum master resolves an impediment, the developer is offered only their own", async () => {
    await developer.button(words.resolveLong("검수 서버가 느림")).waitFor();
    await developer.text(obstacle).waitFor();
    assert.equal(await developer.button(words.resolveLong(obstacle)).count(), 0);
    await master.button(words.resolveLong("검수 서버가 느림")).click();
    await master.text(words.resolved).waitFor();
    await master.page.waitForFunction(() => document.activeElement.id === "impediments");
    await Promise.all([developer, master].map((room) => room.text("검수 서버가 느림").waitFor({ state: "detached" })));
    await developer.text(words.waiting("Emily Carter, 김서연")).waitFor();
    const [{ resolved_by }] = await us.sql`select resolved_by from public.impediments where description = '검수 서버가 느림' and project_id = ${us.project}`;
    assert.equal(resolved_by, us.people.master.id);
  });

  part("cards move by mouse, by finger and on their own page", async () => {
    await Promise.all([developer.tab("board"), master.tab("board")]);
    if (screen === "desktop") {
      await developer.drag(us.id[soon], developer.card(us.id["Shipment timeline"]));
      await developer.in("In Progress", us.id[soon]);
      const [{ board_rank }] = await us.sql`select board_rank from public.tasks where task_id = ${us.id[soon]}`;
      assert.equal(board_rank, 2.5); // between 1 and 4
      await developer.choose(us.id[mine], "In Review");
    } else {
      await developer.choose(us.id[soon], "In Progress");
      await developer.carry(us.id[mine], "In Review");
    }
    await moved({ [soon]: "In Progress", [mine]: "In Review" });
  });

  part("cards move by keys, which keep the focus and are told", async () => {
    const { statuses } = words;
    const press = async (key, told) => {
      await developer.page.keyboard.press(key);
      await developer.page.waitForFunction((told) => document.querySelector("p.unseen[aria-live]").textContent === told, told);
      assert.equal(await developer.page.evaluate(() => document.activeElement.closest("[data-task]")?.dataset.task), us.id[done], `the focus after ${key}`);
    };
    await developer.card(us.id[done]).focus();
    await press(" ", words.picked(done, statuses["In Review"]));
    const place = (await developer.cards("In Review")).indexOf(us.id[done]) + 1; // which it keeps in the next column
    await press("ArrowRight", words.over(statuses.Blocked, place, 2));
    await press(place === 1 ? "ArrowDown" : "ArrowUp", words.over(statuses.Blocked, 3 - place, 2));
    await press("Escape", words.putBack(done));
    await developer.in("In Review", us.id[done]);
    await press(" ", words.picked(done, statuses["In Review"]));
    for (const status of ["Blocked", "On Hold", "Completed"]) {
      await developer.page.keyboard.press("ArrowRight");
      await developer.column(status).locator(`[data-task="${us.id[done]}"]`).waitFor();
    }
    await press(" ", words.put(done, statuses.Completed));
    await moved({ [done]: "Completed" });
    assert.equal(await developer.page.evaluate(() => document.activeElement.closest("[data-task]")?.dataset.task), us.id[done]);
    const steps = await us.sql`select new_value from public.task_events where task_id = ${us.id[done]} and kind = 'status' and old_value = 'In Review'`;
    assert.deepEqual(steps.map(({ new_value }) => new_value), ["Completed"]); // nothing on the way
  });

  part("pictures and figures tell how it goes", async () => {
    const pictures = { burndown: { ko: /^번다운/, en: /^Burndown/ }, flow: { ko: /^누적 흐름/, en: /^Cumulative flow/ }, velocity: { ko: /^속도/, en: /^Velocity/ }, forecast: { ko: /^완료 예측/, en: /^Forecast/ } };
    const picture = async (name) => {
      const image = developer.page.getByRole("figure", { name: words[name], exact: true }).locator("img");
      await image.waitFor();
      assert.ok(await image.evaluate((element) => element.decode().then(() => element.naturalWidth)) > 0, `the picture ${name} has no width`);
      assert.match(await image.getAttribute("alt"), pictures[name][language]);
      return image.getAttribute("src");
    };
    await developer.tab("progress");
    const inTasks = await picture("burndown");
    await picture("flow");
    await developer.page.getByRole("row", { name: "박지우" }).waitFor();
    await developer.button(words.pointsUnit).click();
    await developer.page.waitForFunction((before) => document.querySelector(".picture img").src !== before, inTasks);
    await picture("burndown");
    await developer.tab("project");
    await picture("velocity");
    await picture("forecast");
    await developer.page.locator(".tile", { hasText: words.average }).getByText("9", { exact: false }).waitFor(); // points of 1차
    await developer.page.locator(".tile", { hasText: words.chance(50) }).waitFor();
  });

  part("what a developer may not do isn't offered, and is refused", async () => {
    const { sprint, next } = us.sprints;
    await developer.page.getByRole("link", { name: `3차: 통계: ${words.look}` }).waitFor();
    for (const name of [`${words.complete} …`, `${words.start} …`]) assert.equal(await developer.button(name).count(), 0, name);
    for (const [name, id] of [["complete_sprint", sprint], ["start_sprint", next], ["cancel_sprint", sprint]]) {
      const { status, body } = await developer.fetch("POST", `/rest/v1/rpc/${name}`, { sprint_id: id });
      assert.equal(status, 403, name);
      assert.match(body.message, /managers and scrum masters/);
    }
    const { status, body } = await developer.fetch("PATCH", `/rest/v1/impediments?description=eq.${encodeURIComponent(obstacle)}`, { resolved_at: new Date() });
    assert.deepEqual({ status, body }, { status: 200, body: [] });
  });

  part("the scrum master completes the sprint and starts the next", async () => {
    const { sprint, next } = us.sprints;
    const unfinished = await us.sql`select task_id from public.tasks where sprint_id = ${sprint} and status not in ('Completed', 'Cancelled') order by 1`;
    await master.button(`${words.complete} …`).click();
    const dialog = master.page.getByRole("dialog");
    await dialog.getByText(words.leftOver(unfinished.length)).waitFor();
    assert.ok(await dialog.getByRole("radio", { name: "3차: 통계" }).isChecked(), "the next sprint isn't chosen");
    await dialog.getByRole("button", { name: words.complete, exact: true }).click();
    await master.text(words.completed(2, unfinished.length)).waitFor();
    await master.text(words.final).waitFor();
    await master.text(words.toSprint("3차: 통계")).waitFor();
    const carried = await us.sql`select task_id from public.tasks where sprint_id = ${next} and task_name <> '매출 통계' order by 1`;
    assert.deepEqual(carried, unfinished);

    await developer.tab("board");
    await developer.text(words.closedBoard).waitFor({ state: screen === "phone" ? "attached" : "visible" });
    await master.tab("project");
    await master.page.locator(".sprints li", { hasText: "3차: 통계" }).getByRole("button", { name: `${words.start} …` }).click();
    await dialog.getByRole("button", { name: words.start, exact: true }).click();
    await master.text(words.started("3차: 통계")).waitFor();
    await master.in("In Progress", us.id[soon]);
    await developer.page.getByRole("combobox", { name: words.sprint, exact: true }).selectOption(next);
    await developer.in("In Progress", us.id[soon]);
    const [{ status }] = await us.sql`select status from public.sprints where sprint_id = ${next}`;
    assert.equal(status, "Active");
  });

  part("all that without loading the page again, and without a fault", async () => {
    for (const room of [developer, master]) {
      assert.ok(await room.page.evaluate(() => window.loadedOnce), "the page was loaded again");
      assert.deepEqual(room.faults, []);
    }
  });
}

describe("a viewer", () => {
  it("looks on: nothing can be moved, posted or resolved, on the page or around it", async () => {
    const us = await team();
    const room = await openRoom(browser, { language: "en" });
    const { words } = room;
    try {
      await withPictures("viewer", { room }, async () => {
        const card = room.card(us.id["배송 조회 연동"]);
        await room.signIn(us.people.viewer);
        await room.text(words.readOnly).waitFor();
        await card.focus();
        await room.page.keyboard.press(" "); // opens it, as a button does
        await room.page.getByRole("dialog", { name: "배송 조회 연동" }).waitFor();
        assert.equal(await room.page.getByRole("group", { name: words.moveTo }).count(), 0);
        await room.page.keyboard.press("Escape");
        await room.drag(us.id["배송 조회 연동"], room.column("Completed"));
        await room.tab("scrum");
        await room.text(obstacle).waitFor();
        for (const name of [words.send, words.resolveLong(obstacle), `${words.complete} …`]) assert.equal(await room.button(name).count(), 0, name);

        const moved = await room.fetch("PATCH", `/rest/v1/tasks?task_id=eq.${us.id["배송 조회 연동"]}`, { status: "Completed" });
        assert.deepEqual(moved, { status: 200, body: [] });
        const [{ status }] = await us.sql`select status from public.tasks where task_id = ${us.id["배송 조회 연동"]}`;
        assert.equal(status, "In Progress");
        assert.deepEqual(room.faults, []);
      });
    } finally {
      await Promise.all([room.page.context().close(), us.end()]);
    }
  });
});
