// The sprint room in a browser, and what the tests do there, in the reader's words.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../settings.mjs";
import { until } from "../started-stack.mjs";
import { languages } from "./words.mjs";

const timeout = 90; // seconds for whatever is waited for: other tests run beside

export const screens = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

/** Opens the room, as somebody who isn't signed in yet in a context of its own, or in a tab beside another room's. */
export async function openRoom(browser, { bff = process.env.BFF_URL, at = "/", language = "ko", screen = "desktop", context } = {}) {
  context ??= await browser.newContext({ ...screens[screen], baseURL: bff, locale: { ko: "ko-KR", en: "en-GB" }[language], reducedMotion: "reduce" });
  context.setDefaultTimeout(timeout * 1000);
  const room = new Room(await context.newPage(), language);
  await room.watch(new URL(bff).origin);
  await room.page.goto(at);
  return room;
}

/** A page as its reader sees it. */
class Room {
  faults = []; // what must not happen on any page: see watch()
  notes = []; // the browser's own, of answers that aren't 2xx

  constructor(page, language) {
    Object.assign(this, { page, words: languages[language] });
  }

  /** Notes what goes wrong unseen: errors, what the page's policy forbids, and requests to anybody but the BFF. */
  async watch(origin) {
    const { page, faults, notes } = this;
    page.on("pageerror", ({ name, message, stack }) => faults.push(`${name}: ${message} ${stack}`));
    page.on("console", (message) => {
      if (!["error", "warning"].includes(message.type())) return;
      if (message.text().startsWith("Failed to load resource")) notes.push({ text: message.text(), path: new URL(message.location().url).pathname });
      else faults.push(message.text());
    });
    page.on("request", (request) => new URL(request.url()).origin !== origin && faults.push(`asked ${request.url()}`));
    await page.addInitScript(() => {
      addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => console.error(`${violatedDirective} forbids ${blockedURI}`));
    });
  }

  /** Signs in, on the page or on the dialog above it. */
  async signIn({ email, password }) {
    const form = this.page.locator("form.sign-in").last();
    await form.getByLabel(this.words.email, { exact: true }).fill(email);
    await form.getByLabel(this.words.password, { exact: true }).fill(password);
    await form.getByRole("button", { name: this.words.signIn, exact: true }).click();
    await form.waitFor({ state: "detached" });
  }

  /** Shows one of the tabs: board, scrum, progress, report or project. */
  async tab(name) {
    await this.page.locator(`nav.tabs a[href="#${name}"]`).click();
    await this.page.locator(`nav.tabs a[href="#${name}"][aria-current="page"]`).waitFor();
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  text(text, options) {
    return this.page.getByText(text, options);
  }

  card(id) {
    return this.page.locator(`[data-task="${id}"] button`);
  }

  column(status) {
    return this.page.locator(`.column[data-status="${status}"]`);
  }

  /** The keys of a column's cards, in their order. */
  cards(status) {
    return this.column(status).locator("[data-task]").evaluateAll((cards) => cards.map(({ dataset }) => dataset.task));
  }

  /** Waits until a card is in a column, and no move of it is on its way. */
  in(status, id) {
    return this.column(status).locator(`[data-task="${id}"] button:not(.pending, .carried)`).waitFor();
  }

  /** Moves a card to a column on its own page. */
  async choose(id, status) {
    await this.card(id).click();
    await this.page.getByRole("group", { name: this.words.moveTo }).getByRole("button", { name: this.words.statuses[status], exact: true }).click();
  }

  /** Drags a card with the mouse to the place of another one. */
  async drag(id, to) {
    const middle = async (locator) => {
      await locator.scrollIntoViewIfNeeded();
      const { x, y, width, height } = await locator.boundingBox();
      return [x + width / 2, y + height / 2];
    };
    await this.page.mouse.move(...(await middle(this.card(id))));
    await this.page.mouse.down();
    const [x, y] = await middle(to);
    await this.page.mouse.move(x, y, { steps: 8 });
    await this.page.mouse.up();
  }

  /** Rests a finger on a card until it comes along, and takes it to a column, which may have to scroll into view. */
  async carry(id, status) {
    const touch = await this.page.context().newCDPSession(this.page);
    const send = (type, ...touchPoints) => touch.send("Input.dispatchTouchEvent", { type, touchPoints });
    const card = this.card(id);
    await card.scrollIntoViewIfNeeded();
    const { x, y, width } = await card.boundingBox();
    const from = { x: x + width / 2, y: y + 20 };
    await send("touchStart", from);
    await this.page.locator(".ghost").waitFor();
    const right = this.page.viewportSize().width - 10;
    for (const part of [0.3, 0.6, 1]) await send("touchMove", { x: from.x + (right - from.x) * part, y: from.y });
    await until(`${status} under the finger`, async () => {
      const { x, width } = await this.column(status).boundingBox();
      const middle = x + width / 2;
      const there = middle > 80 && middle < right - 80;
      await send("touchMove", { x: there ? middle : middle > 80 ? right : 10, y: from.y }); // at an edge the board scrolls
      return there && this.page.locator(`.column.target[data-status="${status}"]`).isVisible();
    }, timeout);
    await send("touchEnd");
    await touch.detach();
  }

  /** What has the focus says so. */
  focused() {
    return this.page.evaluate(() => document.activeElement.textContent.trim());
  }

  /** Sends a request from the page's own console, as its reader could. */
  fetch(method, path, body) {
    return this.page.evaluate(async ([method, path, body]) => {
      const response = await fetch(path, { method, body: body && JSON.stringify(body), headers: { "Content-Type": "application/json", Prefer: "return=representation" } });
      return { status: response.status, body: await response.json() };
    }, [method, path, body]);
  }
}

/** Does a part of a test; when it fails, pictures of the rooms are kept in .local/room. */
export async function withPictures(name, rooms, work) {
  try {
    await work();
  } catch (error) {
    const folder = join(repository, ".local", "room");
    mkdirSync(folder, { recursive: true });
    const kept = await Promise.all(Object.entries(rooms).map(async ([who, { page }]) => {
      const path = join(folder, `${name} ${who}.png`.replace(/[^\p{L}\d.]+/gu, "-"));
      return page.screenshot({ path }).then(() => path, () => "");
    }));
    error.message += `\nSee ${kept.join(", ")}`;
    throw error;
  }
}
