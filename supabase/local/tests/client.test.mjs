// supabase-js, as a mobile or web app uses it, through the gateway and through the BFF: the same program
// has to see the same.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { createClient } from "@supabase/supabase-js";
import WebSocket from "ws";
import { keepSecret } from "./secrets.mjs";

const { SUPABASE_URL, BFF_URL, SUPABASE_PUBLISHABLE_KEY } = process.env;
if (!SUPABASE_URL || !BFF_URL) throw new Error("SUPABASE_URL and BFF_URL are not set; start with: go tool task test");

const password = "correct horse battery";
keepSecret(password);

/** A client without a session. Node 20 has no WebSocket of its own, and supabase-js wants to see one. */
const connect = (url) => createClient(url, SUPABASE_PUBLISHABLE_KEY, {
  auth: { persistSession: false, autoRefreshToken: false },
  realtime: { transport: WebSocket },
});

/** A client of its own, signed up as the owner of a new organization. */
async function newcomer(url, organization) {
  const client = connect(url);
  const email = `${randomUUID()}@client.test`;
  const { data, error } = await client.auth.signUp({
    email, password, options: { data: { first_name: "민수", last_name: "김", org_name: organization } },
  });
  assert.ifError(error);
  return { client, email, id: data.user.id };
}

/** What a call answered, or its error as a failure of the test. */
async function must(call) {
  const { data, error } = await call;
  assert.ifError(error);
  return data;
}

for (const [door, url] of [["the gateway", SUPABASE_URL], ["the BFF", BFF_URL]]) {
  describe(`supabase-js through ${door}`, () => {
    let me, stranger, project, sprint;

    before(async () => {
      [me, stranger] = await Promise.all([newcomer(url, "물결 팀"), newcomer(url, "Other team")]);
      project = await must(me.client.from("projects").insert({ project_name: "Portal" }).select().single());
      await must(stranger.client.from("projects").insert({ project_name: "Theirs" }));
      sprint = await must(me.client.from("sprints").insert({
        project_id: project.project_id, sprint_name: "Sprint 1", start_date: "2030-01-07", end_date: "2030-01-18",
      }).select().single());
    });
    after(() => Promise.all([me, stranger].filter(Boolean).map(({ client }) => client.rpc("delete_my_account"))));

    it("signs in with the password, knows the user and refreshes the session", async () => {
      const client = connect(url);
      const { data, error } = await client.auth.signInWithPassword({ email: me.email, password });
      assert.ifError(error);
      assert.equal(data.user.id, me.id);
      const user = await client.auth.getUser();
      assert.equal(user.data.user.email, me.email);
      const refreshed = await client.auth.refreshSession();
      assert.ifError(refreshed.error);
      assert.notEqual(refreshed.data.session.refresh_token, data.session.refresh_token);
    });

    it("is told when the password is wrong", async () => {
      const client = connect(url);
      const { error } = await client.auth.signInWithPassword({ email: me.email, password: "wrong" });
      assert.equal(error.status, 400);
      assert.equal(error.code, "invalid_credentials");
    });

    it("writes a channel's target and doesn't get to see it", async () => {
      const target = `https://hooks.example.test/${randomUUID()}`;
      const channels = me.client.from("notification_channels");
      await must(channels.insert({ channel_name: "알림", kind: "slack", target }));
      const made = await must(me.client.from("notification_channels").select("channel_id, target_hint, events").single());
      assert.equal(made.target_hint, "hooks.example.test");
      assert.deepEqual(made.events, ["scrum_reminder", "scrum_digest", "sprint_report"]);
      const changed = await must(me.client.from("notification_channels").update({ target: `${target}/2` })
        .eq("channel_id", made.channel_id).select("channel_id").single());
      assert.equal(changed.channel_id, made.channel_id);
      for (const columns of ["*", "target", "signing_secret"]) {
        const { error } = await me.client.from("notification_channels").select(columns);
        assert.equal(error?.code, "42501", columns);
      }
      assert.match(await must(me.client.rpc("rotate_channel_secret", { channel_id: made.channel_id })), /^whsec_/);
      const theirs = await stranger.client.rpc("rotate_channel_secret", { channel_id: made.channel_id });
      assert.equal(theirs.status, 404);
      const claim = await me.client.rpc("claim_notifications", { event: "scrum_digest" });
      assert.equal(claim.error.code, "42501");
      await must(me.client.from("notification_channels").delete().eq("channel_id", made.channel_id));
    });

    it("reads the rows of its own organization only", async () => {
      const organizations = await must(me.client.from("organizations").select("org_name"));
      assert.deepEqual(organizations, [{ org_name: "물결 팀" }]);
      const projects = await must(me.client.from("projects").select("project_name, organizations(org_name)"));
      assert.deepEqual(projects, [{ project_name: "Portal", organizations: { org_name: "물결 팀" } }]);
      const theirs = await must(stranger.client.from("sprints").select("*").eq("sprint_id", sprint.sprint_id));
      assert.deepEqual(theirs, []);
    });

    it("reads nothing before it has signed in", async () => {
      const nobody = connect(url);
      const { data, error, status } = await nobody.from("tasks").select("*");
      assert.equal(data, null);
      assert.equal(status, 401);
      assert.equal(error.code, "42501");
    });

    it("inserts a task, updates it, counts and deletes", async () => {
      const task = await must(me.client.from("tasks").insert({
        project_id: project.project_id, sprint_id: sprint.sprint_id, task_name: "로그인 화면", story_points: 3, assigned_to: me.id,
      }).select().single());
      assert.equal(task.status, "Planned");
      assert.equal(task.created_by, me.id);

      const moved = await must(me.client.from("tasks").update({ status: "In Progress" }).eq("task_id", task.task_id).select().single());
      assert.equal(moved.status, "In Progress");
      const upserted = await must(me.client.from("tasks").upsert({
        task_id: task.task_id, project_id: project.project_id, task_name: "로그인 화면 2",
      }).select().single());
      assert.equal(upserted.task_name, "로그인 화면 2");
      assert.equal(upserted.status, "In Progress");

      const { count, error } = await me.client.from("tasks").select("*", { count: "exact", head: true });
      assert.ifError(error);
      assert.equal(count, 1);
      const events = await must(me.client.from("task_events").select("kind, new_value, actor").eq("task_id", task.task_id).order("event_id"));
      assert.deepEqual(events.map(({ kind }) => kind), ["created", "points", "sprint", "assignee", "status"]);
      assert.deepEqual([...new Set(events.map(({ actor }) => actor))], [me.id], "whose the events are");

      const refused = await stranger.client.from("tasks").update({ status: "Completed" }).eq("task_id", task.task_id).select();
      assert.deepEqual(refused.data, []);
      await must(me.client.from("tasks").delete().eq("task_id", task.task_id));
    });

    it("calls functions", async () => {
      const board = await must(me.client.rpc("sprint_board", { sprint_id: sprint.sprint_id }));
      assert.equal(board.project.project_name, "Portal");
      assert.equal(board.columns.length, 8);
      assert.equal(await must(stranger.client.rpc("sprint_board", { sprint_id: sprint.sprint_id })), null);

      const { error, status } = await me.client.rpc("complete_sprint", { sprint_id: sprint.sprint_id });
      assert.equal(status, 409);
      assert.match(error.message, /is Planned and can't be completed/);
    });

    it("gets PostgREST's own error for a column that isn't there", async () => {
      const { error, status } = await me.client.from("tasks").select("nonsense");
      assert.equal(status, 400);
      assert.equal(error.code, "42703");
      assert.equal(error.message, "column tasks.nonsense does not exist");
    });
  });
}

// The figures on the demo data: what the BFF's endpoints answer, a mobile app asks for itself.
describe("supabase-js and the figures", () => {
  const sprint_id = "5eed0006-0000-4000-8000-000000000004";
  const project_id = "5eed0005-0000-4000-8000-000000000001";
  const views = {
    sprint_board: { sprint_id },
    sprint_burndown: { sprint_id },
    sprint_flow: { sprint_id },
    sprint_report: { sprint_id },
    sprint_workload: { sprint_id },
    scrum_of_day: { sprint_id },
    project_velocity: { project_id, last: 3 },
    project_throughput: { project_id },
    project_impediments: { project_id },
    project_participation: { project_id },
    scrum_draft: {},
  };

  for (const [door, url] of [["the gateway", SUPABASE_URL], ["the BFF", BFF_URL]]) {
    it(`answers every view through ${door}, to those who may see it`, async () => {
      const [ours, theirs] = [connect(url), connect(url)];
      await must(ours.auth.signInWithPassword({ email: "demo@mysingle.test", password: "mysingle-demo" }));
      await must(theirs.auth.signInWithPassword({ email: "maya@harborlabs.test", password: "mysingle-demo" }));
      const now = Date.parse((await must(ours.rpc("sprint_board", views.sprint_board))).as_of); // by the database's clock
      const as_of = new Date(now - 60_000).toISOString();
      for (const [view, args] of Object.entries(views)) {
        const answer = await must(ours.rpc(view, args));
        assert.equal(answer.timezone, "Asia/Seoul", view);
        assert.ok(Object.values(answer.scope).every((visible) => visible > 0), `${view}: the scope is ${JSON.stringify(answer.scope)}, want none of it 0`);
        assert.equal(Date.parse((await must(ours.rpc(view, { ...args, as_of }))).as_of), Date.parse(as_of), view);
        const foreign = await must(theirs.rpc(view, args));
        if (view === "scrum_draft") assert.equal(foreign.timezone, "America/Los_Angeles");
        else assert.equal(foreign, null, view);
      }
      const pipeline = await must(ours.from("opportunity_pipeline").select("stage, currency_code, acv, forecast_acv"));
      assert.ok(pipeline.length > 5, `the pipeline has ${pipeline.length} rows, want more than 5`);
      assert.deepEqual(pipeline.filter(({ stage, forecast_acv }) => stage === "Closed Lost" && forecast_acv !== 0), [], "lost deals in the forecast");
      const [account] = await must(ours.from("account_delivery").select("*").eq("account_name", "해온물산"));
      assert.equal(account.projects[0].running_sprint.sprint.sprint_id, sprint_id);
      assert.deepEqual((await must(theirs.from("account_delivery").select("account_name").eq("account_name", "해온물산"))), []);

      const { error, status } = await ours.rpc("project_velocity", { project_id, last: 0 });
      assert.equal(status, 400);
      assert.equal(error.code, "22023");
    });
  }
});
