// The sprint room: the first web client of MySingle's API. It lives on the session's cookie, /api/v1, /rest/v1 and
// the pictures, as any web app could. store.js holds what is known, live.js keeps it up to date, the other modules
// make views of it; here is the frame around them, and the beginning.

import { onSessionEnd, Unreachable } from "./api.js";
import { Board } from "./board.js";
import { CompleteDialog, StartDialog, TaskDialog } from "./dialogs.js";
import { nameOf } from "./format.js";
import { classes, Component, html, render } from "./html.js";
import { bestOf, enter, project, refresh, show, tabs } from "./live.js";
import { Progress } from "./progress.js";
import { Project } from "./project.js";
import { Report } from "./report.js";
import { Scrum } from "./scrum.js";
import { announce, signInAgain, signOut, whoIsIn } from "./session.js";
import { Again, JoinDialog, PasswordDialog, SignedOut, takeFromAddress } from "./sign-in.js";
import { dismiss, onChange, prefer, state, toast, update } from "./store.js";
import { Summary } from "./summary.js";
import { say } from "./words.js";

const views = { board: Board, scrum: Scrum, progress: Progress, report: Report, project: Project };
const labels = { board: "board", scrum: "scrum", progress: "progress", report: "report", project: "projectTab" };
const parts = { board: "board", scrum: "scrum" }; // of the dashboard, without which a view shows nothing
const bodies = { loading: Loading, unreachable: Nowhere, failed: Failed, room: Inside, "signed-out": Door };
const dialogs = { task: TaskDialog, start: StartDialog, complete: CompleteDialog, join: JoinDialog, password: PasswordDialog };
const arrived = takeFromAddress();

/** The page; a fault of its own in a view is told there, and the rest goes on. */
class Room extends Component {
  componentDidCatch(error) {
    console.error(error);
    this.setState({ error });
    update({ dialog: null, carried: null });
  }

  render(_, { error }) {
    return error ? html`<${Broken} onAgain=${() => this.setState({ error: null })} />` : html`<${Whole} />`;
  }
}

function Whole() {
  const { dialog } = state;
  return html`
    <a class="skip" href="#main" onClick=${skip}>${say("skip")}</a>
    <${Frame} />
    <${bodies[state.phase]} />
    ${dialog && html`<${dialogs[dialog.kind]} key=${dialog.kind} ...${dialog} />`}
    ${state.signIn && html`<${Again} />`}
    <div class="toasts" role="status">${state.toasts.map((message) => html`<${Toast} key=${message.id} ...${message} />`)}</div>
    <p class="unseen" aria-live="assertive">${state.said}</p>`;
}

function skip(event) {
  event.preventDefault(); // the address's # is the tab's
  document.getElementById("main")?.focus();
}

function Frame() {
  const inside = state.phase === "room";
  return html`
    <header class=${classes("frame", inside && "signed-in")}>
      <a class="brand" href="/" aria-label=${say("brand")}><img src="/room/icon.svg" alt="" width="28" height="28" /><b>${say("brand")}</b></a>
      ${inside && html`<${Choose} />`}
      <span class="space"></span>
      ${inside && html`<${Connection} />`}
      <button type="button" class="plain" lang=${state.language === "ko" ? "en" : "ko"} title=${say("languageLabel")} onClick=${() => speak(state.language === "ko" ? "en" : "ko")}>${say("language")}</button>
      <label class="plain">
        <span class="unseen">${say("theme")}</span>
        <select value=${state.theme} onChange=${(event) => prefer("theme", event.target.value)}>
          ${["system", "light", "dark"].map((theme) => html`<option key=${theme} value=${theme}>${say(theme)}</option>`)}
        </select>
      </label>
      ${
        inside &&
        html`<span class="me" title=${say("signedInAs", nameOf(state.profile))}>${nameOf(state.profile)}</span>
        <button type="button" class="plain" onClick=${signOut}>${say("signOut")}</button>`
      }
    </header>`;
}

/** Which sprint of which project is shown. */
function Choose() {
  const { projects, sprintId } = state;
  const chosen = project();
  if (!chosen) return null;
  const groups = [
    ["running", ["Active"]],
    ["planned", ["Planned"]],
    ["closed", ["Completed", "Cancelled"]],
  ];
  return html`
    <div class="choose">
      <label>
        <span class="unseen">${say("project")}</span>
        <select value=${chosen.project_id} onChange=${(event) => choose(event.target.value)}>
          ${projects.map(({ project_id, project_name }) => html`<option key=${project_id} value=${project_id}>${project_name}</option>`)}
        </select>
      </label>
      <label>
        <span class="unseen">${say("sprint")}</span>
        <select value=${sprintId} onChange=${(event) => show(event.target.value)}>
          ${groups.map(([label, statuses]) => {
            const sprints = chosen.sprints.filter(({ status }) => statuses.includes(status));
            return (
              sprints.length > 0 &&
              html`<optgroup key=${label} label=${say(label)}>${sprints.map(({ sprint_id, sprint_name }) => html`<option key=${sprint_id} value=${sprint_id}>${sprint_name}</option>`)}</optgroup>`
            );
          })}
        </select>
      </label>
    </div>`;
}

function choose(projectId) {
  update({ projectId });
  show(bestOf(state.projects.find(({ project_id }) => project_id === projectId)));
}

function Connection() {
  const lost = state.connection === "lost";
  return html`<span class=${classes("connection", lost && "lost")} role="status"><i class="dot" aria-hidden="true"></i>${say(lost ? "lost" : "live")}</span>`;
}

function Inside() {
  const { dashboard, failure, tab, connection, moves } = state;
  if (!state.sprintId) {
    const name = project() || state.projects.length > 0 ? "noSprint" : "noProject";
    return html`<main id="main" tabindex="-1"><div class="empty"><h1>${say(name)}</h1><p>${say(`${name}Long`)}</p></div></main>`;
  }
  if (!dashboard) return failure ? html`<${Trouble} title=${say("failed")} long=${failure} onAgain=${refresh} />` : html`<${Loading} />`;
  const waiting = Object.keys(moves).length;
  const trouble = connection === "lost" ? `${say("lostLong")} ${waiting > 0 ? say("pending", waiting) : ""}` : failure;
  const failed = dashboard.incomplete.find(({ part }) => part === parts[tab]);
  return html`
    <main id="main" tabindex="-1">
      ${trouble && html`<p class="notice" role="status">${trouble} <button type="button" onClick=${refresh}>${say("tryAgain")}</button></p>`}
      <${Summary} />
      <nav class="tabs" aria-label=${say("tabs")}>
        ${tabs.map((name) => html`<a key=${name} href=${`#${name}`} aria-current=${name === tab ? "page" : undefined}>${say(labels[name])}</a>`)}
      </nav>
      <div class="view" key=${`${state.sprintId} ${tab}`}>
        ${failed ? html`<div class="empty"><h2>${say("failed")}</h2><p>${failed.message}</p></div>` : html`<${views[tab]} />`}
      </div>
    </main>`;
}

/** The room's shape before there is anything in it. */
function Loading() {
  return html`
    <main id="main" tabindex="-1" aria-busy="true">
      <div class="unseen" role="status"><h1>${say("loading")}</h1></div>
      <section class="summary"><div class="title"><div class="loading line"></div></div><div class="tiles"><div class="tile loading state"></div>${[1, 2, 3, 4].map((i) => html`<div key=${i} class="tile loading"></div>`)}</div></section>
      <nav class="tabs" aria-hidden="true"></nav>
      <div class="bar"></div>
      <div class="board">${[1, 2, 3, 4, 5, 6, 7, 8].map((i) => html`<div key=${i} class="column loading"></div>`)}</div>
    </main>`;
}

function Trouble({ title, long, onAgain }) {
  return html`
    <main id="main" tabindex="-1">
      <div class="empty" role="alert">
        <h1>${title}</h1><p>${long}</p>
        <button type="button" onClick=${onAgain}>${say("tryAgain")}</button>
      </div>
    </main>`;
}

function Nowhere() {
  return html`<${Trouble} title=${say("unreachable")} long=${say("unreachableLong")} onAgain=${begin} />`;
}

function Failed() {
  return html`<${Trouble} title=${say("failed")} long=${state.failure} onAgain=${begin} />`;
}

const Broken = ({ onAgain }) => html`<${Trouble} title=${say("failed")} long=${say("ownFault")} onAgain=${onAgain} />`;

function Door() {
  return html`<${SignedOut} invitation=${arrived.invitation} proof=${arrived.proof} onDone=${arrive} />`;
}

function Toast({ id, text, tone, action }) {
  return html`
    <div class=${`toast ${tone}`}>
      <p>${text}</p>
      ${
        action &&
        html`<button type="button" onClick=${() => {
          dismiss(id);
          action.run();
        }}>${action.label}</button>`
      }
      <button type="button" class="icon" aria-label=${say("close")} onClick=${() => dismiss(id)}>✕</button>
    </div>`;
}

function speak(language) {
  prefer("language", language);
  if (state.phase === "room") refresh();
}

/** Finds out who is there, and shows them the room or its door. A link signs nobody in without being asked. */
async function begin() {
  clearTimeout(begin.again);
  try {
    const user = arrived.proof ? null : await whoIsIn();
    if (user) await enter(user);
    else update({ phase: "signed-out" });
    if (user && arrived.invitation) update({ dialog: { kind: "join", token: arrived.invitation } });
  } catch (error) {
    if (error instanceof Unreachable) {
      update({ phase: "unreachable" });
      begin.again = setTimeout(begin, 4_000);
    } else {
      update({ phase: "failed", failure: error.message });
    }
  }
}

/** Somebody has signed in. */
async function arrive(user, way) {
  announce(user);
  const { invitation, proof } = arrived;
  Object.assign(arrived, { invitation: way === "signUp" ? null : invitation, proof: null });
  update({ phase: "loading" });
  await begin();
  if (way === "signUp") toast(say("joined"));
  if (proof?.type === "recovery" && state.phase === "room") update({ dialog: { kind: "password" } });
}

const root = document.getElementById("room");
onChange(() => {
  document.title = state.dashboard ? `${state.dashboard.sprint.sprint_name} · ${say("brand")}` : say("brand");
  render(html`<${Room} />`, root);
  if (state.focus === null) return;
  const wanted = root.querySelector(state.focus);
  wanted?.focus({ preventScroll: true });
  if (state.carried?.by !== "pointer") wanted?.scrollIntoView({ block: "nearest", inline: "center" });
  state.focus = null;
});
onSessionEnd(signInAgain);

// Links within the room change what is shown and load nothing.
addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="/?sprint="]');
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const { searchParams, hash } = new URL(link.href);
  show(searchParams.get("sprint"), hash.slice(1));
});

update({}); // paints the frame
if (arrived.error) toast(arrived.error === "link" ? say("badLink") : say("signInFailed", arrived.error), { tone: "bad" });
begin();
