// Whose page it is: what one person sees and writes is never shown or sent for another one who uses the same browser.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch } from "../../browser.mjs";
import { endSessions, team } from "./people.mjs";
import { openRoom, withPictures } from "./room.mjs";

describe("a session", { concurrency: 3 }, () => {
  let browser, us;
  // Pages that are left are kept, as browsers do unless they are driven.
  before(async () => ([browser, us] = await Promise.all([launch({ ignoreDefaultArgs: ["--disable-back-forward-cache"] }), team()])));
  after(() => Promise.all([browser?.close(), us?.end()]));

  /** A test with a room in which nobody is signed in yet. */
  const session = (name, work, options) => it(name, async () => {
    const room = await openRoom(browser, { language: "en", ...options });
    try {
      await withPictures(`session ${name}`, { room }, () => work(room));
      assert.deepEqual(room.faults, []);
    } finally {
      await room.page.context().close();
    }
  });

  session("of somebody else in another tab leaves nothing of the first one's to be sent", async (room) => {
    const { developer, colleague } = us.people;
    await room.signIn(developer);
    await room.tab("scrum");
    await room.page.getByLabel(room.words.todayLabel, { exact: true }).fill("of the developer");
    const other = await openRoom(browser, { language: "en", context: room.page.context() });
    await other.button(other.words.signOut).click();
    await room.page.getByRole("dialog", { name: room.words.again }).waitFor();
    await other.page.locator("form.sign-in").waitFor();
    await other.signIn(colleague);
    await other.page.locator(".me", { hasText: "Emily Carter" }).waitFor();
    await room.page.locator(".me", { hasText: "Emily Carter" }).waitFor();
    await room.tab("scrum");
    assert.doesNotMatch(await room.page.locator("body").textContent(), /of the developer/);
    const posted = await us.sql`select from public.daily_scrum_updates where profile_id in (${developer.id}, ${colleague.id}) and created_at > now() - interval '1 hour'`;
    assert.equal(posted.length, 0);
  });

  session("that ends can't be waved away, and goes on in every tab at once", async (room) => {
    const { viewer } = us.people; // nobody else here
    await room.signIn(viewer);
    const other = await openRoom(browser, { language: "en", context: room.page.context() });
    await other.page.locator(".tile.state .value").waitFor();
    await endSessions(viewer);
    const again = ({ page, words }) => page.getByRole("dialog", { name: words.again });
    await Promise.all([room, other].map((each) => again(each).waitFor()));
    for (let i = 0; i < 4; i++) await room.page.keyboard.press("Escape");
    await again(room).waitFor();
    await other.signIn(viewer);
    await again(room).waitFor({ state: "detached" });
    await room.page.locator(".connection:not(.lost)").waitFor();
  });

  session("that has ended shows nothing when one goes back", async (room) => {
    await room.signIn(us.people.master);
    await room.page.locator(".tile.state .value").waitFor();
    await room.button(room.words.signOut).click();
    await room.page.locator("form.sign-in").waitFor();
    await room.page.goBack().catch(() => null);
    await room.page.locator("form.sign-in").waitFor();
    assert.equal(await room.page.locator("[data-task], .me").count(), 0);
    assert.equal(await room.page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage })), "{}");
  });

  session("keeps what is typed at the door when the page's language or colours change", async (room) => {
    const email = room.page.getByLabel(room.words.email, { exact: true });
    await email.fill("somebody@example.test");
    await room.page.getByLabel(room.words.password, { exact: true }).fill("typed already");
    await room.page.getByRole("combobox").selectOption("dark");
    await room.page.getByRole("button", { name: "한국어" }).click();
    await room.page.getByRole("heading", { name: "로그인" }).waitFor();
    assert.equal(await room.page.locator("input[name=email]").inputValue(), "somebody@example.test");
    assert.equal(await room.page.locator("input[name=password]").inputValue(), "typed already");
    assert.equal(await room.page.locator("input[name=password]").getAttribute("type"), "password");
  });

  it("begins by an invitation's link, and by nobody's link without being asked", async () => {
    const [{ token }] = await us.as("owner", (tx) => tx`select token from public.create_invitation(${`new-${Date.now()}@room.test`})`);
    const room = await openRoom(browser, { language: "en", at: `/#invitation=${token}` });
    const { words, page } = room;
    try {
      await withPictures("session invited", { room }, async () => {
        await page.getByRole("heading", { name: words.invited }).waitFor();
        assert.equal(new URL(page.url()).hash, "");
        await page.getByLabel(words.lastName).fill("한");
        await page.getByLabel(words.firstName).fill("민지");
        const [{ email }] = await us.sql`select email from public.invitations where accepted_at is null and org_id = (select org_id from public.projects where project_id = ${us.project}) order by created_at desc limit 1`;
        await page.getByLabel(words.email, { exact: true }).fill(email);
        await page.getByLabel(words.newPassword).fill(us.people.owner.password);
        await room.button(words.join).click();
        await page.getByRole("heading", { name: words.noProject }).waitFor();
        await page.locator(".me", { hasText: "한민지" }).waitFor();
        await page.goto("/?type=email&token_hash=abc");
        await page.getByText(words.byLinkLong).waitFor();
        await room.button(words.goOn).click();
        await page.locator(".fault").waitFor();
        await page.goto("/");
        await page.locator(".me", { hasText: "한민지" }).waitFor(); // still who they were
      });
    } finally {
      await page.context().close();
    }
  });
});
