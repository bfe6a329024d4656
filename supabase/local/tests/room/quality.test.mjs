// What holds in every state of the page: everybody can read and use it, nothing jumps, it is small, and it asks
// nobody but the BFF, and that no more than it has to.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import axe from "axe-core";
import { launch } from "../../browser.mjs";
import { until } from "../started-stack.mjs";
import { endSessions, newcomer, obstacle, team } from "./people.mjs";
import { openRoom, withPictures } from "./room.mjs";

const tabs = ["board", "scrum", "progress", "report", "project"];

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** A test with a room and a team of its own. */
const inRoom = (name, options, work) => it(name, async (test) => {
  const [room, us] = await Promise.all([openRoom(browser, options), team()]);
  try {
    await withPictures(`quality ${name}`, { room }, () => work(room, us, test));
    assert.deepEqual(room.faults, []);
  } finally {
    await Promise.all([room.page.context().close(), us.end()]);
  }
});

describe("the sprint room", { concurrency: 3 }, () => {
  for (const [screen, language] of [["desktop", "ko"], ["phone", "en"]]) {
    inRoom(`has nothing that axe-core objects to, in any state, light or dark: ${screen}`, { screen, language }, async (room, us) => {
      const { page, words } = room;
      const dialog = page.getByRole("dialog");
      const found = new Map(); // and where first

      const holds = async (state) => {
        if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
        for (const [colorScheme, rules] of [["light"], ["dark", ["color-contrast"]]]) { // all that differs
          await page.emulateMedia({ colorScheme });
          const { violations } = await page.evaluate((runOnly) => window.axe.run(document, { resultTypes: ["violations"], runOnly }), rules);
          for (const { id, nodes } of violations) {
            for (const { html } of nodes) if (!found.has(`${id}: ${html}`)) found.set(`${id}: ${html}`, `${state}, ${colorScheme}`);
          }
        }
      };
      await page.locator("form.sign-in").waitFor();
      await holds("signed out");
      await room.button(words.withCode).click();
      await holds("sign-in with a code");
      await room.button(words.withPassword).click();
      await page.getByLabel(words.email).fill(us.people.developer.email);
      await page.getByLabel(words.password, { exact: true }).fill("wrong password");
      await room.button(words.signIn).click();
      await page.getByRole("alert").waitFor();
      await holds("wrong password");

      let answer;
      const answered = new Promise((resolve) => (answer = resolve));
      await page.route("**/dashboard?*", (route) => answered.then(() => route.continue()));
      await room.signIn(us.people.developer);
      await page.locator("main[aria-busy=true]").waitFor();
      await holds("loading");
      answer();
      await room.in("In Progress", us.id["배송 조회 연동"]);
      await holds("board");
      await room.card(us.id["배송 조회 연동"]).focus();
      await page.keyboard.press(" ");
      await holds("card in hand");
      await page.keyboard.press("Escape");
      await room.card(us.id["배송 조회 연동"]).click();
      await dialog.getByText(words.noDescription).waitFor();
      await holds("card");
      await page.keyboard.press("Escape");

      await room.tab("scrum");
      await page.getByLabel(words.obstacleNew).fill("방화벽");
      await page.getByLabel(words.obstacleNew).press("Enter");
      await holds("scrum");
      await room.button(words.send).click();
      await room.button(words.edit).waitFor();
      await holds("posted scrum");
      await room.button(words.resolveLong("방화벽")).click();
      await room.button(words.undo).waitFor();
      await holds("toast");

      for (const tab of ["progress", "project"]) {
        await room.tab(tab);
        await settled(page);
        await holds(tab);
      }
      await room.tab("report");
      await room.text(words.soFar).waitFor();
      await settled(page);
      await holds("report");
      await page.goto(`/?sprint=${us.sprints.first}`);
      await room.text(words.final).waitFor();
      await settled(page);
      await holds("final report");
      await page.goto(`/?sprint=${us.sprints.next}`);
      await room.text("매출 통계").waitFor();
      await holds("planned sprint");

      await page.goto(`/?sprint=${us.sprints.sprint}`);
      await room.in("In Progress", us.id["배송 조회 연동"]);
      await page.route("**/{api,rest}/**", (route) => route.abort());
      await room.choose(us.id["배송 조회 연동"], "Completed");
      await room.text(words.pending(1)).waitFor();
      await holds("connection lost");
      page.once("dialog", (question) => question.accept()); // whether to leave what hasn't been sent
      await page.reload();
      await room.text(words.unreachable, { exact: true }).waitFor();
      await holds("unreachable");
      await page.unroute("**/{api,rest}/**");
      await room.in("In Progress", us.id["배송 조회 연동"]);

      await endSessions(us.people.developer);
      await dialog.getByText(words.againLong).waitFor();
      await holds("session ended");
      await dialog.getByRole("button", { name: words.signOut }).click();
      await room.signIn(us.people.master);
      await room.button(`${words.complete} …`).click();
      await holds("completing");
      await page.keyboard.press("Escape");
      await room.tab("scrum");
      await room.text(obstacle).waitFor();
      await room.button(words.signOut).click();
      await room.signIn(await newcomer());
      await room.text(words.noProject).waitFor();
      await holds("no project");
      assert.deepEqual([...found], []);
    });

    inRoom(`doesn't jump while it loads: ${screen}`, { screen, language }, async (room, us, test) => {
      const { page } = room;
      await page.addInitScript(() => {
        window.shifts = [];
        new PerformanceObserver((list) => {
          for (const { value, hadRecentInput, sources } of list.getEntries()) {
            if (!hadRecentInput) window.shifts.push({ value, what: sources.map(({ node }) => node?.outerHTML?.slice(0, 100)) });
          }
        }).observe({ type: "layout-shift", buffered: true });
      });
      await signIn(room, us);
      for (const tab of tabs) {
        await page.goto("about:blank"); // so that it loads, and doesn't only show another tab
        await page.goto(`/?sprint=${us.sprints.sprint}#${tab}`, { waitUntil: "networkidle" });
        await settled(page);
        const shifts = await page.evaluate(() => window.shifts);
        const sum = shifts.reduce((sum, { value }) => sum + value, 0);
        test.diagnostic(`${screen} ${tab}: ${sum.toFixed(4)}`);
        assert.ok(sum < 0.02, `${tab} shifts by ${sum}, want less than 0.02: ${JSON.stringify(shifts)}`);
      }
    });
  }

  inRoom("is small, and asks nobody but the BFF on a whole visit", { at: "about:blank", language: "en" }, async (room, us, test) => {
    const { page, words } = room;
    const network = await page.context().newCDPSession(page);
    const [asked, sizes] = [new Map(), new Map()]; // paths and bytes by request
    network.on("Network.requestWillBeSent", ({ requestId, request }) => asked.set(requestId, new URL(request.url).pathname));
    network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => sizes.set(requestId, encodedDataLength));
    // Chromium asks for the icon a second time where it has no time for the first, and cancels one of the two.
    network.on("Network.loadingFailed", ({ requestId, canceled }) => canceled && sizes.set(requestId, 0));
    await network.send("Network.enable");
    await page.goto("/");
    await page.locator("form.sign-in").waitFor();
    await page.waitForLoadState("networkidle");
    await until("every request has ended", () => [...asked.keys()].every((id) => sizes.has(id)), 90);
    const files = [...asked].map(([id, path]) => [path, sizes.get(id)]).filter(([path]) => !path.startsWith("/api/"));
    const total = files.reduce((sum, [, size]) => sum + size, 0);
    test.diagnostic(`first load: ${total} bytes in ${files.length} files`);
    assert.ok(total <= 100_000, `${total} bytes, want at most 100,000: ${JSON.stringify(files)}`);
    assert.ok(files.length > 10, `${files.length} files, want more than 10: ${JSON.stringify(files)}`);

    await room.signIn(us.people.master);
    await page.locator(".board").waitFor();
    for (const tab of tabs) {
      await room.tab(tab);
      await settled(page);
    }
    await room.button(words.language).click();
    await settled(page);
    assert.deepEqual(room.notes.map(({ text, path }) => [text.match(/status of (\d+)/)?.[1], path]), [["401", "/api/v1/session"]]);
  });

  inRoom("asks once in a while, and is told that nothing has changed", {}, async (room, us) => {
    const { page } = room;
    await signIn(room, us);
    const asked = [];
    page.on("request", (request) => asked.push(request));
    // Ages are shown in minutes: what is shown is new with each, by the database's clock.
    const minute = async () => (await us.sql`select date_trunc('minute', clock_timestamp())::text as minute`)[0].minute;
    await until("four looks within a minute", async () => {
      const before = await minute();
      await page.reload();
      await settled(page);
      asked.length = 0;
      await until("four looks", () => asked.length >= 4, 300);
      await asked[3].response();
      return (await minute()) === before;
    }, 600);
    const looks = asked.slice(0, 4);
    const answers = await Promise.all(looks.map(async (request) => `${(await request.response()).status()} ${new URL(request.url()).pathname}`));
    assert.deepEqual(answers, Array(4).fill(`304 /api/v1/sprints/${us.sprints.sprint}/dashboard`));
    const began = looks.map((request) => request.timing().startTime); // as the browser measures it
    const gaps = began.slice(1).map((at, i) => Math.round(at - began[i]));
    assert.ok(gaps.every((gap) => gap > 4_900), `the looks are ${gaps} ms apart, want 5 s`);
  });
});

/** Signs in the developer, and waits for the board. */
async function signIn(room, us) {
  await room.signIn(us.people.developer);
  await room.in("In Progress", us.id["배송 조회 연동"]);
}

/** Waits until everything is there that was asked for. */
const settled = (page) => page.waitForFunction(() => document.querySelector("main") && !document.querySelector(".loading") && [...document.images].every(({ complete }) => complete));
