// The head of the room: in what state the sprint is, to be read in a second.

import { day, dayOf, daysBetween, number } from "./format.js";
import { classes, html } from "./html.js";
import { project, rights, view } from "./live.js";
import { state, update } from "./store.js";
import { say } from "./words.js";

/** The burndown's figures at the moment: the last day that has any. */
export const latest = ({ days }) => days?.findLast(({ tasks }) => tasks.remaining !== null);

/** What the headline counts: the project's choice, whatever the reader's charts show. */
const headlineUnit = ({ burndown }) => burndown?.headline_unit ?? "tasks";

/** The day on which the sprint began, or is to begin. */
const begin = ({ sprint, timezone }) => {
  const started = sprint.started_at && dayOf(sprint.started_at, timezone);
  return started && started <= sprint.end_date ? started : sprint.start_date;
};

/** The sprint's state in one word and one sentence, with its tone: good, warn, bad or calm. */
export function standing(dashboard) {
  const { sprint, burndown, timezone, as_of } = dashboard;
  const unit = headlineUnit(dashboard);
  const today = dayOf(as_of, timezone); // the server's: the reader's clock may be wrong
  if (sprint.status === "Planned")
    return {
      tone: "calm",
      word: say("Planned"),
      long: say(sprint.start_date < today ? "lateStart" : "plannedLong", day(sprint.start_date)),
    };
  if (sprint.status === "Completed")
    return { tone: "calm", word: say("Completed"), long: say("completedLong", day(dayOf(sprint.completed_at, timezone))) };
  if (sprint.status === "Cancelled") return { tone: "calm", word: say("Cancelled"), long: say("cancelledLong") };
  const now = burndown && latest(burndown);
  const running = { tone: "calm", word: say("Active") };
  if (!now) return { ...running, long: say("unclearLong") };
  if (now.tasks.scope === 0) return { ...running, long: say("noBoard") };
  if (now.tasks.remaining === 0) return { tone: "good", word: say("allDone"), long: say("allDoneLong") };
  const late = daysBetween(sprint.end_date, today);
  if (late > 0) return { tone: "bad", word: say("overdue"), long: say("overdueLong", late) };
  // What has no points counts none: then there is no telling in points.
  if (unit === "points" && now.points.remaining === 0) return { ...running, long: say("unestimatedLong", now.tasks.remaining) };
  const pace = burndown.pace[unit];
  if (pace === null) return { ...running, long: say("unclearLong") };
  if (pace === 0) return { tone: "bad", word: say("standstill"), long: say("standstillLong") };
  const finish = burndown.projected_finish[unit];
  const counted = say(unit === "points" ? "inPoints" : "inTasks");
  if (finish === null) return { tone: "bad", word: say("late"), long: say("lateNoDay", counted) };
  const behind = daysBetween(sprint.end_date, finish);
  return behind > 0
    ? { tone: "warn", word: say("late"), long: say("lateLong", day(finish), behind, counted) }
    : { tone: "good", word: say("onCourse"), long: say("onCourseLong", day(finish), counted) };
}

export function Summary() {
  const { dashboard } = state;
  const { sprint } = dashboard;
  const { tone, word, long } = standing(dashboard);
  return html`
    <section class=${classes("summary", state.tab !== "board" && "short")} aria-labelledby="sprint-name">
      <div class="title">
        <div>
          <h1 id="sprint-name" tabindex="-1">${sprint.sprint_name}</h1>
          <p class="goal">${sprint.goal || say("noGoal")}</p>
        </div>
        <${Action} sprint=${sprint} />
      </div>
      <div class="tiles">
        <div class=${`tile state ${tone}`}>
          <p class="label">${day(begin(dashboard))} – ${day(sprint.end_date)}</p>
          <p class="value">${word}</p>
          <p class="note">${long}</p>
        </div>
        <${Tiles} ...${dashboard} unit=${headlineUnit(dashboard)} />
      </div>
    </section>`;
}

function Tiles({ sprint, burndown, board, workload, scrum, unit }) {
  if (sprint.status === "Planned") {
    // The figures begin with the sprint: until then these are the board's own.
    const total = board?.columns
      .filter(({ status }) => status !== "Cancelled")
      .reduce((sum, { task_count, points }) => ({ tasks: sum.tasks + task_count, points: sum.points + points }), { tasks: 0, points: 0 });
    return html`
      ${total && html`<${Tile} label=${say("inIt")} value=${unit === "points" ? say("points", number(total.points)) : say("tasks", total.tasks)} />`}
      ${workload && html`<${Tile} label=${say("daysLeft")} value=${workload.working_days_left} />`}`;
  }
  const now = burndown && latest(burndown)?.[unit];
  const running = sprint.status === "Active";
  const impediments = running && (view("impediments").value?.open ?? scrum?.impediments);
  return html`
    ${
      now &&
      html`<${Tile} label=${say("done")} value=${number(now.completed)} of=${say("ofTotal", unit === "points" ? say("points", number(now.scope)) : say("tasks", now.scope))}>
      <progress max=${now.scope || 1} value=${now.completed} aria-label=${say("done")}></progress>
    </${Tile}>`
    }
    ${running && workload && html`<${Tile} label=${say("daysLeft")} value=${workload.working_days_left} />`}
    ${
      running &&
      scrum &&
      html`<${Tile} label=${say("scrumToday")} href="#scrum" tone=${scrum.missing.length === 0 && scrum.is_scrum_day ? "good" : ""}
      value=${scrum.is_scrum_day ? scrum.posted : "–"} of=${scrum.is_scrum_day ? say("ofTotal", scrum.expected) : say("noScrum")}
      note=${scrum.missing.some(({ profile_id }) => profile_id === state.user.id) && say("youToo")} />`
    }
    ${impediments && html`<${Tile} label=${say("impediments")} href="#scrum" tone=${impediments.length > 0 ? "bad" : "good"} value=${impediments.length} of=${impediments.length > 0 && say("open")} />`}`;
}

function Tile({ label, value, of, note, tone, href, children }) {
  const inside = html`
    <p class="label">${label}</p>
    <p class="value">${value}${of && html` <span class="of">${of}</span>`}</p>
    ${note && html`<p class="note">${note}</p>`}${children}`;
  return href
    ? html`<a class=${classes("tile", tone)} href=${href}>${inside}</a>`
    : html`<div class=${classes("tile", tone)}>${inside}</div>`;
}

/** What whoever leads the project may do with the sprint at the moment. */
function Action({ sprint }) {
  if (!rights().leads) return null;
  if (sprint.status === "Active") {
    return html`<button type="button" class="first" onClick=${() => update({ dialog: { kind: "complete", sprint } })}>${say("complete")} …</button>`;
  }
  if (sprint.status === "Planned") return html`<${StartButton} sprint=${sprint} />`;
  return null;
}

export function StartButton({ sprint }) {
  const taken = project().sprints.some(({ status }) => status === "Active");
  if (taken) return html`<p class="quiet taken">${say("cantStart")}</p>`;
  return html`<button type="button" class="first" onClick=${() => update({ dialog: { kind: "start", sprint } })}>${say("start")} …</button>`;
}
