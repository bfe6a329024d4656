// A team for one test, in an organization of its own: people of every role who can sign in, and a project with a
// closed sprint, one that has been running for three days, and a planned one. What isn't about the page is done in
// SQL, as the person who does it, and "days go by" by moving everything that has happened into the past.

import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { keepSecret } from "../secrets.mjs";

const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, DATABASE_URL } = process.env;
if (!SUPABASE_URL || !DATABASE_URL) throw new Error("SUPABASE_URL and DATABASE_URL are not set; start with: go tool task test");

const password = "grüne Wiese 초록 들판";
keepSecret(password);

const roles = {
  owner: { last_name: "김", first_name: "서연" }, // made the project, so its manager
  master: { last_name: "이", first_name: "도현", role: "scrum_master" },
  developer: { last_name: "박", first_name: "지우", role: "member" },
  colleague: { last_name: "Carter", first_name: "Emily", role: "member" },
  viewer: { last_name: "최", first_name: "하은", role: "viewer" },
};

/** What is in the way of the sprint since its first day, raised by the colleague. */
export const obstacle = "택배사의 시험 계정이 아직 없음";

/** The running sprint's tasks: [name, status, points, whose], in the order of the board. */
const running = [
  ["배송 조회 연동", "In Progress", 8, "developer"],
  ["배송 완료 알림", "Scheduled", 3, "developer"],
  ["주문 취소 오류 수정", "In Review", 2, "developer"],
  ["Shipment timeline", "In Progress", 5, "colleague"],
  ["Notification settings", "Planned", 3, "colleague"],
  ["알림톡 문안", "Blocked", 2, "master"],
  ["만족도 조사", "Planned", null, null],
  ["배송 추적 시안", "Completed", 3, "colleague"],
  ["문자 대체 발송", "Cancelled", 1, null],
];

/** Makes the team. `sql` is the way to the database, to look and to meddle; `end()` closes it. */
export async function team() {
  const sql = postgres(DATABASE_URL, { max: 3, onnotice: () => {} });
  const people = await signUp();
  const as = (who, work) => sql.begin(async (tx) => {
    await tx`select set_config('role', 'authenticated', true),
      set_config('request.jwt.claims', ${JSON.stringify({ sub: people[who].id, role: "authenticated" })}, true)`;
    return work(tx);
  });
  const [{ org_id, project_id }] = await as("owner", async (tx) => {
    await tx`update public.organizations set working_days = '{1,2,3,4,5,6,7}', timezone = ${await noon(sql)}`; // there is a scrum on every day
    return tx`insert into public.projects (project_name) values ('고객 포털') returning org_id, project_id`;
  });
  await as("owner", (tx) => tx`insert into public.project_members ${tx(
    Object.entries(people).filter(([, { role }]) => role).map(([, { id, role }]) => ({ project_id, profile_id: id, role })))}`);

  /** Plans a sprint of the days after today, from one to another. */
  const plan = async (sprint_name, from, to, goal) => (await as("master", (tx) => tx`
    insert into public.sprints (project_id, sprint_name, goal, start_date, end_date)
    select ${project_id}, ${sprint_name}, ${goal}, today + ${from}::int, today + ${to}::int from private.org_today(${org_id}) today
    returning sprint_id`))[0].sprint_id;
  const start = (id) => as("master", (tx) => tx`select public.start_sprint(${id})`);
  const add = (sprint_id, tasks) => as("master", (tx) => tx`insert into public.tasks ${tx(tasks.map(([task_name, status, story_points, whose], i) => ({
    project_id, sprint_id, task_name, status, story_points, assigned_to: whose && people[whose].id, board_rank: i + 1, estimated_time: (story_points ?? 0) * 60,
  })))} returning task_id, task_name`);
  const set = (who, task_name, status) => as(who, (tx) => tx`update public.tasks set status = ${status} where task_name = ${task_name} and project_id = ${project_id}`);
  /** Makes everything that has happened so many days older. */
  const pass = (days) => sql.begin(async (tx) => {
    const by = tx`make_interval(days => ${days})`;
    await tx`set local session_replication_role = replica`;
    await tx`update public.project_members set joined_at = joined_at - ${by} where project_id = ${project_id}`;
    await tx`update public.tasks set created_at = created_at - ${by} where project_id = ${project_id}`;
    await tx`update public.task_events set at = at - ${by} where project_id = ${project_id}`;
    await tx`update public.sprints set start_date = start_date - ${days}::int, end_date = end_date - ${days}::int,
      started_at = started_at - ${by}, completed_at = completed_at - ${by} where project_id = ${project_id}`;
    await tx`update public.sprint_snapshots set taken_at = taken_at - ${by} where project_id = ${project_id}`;
    await tx`update public.impediments set raised_at = raised_at - ${by}, resolved_at = resolved_at - ${by} where project_id = ${project_id}`;
  });

  const first = await plan("1차: 로그인", 0, 5, "거래처가 스스로 로그인한다.");
  await add(first, ["로그인 화면", "비밀번호 재설정", "세션 만료", "접속 기록"].map((name) => [name, "Scheduled", 3, "developer"]));
  await start(first);
  for (const name of ["로그인 화면", "비밀번호 재설정", "세션 만료"]) {
    await pass(1);
    await set("developer", name, "Completed");
  }
  await pass(3);
  await as("master", (tx) => tx`select public.complete_sprint(${first})`);
  await pass(1);

  const sprint = await plan("2차: 배송 추적", 0, 9, "주문한 물건이 어디 있는지 안다.");
  const tasks = await add(sprint, running.map(([name, , ...rest]) => [name, "Scheduled", ...rest]));
  await start(sprint);
  await as("colleague", (tx) => tx`insert into public.impediments (sprint_id, description) values (${sprint}, ${obstacle})`);
  await pass(1);
  for (const [name, status, , whose] of running) await set(whose ?? "master", name, name === today ? "In Progress" : status);
  await pass(2);
  await set("developer", today, "In Review");
  const next = await plan("3차: 통계", 7, 16, "매출을 한눈에 본다.");
  await add(next, [["매출 통계", "Planned", 5, "developer"]]);

  const id = Object.fromEntries(tasks.map(({ task_name, task_id }) => [task_name, task_id]));
  return { sql, as, people, project: project_id, sprints: { first, sprint, next }, id, end: () => sql.end() };
}

/** A time zone in which it is between noon and one o'clock by the database's clock: no day ends while a test runs there. */
export async function noon(sql) {
  const [{ hour }] = await sql`select extract(hour from now() at time zone 'UTC')::int as hour`;
  return hour === 12 ? "Etc/GMT" : `Etc/GMT${hour < 12 ? "-" : "+"}${Math.abs(hour - 12)}`; // the sign is the opposite of the offset's
}

/** What the developer did today, so that it is in their draft. */
const today = "주문 취소 오류 수정";

/** Somebody new, in an organization in which there is nothing yet. */
export async function newcomer() {
  const email = `newcomer-${randomUUID()}@room.test`;
  await post("auth/v1/signup", { email, password, data: { last_name: "오", first_name: "유나", org_name: "새 팀" } });
  return { email, password };
}

/** Signs everybody up: the owner, whose organization it becomes, and those whom the owner invites. */
async function signUp() {
  const emails = Object.fromEntries(Object.keys(roles).map((who) => [who, `${who}-${randomUUID()}@room.test`]));
  const join = async (who, data) => {
    const { role, ...name } = roles[who];
    const { user, access_token } = await post("auth/v1/signup", { email: emails[who], password, data: { ...name, ...data } });
    return { id: user.id, email: emails[who], password, role, token: access_token, name: who === "colleague" ? "Emily Carter" : `${name.last_name}${name.first_name}` };
  };
  const owner = await join("owner", { org_name: "물결 팀" });
  const others = Object.keys(roles).filter((who) => who !== "owner").map(async (who) => {
    const [{ token }] = await post("rest/v1/rpc/create_invitation", { email: emails[who] }, owner.token);
    keepSecret(token);
    return [who, await join(who, { invitation_token: token })];
  });
  return { owner, ...Object.fromEntries(await Promise.all(others)) };
}

async function post(path, body, token = SUPABASE_PUBLISHABLE_KEY) {
  const response = await fetch(`${SUPABASE_URL}/${path}`, {
    method: "POST", body: JSON.stringify(body),
    headers: { apikey: SUPABASE_PUBLISHABLE_KEY, Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Ends somebody's sessions everywhere, as they can from another browser. */
export async function endSessions({ email, password }) {
  const session = (method, query, headers, body) => fetch(`${process.env.BFF_URL}/api/v1/session${query}`, {
    method, body: body && JSON.stringify(body), headers: { "Content-Type": "application/json", "X-MySingle": "1", ...headers },
  });
  const cookies = (await session("POST", "", {}, { email, password })).headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
  keepSecret(...cookies.map((cookie) => cookie.slice(cookie.indexOf("=") + 1)));
  const { status } = await session("DELETE", "?scope=global", { Cookie: cookies.join("; ") });
  if (status !== 204) throw new Error(`signing out everywhere is answered ${status}`);
}
