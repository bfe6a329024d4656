// What is shown is kept up to date here. One request every few seconds asks for the sprint's dashboard; as long as
// nothing has changed its answer is a 304 of no length, and nothing else is asked. Only when there is a new one are
// the tab's other views read again.

import { ask, Kept, Refusal, Unreachable } from "./api.js";
import { state, toast, update } from "./store.js";
import { say } from "./words.js";

const interval = 5_000; // milliseconds between two looks
const longest = 30_000; // and while nobody answers

const parts = "board,burndown,flow,workload,scrum";
const catalogue = "project_id,project_name,project_members(profile_id,role),sprints(sprint_id,sprint_name,status,start_date,end_date,completed_at)";
const kept = new Map(); // by path
let timer, failures, current, next;

/** The path of a view, or undefined where nothing is to be asked. */
export const paths = {
  myScrum: () => "/api/v1/me/scrum",
  report: () => `/api/v1/sprints/${state.sprintId}/report`,
  velocity: () => `/api/v1/projects/${project()?.project_id}/velocity`,
  forecast: () => `/api/v1/projects/${project()?.project_id}/forecast`,
};
const ofTab = { report: ["report"], project: ["velocity", "forecast"] };

/** What a view's path answered: {value, error}. */
export const view = (name) => state.views[paths[name]()] ?? {};

/** The project of the sprint that is shown, or the one that was chosen while it has none. */
export const project = () => state.projects.find(({ sprints }) => sprints.some(({ sprint_id }) => sprint_id === state.sprintId)) ?? state.projects.find(({ project_id }) => project_id === state.projectId);

/** The sprint that is shown, as the catalogue has it. */
export const sprint = () => project()?.sprints.find(({ sprint_id }) => sprint_id === state.sprintId);

/** What the reader may do in the project: the page offers no more, and the database decides. */
export function rights() {
  const role = project()?.role;
  const chief = ["owner", "admin"].includes(state.profile?.org_role);
  const leads = chief || role === "manager" || role === "scrum_master";
  return { leads, works: leads || role === "member" };
}

/** Reads who the reader is and what there is to see, and starts to keep it up to date. */
export async function enter(user) {
  const [profile] = await ask("GET", `/rest/v1/profiles?profile_id=eq.${user.id}&select=full_name,username,org_role,organizations(org_name,timezone)`);
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

/** The projects and their sprints, those of today first. */
async function readProjects() {
  const rows = await ask("GET", `/rest/v1/projects?select=${catalogue}&order=project_name&sprints.order=start_date`);
  update({
    projects: rows.map(({ project_members, ...rest }) => ({ ...rest, role: project_members.find(({ profile_id }) => profile_id === state.user.id)?.role })),
  });
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
  const changed = sprintId !== state.sprintId;
  update({ sprintId, ...(changed ? { dashboard: null, filter: "all", carried: null } : {}) });
  if (!tabs.includes(tab)) tab = sprint()?.status === "Completed" ? "report" : changed ? "board" : state.tab;
  update({ tab });
  const address = sprintId ? `/?sprint=${sprintId}#${tab}` : "/";
  if (address !== location.pathname + location.search + location.hash) history.pushState(null, "", address);
  refresh();
}

addEventListener("popstate", () => {
  if (state.phase !== "room") return;
  const wanted = new URLSearchParams(location.search).get("sprint") ?? best();
  const tab = location.hash.slice(1);
  if (wanted !== state.sprintId) update({ sprintId: wanted, dashboard: null, carried: null });
  update({ tab: tabs.includes(tab) ? tab : "board" });
  refresh();
});

/** Asks what is new. The promise ends with the answer to a request that began after this call. */
export function refresh() {
  if (!current) return (current = look().finally(() => (current = undefined)));
  next ??= current.then(() => {
    next = undefined;
    return refresh();
  });
  return next;
}

/** Looks once, never fails, and plans the next look. */
async function look() {
  clearTimeout(timer);
  try {
    await readSprint();
    failures = 0;
    if (state.connection !== "live") update({ connection: "live" });
  } catch (error) {
    failures = (failures ?? 0) + 1;
    if (error instanceof Unreachable) update({ connection: "lost" });
    else if (error instanceof Refusal && error.status === 404) await leave();
    else if (!(error instanceof Refusal && error.status === 429)) throw error;
    var wait = error.retryAfter * 1000;
  }
  if (!document.hidden) timer = setTimeout(refresh, wait || Math.min(interval * 2 ** (failures > 1 ? failures - 1 : 0), longest));
}

async function readSprint() {
  const { sprintId } = state;
  if (!sprintId) {
    await readProjects();
    if (best()) show(best());
    return;
  }
  const dashboard = keptAt(`/api/v1/sprints/${sprintId}/dashboard?include=${parts}`);
  const changed = await dashboard.refresh();
  if (state.sprintId !== sprintId) return; // another one was chosen meanwhile
  if (changed || state.dashboard !== dashboard.value) {
    update({ dashboard: dashboard.value, seen: state.seen + 1 });
    if (dashboard.value.sprint.status !== sprint()?.status) await readProjects();
  }
  const wanted = ["myScrum", ...(ofTab[state.tab] ?? [])].map((name) => paths[name]());
  await Promise.all(wanted.filter((path) => changed || !state.views[path]?.value).map(readView));
}

/** Reads a view; what is wrong with one is its own affair, unless nobody answers at all. */
async function readView(path) {
  const view = keptAt(path);
  try {
    await view.refresh();
    update({ views: { ...state.views, [path]: { value: view.value } } });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    update({ views: { ...state.views, [path]: { value: view.value, error: error.message } } });
  }
}

function keptAt(path) {
  if (!kept.has(path)) kept.set(path, new Kept(path));
  return kept.get(path);
}

/** The sprint is gone, or not the reader's to see any more. */
async function leave() {
  toast(say("notFound"), { tone: "bad" });
  kept.clear();
  await readProjects();
  update({ sprintId: null });
  show(best());
}

// Nobody looks: nothing is asked. Somebody looks again: at once.
document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden && state.phase === "room") refresh();
});
addEventListener("online", () => state.phase === "room" && refresh());
