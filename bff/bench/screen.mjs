// One screen of a web app in a real browser, with the BFF and without it, each as a good developer would write it.
// screen.go starts this with what to measure as JSON, and reads what came of it as JSON.
//
// The screen says who is signed in and shows a sprint: its six figures. Times are from the page's first request to
// the last figure as an object in JavaScript; the page, its scripts and its Supabase client are there before.
//
// Without the BFF the page is of an origin of its own and asks Supabase by supabase-js, with its session in
// localStorage. Where it knows the project alone (the start of an app) it asks for the user and the running sprint
// at once, then for the six figures at once. Where it knows the sprint (a link) it asks for everything at once.
// With the BFF the page is of the BFF's origin and has the session's cookie. It asks for the user and the dashboard at
// once: the sprint's, or the project's, which is that of its running sprint.
//
// Both sides go through the same gateway, and the page's own network is the same. A first visit has no connection
// but the page's own, and no preflight in the browser's memory; again, both are there.

import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { NODE_MODULES, SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY } = process.env;
const { launch } = await import(pathToFileURL(join(NODE_MODULES, "..", "browser.mjs")));
const { sides, people, rounds, times, until } = JSON.parse(process.argv[2]);
// Go's zero time is none. What comes after that time is left out; screen.go says so.
const timeIsUsed = () => new Date(until).getUTCFullYear() > 1 && Date.now() > new Date(until);

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/** Signs in at the gateway or, for the cookie, at the BFF. */
async function signIn(address, { email, password }) {
  const response = await fetch(address, {
    method: "POST", body: JSON.stringify({ email, password }),
    headers: { "Content-Type": "application/json", apikey: SUPABASE_PUBLISHABLE_KEY, "X-MySingle": "1" },
  });
  if (!response.ok) throw new Error(`${address} answered ${response.status}: ${await response.text()}`);
  return response;
}

const library = readFileSync(join(NODE_MODULES, "@supabase/supabase-js/dist/umd/supabase.js"));
const pages = createServer(({ url }, response) => {
  const script = url === "/supabase.js";
  response.writeHead(200, { "content-type": script ? "text/javascript" : "text/html" });
  response.end(script ? library : `<!doctype html><link rel="icon" href="data:,"><script src="/supabase.js"></script>`);
});
await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve));

/** The two ways: what a page's context begins with, where the page is, and what it does, in the browser. */
const ways = {
  supabase: {
    async context(person) {
      const session = await (await signIn(`${SUPABASE_URL}/auth/v1/token?grant_type=password`, person)).json();
      const origin = `http://127.0.0.1:${pages.address().port}`;
      return { storageState: { origins: [{ origin, localStorage: [{ name: "session", value: JSON.stringify(session) }] }] } };
    },
    page: () => `http://127.0.0.1:${pages.address().port}/`,
    async open(page, { supabase }) {
      await page.evaluate(async ([address, key]) => {
        const client = globalThis.supabase.createClient(address, key, { auth: { storageKey: "session" } });
        await client.auth.getSession(); // the session from localStorage
        const must = async (call) => {
          const { data, error } = await call;
          if (error) throw error;
          return data;
        };
        const figures = (sprint_id) =>
          ["sprint_board", "sprint_burndown", "sprint_flow", "sprint_workload", "scrum_of_day", "sprint_report"].map((name) => must(client.rpc(name, { sprint_id })));
        globalThis.ask = {
          async project(id) {
            const [, sprint] = await Promise.all([
              must(client.auth.getUser()),
              must(client.from("sprints").select("sprint_id").eq("project_id", id).eq("status", "Active").single()),
            ]);
            return Promise.all(figures(sprint.sprint_id));
          },
          sprint: async (id) => (await Promise.all([must(client.auth.getUser()), ...figures(id)])).slice(1),
        };
      }, [supabase, SUPABASE_PUBLISHABLE_KEY]);
    },
  },
  bff: {
    async context(person, { bff }) {
      const cookie = (await signIn(`${bff}/api/v1/session`, person)).headers.getSetCookie()[0];
      const [, name, value] = cookie.match(/^([^=]+)=([^;]+)/);
      return { bypassCSP: true, storageState: { cookies: [{ name, value, domain: "127.0.0.1", path: "/", expires: -1, httpOnly: true, secure: false, sameSite: "Strict" }] } };
    },
    page: ({ bff }) => `${bff}/livez`, // an empty page of the BFF's origin
    async open(page) {
      await page.evaluate(() => {
        const get = async (path) => {
          const response = await fetch(path, { cache: "no-store" });
          if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
          return response.json();
        };
        const screen = async (path) => {
          const [{ board, burndown, flow, workload, scrum, report }] = await Promise.all([get(path), get("/api/v1/session")]);
          return [board, burndown, flow, workload, scrum, report];
        };
        globalThis.ask = {
          project: (id) => screen(`/api/v1/projects/${id}/dashboard`),
          sprint: (id) => screen(`/api/v1/sprints/${id}/dashboard`),
        };
      });
    },
  },
};

/** Asks in the page, and returns after how many milliseconds the answer was there. */
const time = async (page, what, id, check) => {
  const { took, answer } = await page.evaluate(async ([what, id]) => {
    const began = performance.now();
    const answer = await globalThis.ask[what](id);
    return { took: performance.now() - began, answer: answer.map((figure) => figure?.scope?.visible_tasks) };
  }, [what, id]);
  if (!check(answer)) throw new Error(`${page.url()} ${what}: ${JSON.stringify(answer)}`);
  return took;
};

const browser = await launch().catch((error) => {
  console.error(error.message.split("\n", 1)[0]);
  process.exit(3); // noBrowser in screen.go
});

/** A visit to the page in a browser that knows nothing yet, and then again to the same page, several times. */
async function visit(name, side, person, start) {
  const way = ways[name];
  const context = await browser.newContext(person.contexts[name]);
  try {
    const page = await context.newPage();
    await page.goto(way.page(side));
    await way.open(page, side);
    const all = (answer) => answer.length === 6 && answer.every((tasks) => tasks === person.tasks);
    const first = await time(page, start, person[start], all);
    const again = [];
    for (let i = 0; i < times; i++) again.push(await time(page, start, person[start], all));
    return { first, again: median(again) };
  } finally {
    await context.close();
  }
}

const told = [];
for (const person of people) {
  for (const side of sides) {
    person.contexts = {};
    for (const name of ["bff", "supabase"]) person.contexts[name] = await ways[name].context(person, side);
    for (const start of ["project", "sprint"]) {
      if (timeIsUsed()) continue;
      for (let round = 0; round < rounds; round++) {
        const order = round % 2 ? ["bff", "supabase"] : ["supabase", "bff"];
        const visits = { bff: [], supabase: [] };
        for (let i = 0; i < times; i++) for (const name of order) visits[name].push(await visit(name, side, person, start));
        for (const name of order) {
          const middle = Object.fromEntries(Object.keys(visits[name][0]).map((what) => [what, median(visits[name].map((measured) => measured[what]))]));
          told.push({ tasks: person.tasks, delay: side.delay, start, name, ...middle });
        }
      }
    }
  }
}
await browser.close();
pages.close();
console.log(JSON.stringify(told));
