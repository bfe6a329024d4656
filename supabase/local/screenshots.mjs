// Pictures of the sprint room in every state, to be looked at: `go tool task screenshots`. Each state is taken at
// two sizes in light and dark; light ones are Korean, dark ones English. The two of the README are made anew too.
// It needs a throw-away stack, whose demo data it changes.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { devices } from "playwright-core";
import postgres from "postgres";
import { launch } from "./browser.mjs";
import { repository } from "./settings.mjs";

const url = process.env.BFF_URL;
const sql = postgres(process.env.DATABASE_URL, { max: 1, onnotice() {} });
const folder = join(repository, ".local", "screenshots");
const [team, otherTeam] = ["5eed0006-0000-4000-8000-000000000004", "5eed0006-0000-4000-8000-000000000006"];
const closed = "5eed0006-0000-4000-8000-000000000003";

const sizes = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { ...devices["Pixel 7"], viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 },
};
const themes = { light: { colorScheme: "light", locale: "ko-KR" }, dark: { colorScheme: "dark", locale: "en-GB" } };

const ready = (page) => page.locator(".tile.state .value").waitFor();
const tab = async (page, name) => {
  await page.locator(`.tabs a[href="#${name}"]`).click();
  await page.locator(`.tabs a[href="#${name}"][aria-current]`).waitFor();
};
const painted = (page, count) =>
  page.waitForFunction(
    (n) => document.querySelectorAll(".picture img").length === n && [...document.images].every(({ complete }) => complete),
    count,
  );

async function signIn(page, email = "demo@mysingle.test", password = "mysingle-demo") {
  await page.locator("input[name=email]").fill(email);
  await page.locator("input[name=password]").fill(password);
  await page.keyboard.press("Enter");
}
const open = async (page, sprint, name, { email } = {}) => {
  await page.goto(`${url}/?sprint=${sprint}#${name}`);
  await signIn(page, email);
  await ready(page);
};
/** Answers of the API wait, as on a slow line. */
const hold = (page, path) => page.route(path, () => {});
const lose = (page) => page.route("**/{api,rest}/**", (route) => route.abort());

/** Every state: its name, and how a fresh browser gets there. What changes the data comes last. */
const states = {
  "signed-out": async (page) => page.goto(url),
  "sign-in-refused": async (page) => {
    await page.goto(url);
    await signIn(page, "demo@mysingle.test", "wrong password");
    await page.locator(".fault").waitFor();
  },
  "sign-in-code": async (page) => {
    await page.goto(url);
    await page.locator("button.link").click();
    await page.locator("input[name=email]").fill("demo@mysingle.test");
    await page.locator("button.first").click();
    await page.locator("input[name=token]").waitFor();
  },
  invited: async (page) => page.goto(`${url}/#invitation=an-invitation`),
  loading: async (page) => {
    await page.goto(url);
    await hold(page, "**/dashboard**");
    await signIn(page);
    await page.locator(".board .loading").first().waitFor();
  },
  unreachable: async (page) => {
    await lose(page);
    await page.goto(url);
    await page.locator(".empty").waitFor();
  },
  board: async (page) => open(page, team, "board"),
  "board-of-a-viewer": async (page) => open(page, otherTeam, "board", { email: "haeun@mysingle.test" }),
  "board-planned": async (page) => open(page, "5eed0006-0000-4000-8000-000000000005", "board"),
  "board-closed": async (page) => open(page, closed, "board"),
  "board-mine": async (page) => {
    await open(page, team, "board", { email: "jiwoo@mysingle.test" });
    await page.locator(".bar select").selectOption("me");
  },
  "card-by-keys": async (page) => {
    await open(page, team, "board");
    await page.locator('.column[data-status="Scheduled"] .card').first().press(" ");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    await page.locator('.column[data-status="In Progress"] .carried').waitFor();
  },
  "card-dragged": async (page, size) => {
    if (size === "phone") return false; // see the tests: a finger that rests
    await open(page, team, "board");
    const box = await page.locator('.column[data-status="Scheduled"] .card').first().boundingBox();
    const target = await page.locator('.column[data-status="In Review"] .card').first().boundingBox();
    await page.mouse.move(box.x + 40, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(target.x + 60, target.y + 90, { steps: 8 });
    await page.locator(".ghost").waitFor();
  },
  card: async (page) => {
    await open(page, team, "board");
    await page.locator('.column[data-status="Blocked"] .card').first().click();
    await page.locator("dialog .choices").waitFor();
  },
  "connection-lost": async (page) => {
    await open(page, team, "board");
    await lose(page);
    await page.locator('.column[data-status="In Progress"] .card').first().click();
    await page.locator("dialog .choices button").nth(3).click();
    await page.locator(".notice").waitFor();
    await page.locator(".pending").waitFor();
  },
  "session-ended": async (page) => {
    await open(page, team, "board");
    await page.context().clearCookies();
    await page.locator("dialog.again").waitFor();
  },
  "card-moved-by-others": async (page) => {
    await open(page, team, "board");
    await page.route("**/rest/v1/rpc/move_task", async (route) => {
      const { task_id: id } = route.request().postDataJSON();
      const [{ status }] = await sql`select status from tasks where task_id = ${id}`;
      await sql`update tasks set status = 'On Hold' where task_id = ${id}`;
      await route.continue();
      page.after = () => sql`update tasks set status = ${status} where task_id = ${id}`;
    });
    await page.locator('.column[data-status="In Progress"] .card').first().click();
    await page.locator("dialog .choices button").nth(3).click();
    await page.locator(".toast.bad").waitFor();
    await page.after();
  },
  "scrum-draft": async (page) => {
    await open(page, team, "scrum", { email: "jiwoo@mysingle.test" });
    await page.locator("textarea").first().waitFor();
  },
  progress: async (page) => {
    await open(page, team, "progress");
    await painted(page, 2);
  },
  "progress-in-points": async (page) => {
    await open(page, team, "progress");
    await page.locator(".switch button").nth(1).click();
    await painted(page, 2);
  },
  report: async (page) => {
    await open(page, closed, "report");
    await painted(page, 1);
  },
  "report-so-far": async (page) => {
    await open(page, team, "report");
    await painted(page, 1);
  },
  project: async (page) => {
    await open(page, team, "project");
    await painted(page, 2);
    await page.locator(".pictures .tile").nth(3).waitFor();
  },
  complete: async (page) => {
    await open(page, team, "board");
    await page.locator(".title button").click();
    await page.locator("dialog.complete").waitFor();
  },
  start: async (page) => {
    await open(page, otherTeam, "board", { email: "jiwoo@mysingle.test" });
    await page.locator(".title button").click();
    await page.locator("dialog.start").waitFor();
  },
  "no-project": async (page) => {
    await page.goto(url);
    const email = `${crypto.randomUUID()}@test.mysingle.test`;
    const response = await page.request.post(`${url}/api/v1/session/sign-up`, {
      data: { email, password: "mysingle-test-password", first_name: "민지", last_name: "한" },
      headers: { "X-MySingle": "1" },
    });
    if (!response.ok()) throw new Error(await response.text());
    await page.reload();
    await page.locator(".empty").waitFor();
  },
  "scrum-posted": async (page) => {
    await open(page, team, "scrum", { email: "jiwoo@mysingle.test" });
    await page.locator(".mine .first, .mine footer button").first().waitFor();
    if (await page.locator(".mine .first").isVisible()) await page.locator(".mine .first").click();
    await page.locator(".mine .update").waitFor();
    await page
      .locator(".toast")
      .waitFor({ timeout: 2000 })
      .catch(() => {});
  },
};

/** The README's, by state, size and theme. */
const readme = { "sprint-room": "board.desktop.light", "sprint-room-phone": "scrum-draft.phone.dark" };

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const browser = await launch();
const wanted = process.argv.slice(2);
const all = Object.entries(states).filter(([state]) => wanted.length === 0 || wanted.includes(state));
let done = 0;
try {
  for (const [state, go] of all) {
    for (const [size, device] of Object.entries(sizes)) {
      for (const [theme, reader] of Object.entries(themes)) {
        const context = await browser.newContext({ ...device, ...reader, timezoneId: "America/Los_Angeles" });
        const page = await context.newPage();
        if ((await go(page, size)) !== false) await picture(page, state, size, theme);
        await context.close();
      }
    }
    console.log(`${++done} of ${all.length}: ${state}`);
  }
} finally {
  await browser.close();
  await sql.end();
}
console.log(`The pictures are in ${folder}`);

async function picture(page, state, size, theme) {
  const name = `${state}.${size}.${theme}`;
  const animations = "disabled";
  await page.screenshot({
    path: join(folder, `${name}.png`),
    fullPage: state !== "card-dragged", // that one is where the mouse is
    animations,
  });
  for (const [file, of] of Object.entries(readme)) {
    if (of === name) await page.screenshot({ path: join(repository, ".github", `${file}.png`), animations });
  }
}
