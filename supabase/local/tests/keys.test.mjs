// An attack by keys: somebody of another organization knows the keys of rows that were deleted, and inserts rows of
// their own with them, for every table whose key a client may choose. Nothing of the first rows may appear to them.
// Alone, against a throw-away stack: go tool task test:one -- 'keys of deleted rows'

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { createClient } from "@supabase/supabase-js";
import WebSocket from "ws";
import { keepSecret } from "./secrets.mjs";

const { SUPABASE_URL, BFF_URL, SUPABASE_PUBLISHABLE_KEY, SUPABASE_SECRET_KEY } = process.env;
if (!SUPABASE_URL || !SUPABASE_SECRET_KEY) throw new Error("SUPABASE_URL and SUPABASE_SECRET_KEY are not set; start with: go tool task test");

const password = "correct horse battery";
keepSecret(password);
const secret = `Secret ${randomUUID()}`;

const connect = (key) => createClient(SUPABASE_URL, key, {
  auth: { persistSession: false, autoRefreshToken: false },
  realtime: { transport: WebSocket },
});
const service = connect(SUPABASE_SECRET_KEY);

/** The n-th day from now on, by the database's clock. */
const dayOf = (now, n) => new Intl.DateTimeFormat("sv", { timeZone: "Asia/Seoul" }).format(Date.parse(now) + n * 86_400_000);

async function must(call) {
  const { data, error } = await call;
  assert.ifError(error);
  return data;
}

/** An owner of a new organization, with a project whose sprint runs, and its scrum of today. */
async function team(organization) {
  const client = connect(SUPABASE_PUBLISHABLE_KEY);
  const email = `${randomUUID()}@client.test`;
  const { data, error } = await client.auth.signUp({ email, password, options: { data: { org_name: organization } } });
  assert.ifError(error);
  const id = data.user.id;
  const { org_id } = await must(client.from("profiles").select("org_id").eq("profile_id", id).single());
  await must(client.from("organizations").update({ working_days: [1, 2, 3, 4, 5, 6, 7] }).eq("org_id", org_id));
  const project = await must(client.from("projects").insert({ project_name: organization }).select().single());
  const day = (n) => dayOf(project.created_at, n);
  const sprint = await must(client.from("sprints").insert({
    project_id: project.project_id, sprint_name: organization, start_date: day(-1), end_date: day(10),
  }).select().single());
  await must(client.rpc("start_sprint", { sprint_id: sprint.sprint_id }));
  const [scrum] = await must(client.rpc("open_daily_scrums"));
  const account = await must(client.from("accounts").insert({ account_name: organization }).select().single());
  return { client, id, token: data.session.access_token, project, sprint, scrum, account, day };
}

/** A row of each table with a key, as a team makes it. */
const rows = {
  accounts: (key) => ({ account_id: key, account_name: secret }),
  calendar_feeds: (key) => ({ feed_id: key, feed_name: secret }),
  daily_scrum_updates: (key, { scrum }) => ({ update_id: key, daily_scrum_id: scrum.daily_scrum_id, today_work: secret }),
  days_off: (key) => ({ day_off_id: key, from_date: "2031-03-03", to_date: "2031-03-04" }),
  impediments: (key, { sprint }) => ({ impediment_id: key, sprint_id: sprint.sprint_id, description: secret }),
  notification_channels: (key) => ({ channel_id: key, channel_name: secret, kind: "slack", target: "https://hooks.example.test/x" }),
  opportunities: (key, { account }) => ({ opportunity_id: key, opportunity_name: secret, account_id: account.account_id }),
  projects: (key) => ({ project_id: key, project_name: secret }),
  sprints: (key, { project, day }) => ({
    sprint_id: key, project_id: project.project_id, sprint_name: secret, start_date: day(30), end_date: day(40),
  }),
  tasks: (key, { project, sprint }) => ({
    task_id: key, project_id: project.project_id, sprint_id: sprint.sprint_id, task_name: secret, story_points: 5,
  }),
  // Last: the updates need the scrum that is open until then. There is one a day, so that it makes way for this one.
  daily_scrums: (key, { sprint, day }) => ({ daily_scrum_id: key, sprint_id: sprint.sprint_id, scrum_date: day(0), summary: secret }),
};
const keyOf = (row) => Object.keys(row)[0];

describe("keys of deleted rows", () => {
  let victim, attacker;
  const keys = {};

  const closeScrum = ({ client, sprint }) => must(client.from("daily_scrums").delete().eq("sprint_id", sprint.sprint_id));

  before(async () => {
    [victim, attacker] = await Promise.all([team("Victim"), team("Attacker")]);
    for (const [table, make] of Object.entries(rows)) {
      const key = keys[table] = randomUUID();
      if (table === "daily_scrums") await closeScrum(victim);
      const row = make(key, victim);
      await must(victim.client.from(table).insert(row));
      if (table === "sprints") { // what the attack is about: a task that was in it
        await must(victim.client.from("tasks").insert({
          project_id: victim.project.project_id, sprint_id: key, task_name: secret, story_points: 8, assigned_to: victim.id,
        }));
      }
      const { data } = await deleteRow(table === "impediments" ? service : victim.client, table, keyOf(row), key);
      assert.equal(data.length, 1, `${table}: the row is deleted`);
    }
    [victim.scrum] = await must(victim.client.rpc("open_daily_scrums"));
  });
  after(() => Promise.all([victim, attacker].filter(Boolean).map(({ client }) => client.rpc("delete_my_account"))));

  async function deleteRow(client, table, column, key) {
    const answer = await client.from(table).delete().eq(column, key).select(column);
    assert.ifError(answer.error);
    return answer;
  }

  it("are all keys that a client may choose", async () => {
    const { definitions } = await (await fetch(`${SUPABASE_URL}/rest/v1/`, {
      headers: { apikey: SUPABASE_PUBLISHABLE_KEY, Authorization: `Bearer ${victim.token}` },
    })).json();
    const chosen = Object.entries(definitions)
      .filter(([, { properties }]) => Object.values(properties).some(({ description = "", format, default: made }) =>
        description.includes("<pk/>") && format === "uuid" && made === "gen_random_uuid()"))
      .map(([table]) => table);
    // These have no key that a client may insert: functions and triggers make their rows.
    const made = ["organizations", "invitations", "notification_log", "sprint_snapshots"];
    assert.deepEqual(chosen.filter((table) => !made.includes(table)).sort(), Object.keys(rows).sort());
  });

  for (const [table, make] of Object.entries(rows)) {
    it(`can't be used again: ${table}`, async () => {
      for (const [who, name] of [[attacker, "another organization"], [victim, "the same one"]]) {
        if (table === "daily_scrums") await closeScrum(who);
        const { error, status } = await who.client.from(table).insert(make(keys[table], who));
        assert.equal(status, 409, `${name}: ${error?.message ?? "done"}`);
        assert.match(error.message, /was used by a row that has been deleted/, name);
      }
      const { status } = await attacker.client.from(table).upsert(make(keys[table], attacker));
      assert.notEqual(Math.floor(status / 100), 2, "as an upsert");
    });
  }

  it("show nothing of the first rows to somebody else", async () => {
    const { client, token, project, sprint } = attacker;
    const tables = ["accounts", "calendar_feeds", "daily_scrum_tasks", "daily_scrum_updates", "daily_scrums", "days_off", "deleted_rows",
      "impediments", "invitations", "notification_log", "opportunities", "opportunity_stage_events", "organizations", "org_holidays",
      "profiles", "project_members", "projects", "sprint_snapshots", "sprints", "task_events", "tasks"];
    const seen = {};
    for (const table of tables) seen[table] = await must(client.from(table).select());
    const get = async (path) => seen[path] = await (await fetch(`${BFF_URL}/api/v1/${path}`, { headers: { Authorization: `Bearer ${token}` } })).text();
    for (const view of ["board", "burndown", "flow", "report", "workload", "scrum", "dashboard", "burndown.svg"]) await get(`sprints/${sprint.sprint_id}/${view}`);
    for (const view of ["velocity", "impediments", "participation", "dashboard"]) await get(`projects/${project.project_id}/${view}`);
    await get("me/scrum");
    for (const key of [keys.sprints, keys.tasks]) { // by the key itself
      for (const view of ["board", "report", "flow"]) await get(`sprints/${key}/${view}`);
    }
    await must(client.rpc("complete_sprint", { sprint_id: sprint.sprint_id }));
    seen.snapshots = await must(client.from("sprint_snapshots").select());
    const text = JSON.stringify(seen);
    assert.ok(seen.snapshots.length > 0 && text.includes("Attacker"), "there is something to look through");
    for (const [name, value] of [["the secret", secret], ["the victim", victim.id], ["the victim's name", "Victim"]]) {
      const where = Object.keys(seen).filter((part) => JSON.stringify(seen[part]).includes(value));
      assert.deepEqual(where, [], `${name} appears`);
    }
    // A key that isn't theirs is told by no row; the paths that the test asked for itself repeat it.
    for (const key of Object.values(keys)) {
      const where = Object.keys(seen).filter((part) => !part.includes(key) && JSON.stringify(seen[part]).includes(key));
      assert.deepEqual(where, [], "a deleted key appears");
    }
  });

  it("are told to the members of their project", async () => {
    const told = await must(victim.client.from("deleted_rows").select("key, table_name").eq("project_id", victim.project.project_id));
    for (const table of ["daily_scrum_updates", "daily_scrums", "impediments", "sprints", "tasks"]) {
      assert.ok(told.some((row) => row.key === keys[table] && row.table_name === table), table);
    }
    assert.deepEqual(await must(attacker.client.from("deleted_rows").select().in("key", Object.values(keys))), []);
  });

  it("count once in the history of their own project", async () => {
    const report = await must(victim.client.rpc("sprint_report", { sprint_id: victim.sprint.sprint_id }));
    assert.equal(report.added_then_removed.tasks, 1);
    assert.equal(report.added_then_removed.points, 5);
  });

  it("open no calendar any more", async () => {
    const call = (who, method, path = "", body) => fetch(`${SUPABASE_URL}/functions/v1/calendar${path}`, {
      method, headers: { apikey: SUPABASE_PUBLISHABLE_KEY, Authorization: `Bearer ${who.token}`, "Content-Type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const made = await call(victim, "POST", "", { feed_name: secret });
    assert.equal(made.status, 201);
    const { feed_id, url } = await made.json();
    assert.equal((await fetch(url)).status, 200);
    assert.equal((await call(victim, "DELETE", `/${feed_id}`)).ok, true);
    assert.equal((await attacker.client.from("calendar_feeds").insert({ feed_id })).status, 409);
    assert.notEqual((await fetch(url)).status, 200);
  });
});
