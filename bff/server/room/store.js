// What the page knows, and the one way to change it: update() merges the changes and has the page painted anew.

export const state = {
  phase: "loading", // or signed-out, room, unreachable, failed
  language: document.documentElement.lang,
  theme: document.documentElement.dataset.theme, // system, light or dark
  unit: "tasks", // or points: what the figures count
  narrow: matchMedia("(max-width: 640px)").matches,

  user: null, // {id, email} of the session
  profile: null, // name and org_role
  projects: [], // with sprints and my role in each
  projectId: null, // the project that was chosen while it has no sprint
  sprintId: null,
  tab: "board",

  dashboard: null, // of the sprint
  seen: 0, // grows with each new dashboard: what else is shown is read again then
  views: {}, // what other paths answered: {value, error, seen} by path
  connection: "live", // or lost
  failure: null, // why what is asked is refused

  filter: "all", // the board's: all, me, nobody or a profile's key
  active: null, // the card that Tab leads to
  moves: {}, // of cards, until the server's board shows them: {name, seen, status, after, rank, sprintId} by task
  carried: null, // the card in hand: {taskId, task, by, from, fromIndex, status, index}
  drafts: {}, // my updates as far as they are written, by sprint and day
  posting: {}, // what becomes of them as they are sent: {busy, fault}, likewise

  dialog: null, // the dialog on top of the page: {kind, …}
  signIn: null, // signing in again: {done}
  toasts: [],
  said: "", // for screen readers
  focus: null, // a selector of what is to have the focus after the next painting
};

const painters = [];
let painting = false;

/** Has the page painted whenever something changes. */
export function onChange(paint) {
  painters.push(paint);
}

/** Merges the changes into the state. */
export function update(changes) {
  Object.assign(state, changes);
  if (painting) return;
  painting = true;
  queueMicrotask(() => {
    painting = false;
    for (const paint of painters) paint();
  });
}

/** Sets one entry of a map in the state; undefined removes it. */
export function put(map, key, value) {
  const { [key]: _, ...rest } = state[map];
  update({ [map]: value === undefined ? rest : { ...rest, [key]: value } });
}

let toasts = 0;

/** Shows a message for a while; those that report a failure stay until they are closed. */
export function toast(text, { tone = "good", action } = {}) {
  const id = ++toasts;
  update({ toasts: [...state.toasts, { id, text, tone, action }] });
  if (tone === "good") setTimeout(() => dismiss(id), action ? 10_000 : 6_000);
}

export function dismiss(id) {
  update({ toasts: state.toasts.filter((toast) => toast.id !== id) });
}

/** Sets the reader's language or theme, and keeps it in this browser. */
export function prefer(name, value) {
  try {
    localStorage.setItem(`mysingle.${name}`, value);
  } catch {
    // Storage is switched off: it holds for this page.
  }
  if (name === "language") document.documentElement.lang = value;
  else document.documentElement.dataset.theme = value;
  update({ [name]: value });
}

// What depends on the screen.
matchMedia("(max-width: 640px)").addEventListener("change", ({ matches }) => update({ narrow: matches }));

// Leaving the page would lose what hasn't been sent.
addEventListener("beforeunload", (event) => {
  if (Object.keys(state.moves).length + Object.keys(state.drafts).length > 0) event.preventDefault();
});
