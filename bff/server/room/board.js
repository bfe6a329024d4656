// The board: a column per status, cards to move by drag, by keys and, on a card's own page, by choice.

import { onKey, onPress } from "./carry.js";
import { day, nameOf, number } from "./format.js";
import { classes, html } from "./html.js";
import { rights } from "./live.js";
import { arrange } from "./moves.js";
import { state, update } from "./store.js";
import { say } from "./words.js";

export function Board() {
  const { board, sprint, scrum } = state.dashboard;
  const today = scrum?.date ?? sprint.end_date;
  const { works } = rights();
  const closed = sprint.status === "Completed" || sprint.status === "Cancelled";
  const movable = works && !closed;
  const columns = arrange(board.columns);
  const cards = columns.flatMap(({ tasks }) => tasks.map(({ task_id }) => task_id));
  const active = cards.includes(state.active) ? state.active : cards[0]; // one stop for Tab; arrows lead on from there
  if (board.columns.every(({ tasks }) => tasks.length === 0)) {
    return html`<div class="empty"><h2>${say("noBoard")}</h2><p>${say("noBoardLong")}</p></div>`;
  }
  return html`
    <div class="bar">
      <${Filter} columns=${board.columns} />
      <p class="hint" id="board-help">${movable ? say("boardHelp") : say(closed ? "closedBoard" : "readOnly")}</p>
    </div>
    <nav class="jump" aria-label=${say("columns")}>
      ${columns.map(({ status, tasks }) => html`<button type="button" key=${status} data-status=${status} onClick=${() => jump(status)}><i class="dot" aria-hidden="true"></i>${say("statuses")[status]} ${tasks.length}</button>`)}
    </nav>
    <div class=${classes("board", state.carried && "carrying")}>
      ${columns.map((column) => html`<${Column} key=${column.status} column=${column} movable=${movable} today=${today} active=${active} />`)}
    </div>`;
}

/** On a phone there is room for one column at a time. */
const jump = (status) =>
  document.querySelector(`.column[data-status="${status}"]`).scrollIntoView({ behavior: "smooth", block: "nearest", inline: "start" });

function Filter({ columns }) {
  const people = new Map(
    columns.flatMap(({ tasks }) => tasks.filter(({ assignee }) => assignee).map(({ assignee }) => [assignee.profile_id, nameOf(assignee)])),
  );
  people.delete(state.user.id);
  const others = [...people].sort(([, a], [, b]) => a.localeCompare(b, state.language));
  return html`
    <label class="field inline">
      <span>${say("show")}</span>
      <select value=${state.filter} onChange=${(event) => update({ filter: event.target.value })}>
        <option value="all">${say("everybody")}</option>
        <option value="me">${say("mine")}</option>
        <option value="nobody">${say("unassigned")}</option>
        ${others.map(([id, name]) => html`<option key=${id} value=${id}>${name}</option>`)}
      </select>
    </label>`;
}

function Column({ column: { status, tasks, task_count }, ...given }) {
  const shown = tasks.length;
  const points = tasks.reduce((sum, { story_points }) => sum + story_points, 0); // of what is shown: filtered, and with the card in hand
  return html`
    <section class=${classes("column", state.carried?.status === status && "target")} data-status=${status} aria-label=${say("statuses")[status]}>
      <h2>
        <i class="dot" aria-hidden="true"></i>${say("statuses")[status]}
        <span class="count">${state.filter === "all" ? shown : `${shown}/${task_count}`}</span>
        ${points > 0 && html`<span class="sum">${say("pt", number(points))}</span>`}
      </h2>
      <ol>
        ${tasks.map((task) => html`<${Card} key=${task.task_id} task=${task} status=${status} ...${given} />`)}
        ${shown === 0 && html`<li class="nothing" key="nothing">${say("emptyColumn")}</li>`}
      </ol>
    </section>`;
}

function Card({ task, status, movable, today, active }) {
  const { task_id, task_name, priority, story_points, due_date, days_in_status, assignee } = task;
  const late = due_date && due_date < today && status !== "Completed" && status !== "Cancelled";
  const stale = days_in_status >= 3 && ["In Progress", "In Review", "Blocked", "On Hold"].includes(status);
  return html`
    <li data-task=${task_id}>
      <button type="button" class=${classes("card", task.carried && "carried", task.pending && "pending", movable && "movable")}
        aria-describedby=${movable ? "board-help" : undefined}
        tabindex=${task_id === active ? 0 : -1} onFocus=${() => state.active !== task_id && update({ active: task_id })}
        onClick=${() => !state.carried && update({ dialog: { kind: "task", taskId: task_id, movable } })}
        onPointerDown=${movable ? (event) => onPress(event, task) : undefined}
        onKeyDown=${(event) => onKey(event, task, movable)} onKeyUp=${movable ? (event) => event.key === " " && event.preventDefault() : undefined}>
        <span class="name">${task_name}</span>
        <span class="facts">
          ${priority !== "Low" && priority !== "Medium" && html`<span class=${`chip ${priority.toLowerCase()}`}>${say("priorities")[priority]}</span>`}
          ${story_points !== null && html`<span class="chip">${say("pt", number(story_points))}</span>`}
          ${due_date && html`<span class=${classes("chip", late && "urgent")}>${say("due", day(due_date))}</span>`}
          ${stale && html`<span class=${classes("chip", status === "Blocked" && "urgent")} title=${since(days_in_status)}>${say("since", days_in_status)}</span>`}
          <span class="who">${assignee ? html`<${Face} person=${assignee} />` : html`<span class="quiet">${say("nobody")}</span>`}</span>
        </span>
      </button>
    </li>`;
}

/** How long a card has been in its column. */
export const since = (days) => say(days === 0 ? "sinceToday" : "sinceLong", days);

/** Somebody's initials in a colour of their own, with the name beside them. */
export function Face({ person, name = nameOf(person) }) {
  const hangul = /^[가-힣]{2,}$/.test(name);
  const initials = hangul
    ? name.slice(1, 3)
    : name
        .split(/\s+/)
        .map((word) => word[0])
        .join("")
        .slice(0, 2)
        .toUpperCase();
  const hue = [...(person?.profile_id ?? name)].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 8, 7);
  return html`<span class="face"><i class=${`hue${hue}`} aria-hidden="true">${initials}</i>${name}</span>`;
}
