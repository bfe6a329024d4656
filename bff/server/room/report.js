// What a sprint set out to do, and what became of it. Once it is closed this is frozen.

import { Fault } from "./dialogs.js";
import { amount, both, duration, nameOf, number, percent } from "./format.js";
import { html } from "./html.js";
import { view } from "./live.js";
import { Picture, Units } from "./progress.js";
import { state } from "./store.js";
import { say } from "./words.js";

const lists = [
  ["completed", "completedWord"],
  ["not_completed", "notCompleted"],
  ["added", "added"],
  ["removed", "removed"],
  ["added_then_removed", "addedThenRemoved"],
  ["reestimated", "reestimated"],
  ["cancelled", "cancelledTasks"],
  ["completed_outside", "completedOutside"],
  ["committed", "committed"],
];

export function Report() {
  const { value: report, error } = view("report");
  if (error) return html`<${Fault} text=${error} />`;
  if (!report) return html`<section class="panel loading tall"></section>`;
  if (!report.committed) return html`<div class="empty"><h2>${say("nothingYet")}</h2></div>`;
  const { committed, completion, committed_completed, added_completed, scope_change, carried_over, impediments, final, sprint } = report;
  return html`
    <div class="bar"><${Units} /><p class="hint">${say(final ? "final" : "soFar")}</p></div>
    <div class="tiles">
      <div class="tile"><p class="label">${say("completion")}</p><p class="value">${percent(completion[state.unit])}</p><p class="note">${say("ofCommitted", number(committed_completed[state.unit]), amount(committed))}${added_completed.tasks > 0 && ` · ${say("addedCompleted", amount(added_completed))}`}</p></div>
      <div class="tile"><p class="label">${say("scopeChange")}</p><p class="value">${signed(scope_change[state.unit])}</p><p class="note">${say("added")} ${amount(report.added)} · ${say("removed")} ${amount(report.removed)}</p></div>
      ${carried_over && html`<div class="tile"><p class="label">${say("carriedOver")}</p><p class="value">${amount(carried_over)}</p>${carried_over.tasks > 0 && html`<p class="note">${carried_over.to ? say("toSprint", carried_over.to.sprint_name) : say("toBacklog")}</p>`}</div>`}
      <div class="tile"><p class="label">${say("impediments")}</p><p class="value">${impediments.raised} <span class="of">${say("raised")}</span></p>
        <p class="note">${impediments.open > 0 && `${impediments.open} ${say("stillOpen")}`}${impediments.open > 0 && impediments.median_resolution_hours !== null && " · "}${impediments.median_resolution_hours !== null && say("resolvedIn", duration(impediments.median_resolution_hours))}</p></div>
    </div>
    <div class="columns even">
      <section class="panel lists" aria-label=${say("reportOf")}>
        ${lists.map(([name, label], i) => html`<${List} key=${name} list=${report[name]} label=${say(label)} open=${i < 2} />`)}
      </section>
      <div class="stack">
        <${Picture} path=${`/api/v1/sprints/${sprint.sprint_id}/burndown.svg`} title=${say("burndown")} />
        <${Members} members=${report.members} />
      </div>
    </div>`;
}

const signed = (ratio) => (ratio > 0 ? `+${percent(ratio)}` : percent(ratio));

function List({ list, label, open }) {
  if (list.tasks === 0) return html`<p class="none"><b>${label}</b> <span class="quiet">${say("noTasks")}</span></p>`;
  return html`
    <details open=${open}>
      <summary><b>${label}</b> <span class="quiet">${both(list)}</span></summary>
      <ul>
        ${list.items.map(
          ({ task_id, task_name, points, points_before, points_after, assignee }) => html`
          <li key=${task_id}>
            <span>${task_name}</span>
            <span class="quiet">${points_before !== undefined ? `${number(points_before ?? 0)} → ${say("pt", number(points_after ?? 0))}` : points !== null && say("pt", number(points))} ${assignee && nameOf(assignee)}</span>
          </li>`,
        )}
      </ul>
    </details>`;
}

function Members({ members }) {
  return html`
    <section class="panel" aria-labelledby="by-member">
      <header><h2 id="by-member">${say("byMember")}</h2></header>
      <div class="scrolling" tabindex="0" role="group" aria-labelledby="by-member">
        <table>
          <thead><tr><th scope="col">${say("member")}</th><th scope="col">${say("committed")}</th><th scope="col">${say("completion")}</th><th scope="col">${say("addedCompletedShort")}</th><th scope="col">${say("notCompleted")}</th></tr></thead>
          <tbody>
            ${members.map(
              ({ profile_id, full_name, committed, completion, added_completed, not_completed }) => html`
              <tr key=${profile_id}>
                <th scope="row">${profile_id ? nameOf({ profile_id, full_name }) : say("nobody")}</th>
                <td class="figure">${number(committed[state.unit])}</td>
                <td class="figure">${percent(completion[state.unit])}</td>
                ${[added_completed, not_completed].map((share) => html`<td class="figure">${number(share[state.unit])}</td>`)}
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>`;
}
