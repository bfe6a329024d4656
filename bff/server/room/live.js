// What is shown is kept up to date here. One request every few seconds asks for the sprint's dashboard; as long as
// nothing has changed its answer is a 304 of no length, and nothing else is asked. Only when there is a new one are
// the tab's other views read again, and the projects, whose sprints or roles may be what is new.

import { ask, Kept, Refusal, Unreachable } from "./api.js";
import { put, state, toast, update } from "./store.js";
import { say } from "./words.js";

const interval = 5_000; // milliseconds between two looks
const longest = 30_000; // and while nobody answers

const parts = "board,burndown,flow,workload,scrum";
const catalogue = "project_id,project_name,headline_unit,project_members(role),sprints(sprint_id,sprint_name,status,start_date,end_date,completed_at)";
const kept = new Map(); // by path
let catalogueSeen = 0; // the dashboard at which the projects were read
let failures = 0; // in a row
let timer, current, next; // the looks: to come, under way, and after that

/** Where the views are that the dashboard doesn't hold, and which tab shows them. */
const paths = {
  myScrum: () => "/api/v1/me/scrum",
  impediments: () => `/api/v1/projects/${project()?.project_id}/impediments`,
  report: () => `/api/v1/sprints/${state.sprintId}/report`,
  velocity: () => `/api/v1/projects/${project()?.project_id}/velocity`,
  forecast: () => `/api/v1/projects/${project()?.project_id}/forecast`,
};
const ofTab = { report: ["report"], project: ["velocity", "forecast"] };

/** What a view's path answered last: {value, error, and the dashboard it goes with}. */
export const view = (name) => state.views[paths[name]()] ?? {};

/** The project of the sprint that is shown, or the one that was chosen while it has none. */
export const project = () =>
  state.projects.find(({ sprints }) => sprints.some(({ sprint_id }) => sprint_id === state.sprintId)) ??
  state.projects.find(({ project_id }) => project_id === state.projectId);

/** The sprint that is shown, as the catalogue has it. */
export const sprint = () => project()?.sprints.find(({ sprint_id }) => sprint_id === state.sprintId);

/** What the reader may do in the project: the page offers no more, and the database decides. */
export function rights() {
  const role = project()?.role;
  const chief = ["owner", "admin"].includes(state.profile?.org_role);
  const manages = chief || role === "manager";
  const leads = manages || role === "scrum_master";
  return { manages, leads, works: leads || role === "member" };
}

/** Reads who the reader is and what there is to see, and starts to keep it up to date. */
export async function enter(user) {
  const [profile] = await ask(
    "GET",
    `/rest/v1/profiles?profile_id=eq.${user.id}&select=full_name,username,org_role,organizations(org_name,timezone)`,
  );
  update({ user, profile });
  await readProjects();
  update({ phase: "room" });
  const wanted = new URLSearchParams(location.search).get("sprint");
  if (wanted && !state.projects.some(({ sprints }) => sprints.some(({ sprint_id }) => sprint_id === wanted))) {
    toast(say("notFound"), { tone: "bad" });
    show(best());
  } else {
    show(wanted ?? best(), location.hash.slice(1));
  }
}

/** Forgets everything that was read: it was somebody's who isn't here any more, or may not see it. */
function forget() {
  kept.clear();
  update({ dashboard: null, views: {} });
}

/** The projects, their sprints and the reader's role. */
async function readProjects() {
  const { seen } = state;
  const rows = await ask(
    "GET",
    `/rest/v1/projects?select=${catalogue}&project_members.profile_id=eq.${state.user.id}&order=project_name&sprints.order=start_date`,
  );
  update({
    projects: rows.map(({ project_members, ...rest }) => ({
      ...rest,
      role: project_members[0]?.role,
    })),
  });
  catalogueSeen = seen;
}

/** The sprint to begin with: one that runs, best in a project of the reader's own, else the next, else the last. */
function best() {
  const mine = [...state.projects].sort((a, b) => Boolean(b.role) - Boolean(a.role));
  for (const status of ["Active", "Planned"]) {
    for (const { sprints } of mine) {
      const found = sprints.find((sprint) => sprint.status === status);
      if (found) return found.sprint_id;
    }
  }
  return mine.flatMap(({ sprints }) => sprints).at(-1)?.sprint_id ?? null;
}

/** The sprint of a project to begin with. */
export function bestOf({ sprints }) {
  const by = (status) => sprints.filter((sprint) => sprint.status === status);
  return (by("Active")[0] ?? by("Planned")[0] ?? by("Completed").at(-1) ?? sprints[0])?.sprint_id ?? null;
}

export const tabs = ["board", "scrum", "progress", "report", "project"];

/** Shows a sprint, and puts it into the address. */
export function show(sprintId, tab) {
  go(sprintId, tab);
  const address = sprintId ? `/?sprint=${sprintId}#${state.tab}` : "/";
  if (address !== location.pathname + location.search + location.hash) history.pushState(null, "", address);
}

addEventListener("popstate", () => {
  if (state.phase === "room") go(new URLSearchParams(location.search).get("sprint") ?? best(), location.hash.slice(1));
});

/** Nothing that belongs to the sprint or tab of before is left: no filter, card in hand or dialog. */
function go(sprintId, tab) {
  const changed = sprintId !== state.sprintId;
  update({ sprintId, carried: null, dialog: null, ...(changed ? { dashboard: null, failure: null, filter: "all" } : {}) });
  if (!tabs.includes(tab)) tab = sprint()?.status === "Completed" ? "report" : changed ? "board" : state.tab;
  update({ tab });
  refresh();
}

/** Asks what is new. The promise ends with the answer to a request that began after this call. */
export function refresh() {
  if (!current) return (current = look().finally(() => (current = undefined)));
  next ??= current.then(() => {
    next = undefined;
    return refresh();
  });
  return next;
}

/** Looks once, plans the next look, and returns whether what is shown is the latest. */
async function look() {
  clearTimeout(timer);
  let wait;
  try {
    await readSprint();
    failures = 0;
    update({ connection: "live", failure: null });
    return true;
  } catch (error) {
    failures += 1;
    wait = error.retryAfter * 1000;
    if (error instanceof Refusal) update({ connection: "live", failure: error.message });
    else update({ connection: "lost" });
    if (!(error instanceof Refusal || error instanceof Unreachable)) console.error(error); // a fault of the page's own
    return false;
  } finally {
    if (!document.hidden) timer = setTimeout(refresh, wait || Math.min(interval * 2 ** Math.max(failures - 1, 0), longest));
  }
}

async function readSprint() {
  const { sprintId } = state;
  if (!sprintId) {
    await readProjects();
    const found = project() ? bestOf(project()) : best();
    if (found) show(found);
    return;
  }
  const dashboard = keptAt(`/api/v1/sprints/${sprintId}/dashboard?include=${parts}`);
  try {
    await dashboard.refresh();
  } catch (error) {
    if (error.status === 404) return leave();
    throw error;
  }
  if (state.sprintId !== sprintId) return; // another one was chosen meanwhile
  if (state.dashboard !== dashboard.value) update({ dashboard: dashboard.value, seen: state.seen + 1 });
  const { carried } = state;
  if (carried && !dashboard.value.board?.columns.some(({ tasks }) => tasks.some(({ task_id }) => task_id === carried.taskId)))
    update({ carried: null });
  const wanted = ["myScrum", "impediments", ...(ofTab[state.tab] ?? [])].map((name) => paths[name]());
  const old = wanted.filter((path) => state.views[path]?.seen !== state.seen);
  await Promise.all([...old.map(readView), catalogueSeen !== state.seen && readProjects()]);
}

/** Reads a view; what is wrong with one is its own affair, unless nobody answers at all. */
async function readView(path) {
  const { seen } = state;
  const view = keptAt(path);
  let error;
  try {
    await view.refresh();
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    error = refusal.message;
  }
  put("views", path, { value: view.value, error, seen: error ? undefined : seen }); // what was refused is tried again
}

function keptAt(path) {
  if (!kept.has(path)) kept.set(path, new Kept(path));
  return kept.get(path);
}

/** The sprint is gone, or not the reader's to see any more. */
async function leave() {
  toast(say("notFound"), { tone: "bad" });
  forget();
  await readProjects();
  show(best());
}

// Nobody looks: nothing is asked. Somebody looks again: at once.
document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden && state.phase === "room") refresh();
});
addEventListener("online", () => state.phase === "room" && refresh());
