// The project over several sprints: how much it does in one, when it will be done, and the sprints themselves.

import { ask } from "./api.js";
import { Fault } from "./dialogs.js";
import { amount, day, fullDay, number } from "./format.js";
import { html } from "./html.js";
import { project, refresh, rights, view } from "./live.js";
import { Picture, Units } from "./progress.js";
import { state, toast } from "./store.js";
import { StartButton } from "./summary.js";
import { say } from "./words.js";

export function Project() {
  const { project_id, sprints } = project();
  const at = `/api/v1/projects/${project_id}`;
  const by = (...statuses) => sprints.filter(({ status }) => statuses.includes(status));
  return html`
    <div class="bar"><${Units} />${rights().manages && html`<${HeadlineUnit} />`}</div>
    <div class="pictures">
      <div class="stack"><${Picture} path=${`${at}/velocity.svg`} title=${say("velocity")} /><${Velocity} /></div>
      <div class="stack"><${Picture} path=${`${at}/forecast.svg`} title=${say("forecast")} /><${Forecast} /></div>
    </div>
    <div class="columns even">
      <${Sprints} title=${say("closedSprints")} none=${say("noClosed")} sprints=${by("Completed", "Cancelled").reverse()} />
      <${Sprints} title=${say("plannedSprints")} none=${say("noPlanned")} sprints=${by("Planned")} />
    </div>`;
}

/** What the headline counts, for everybody: its managers choose. */
function HeadlineUnit() {
  const { project_id, headline_unit } = project();
  const choose = async ({ target }) => {
    try {
      const changed = await ask("PATCH", `/rest/v1/projects?project_id=eq.${project_id}&select=project_id`, {
        body: { headline_unit: target.value },
        headers: { Prefer: "return=representation" },
      });
      if (changed.length === 0) throw new Error(say("notChanged"));
    } catch (error) {
      target.value = headline_unit;
      toast(error.message, { tone: "bad" });
    }
    await refresh();
  };
  return html`
    <label class="setting">${say("headlineUnit")}
      <select value=${headline_unit} onChange=${choose}>
        <option value="tasks">${say("tasksUnit")}</option>
        <option value="points">${say("pointsUnit")}</option>
      </select>
    </label>`;
}

function Velocity() {
  const { value, error } = view("velocity");
  if (error) return html`<${Fault} text=${error} />`;
  const spread = value?.[state.unit];
  if (!spread?.average) return null;
  return html`
    <dl class="tiles">
      <div class="tile"><dt class="label">${say("velocity")}</dt><dd class="value">${number(spread.average)} <span class="of">${say("average")}</span></dd>
        ${spread.low !== null && html`<dd class="note">${say("velocityLong", say(state.unit === "points" ? "points" : "tasks", `${number(spread.low)}–${number(spread.high)}`))}</dd>`}</div>
    </dl>`;
}

function Forecast() {
  const { value, error } = view("forecast");
  if (error) return html`<${Fault} text=${error} />`;
  if (!value) return null;
  const { reason, chances } = value[state.unit];
  if (reason) return html`<p class="quiet">${say("noForecast")[reason]}</p>`;
  return html`
    <dl class="tiles three">
      ${chances.map(
        ({ percent, date, reason }) => html`
        <div class="tile" key=${percent}><dt class="label">${say("chance", percent)}</dt><dd class="value small">${date ? fullDay(date) : say("noForecast")[reason]}</dd></div>`,
      )}
    </dl>
    <p class="quiet">${say("leftInProject", amount(value.remaining))}</p>`;
}

function Sprints({ title, none, sprints }) {
  return html`
    <section class="panel" aria-label=${title}>
      <header><h2>${title}</h2></header>
      ${sprints.length === 0 && html`<p class="quiet">${none}</p>`}
      <ul class="sprints">${sprints.map((sprint) => html`<${Row} key=${sprint.sprint_id} sprint=${sprint} />`)}</ul>
    </section>`;
}

function Row({ sprint }) {
  const { sprint_id, sprint_name, status, start_date, end_date } = sprint;
  const done = view("velocity").value?.sprints.find((closed) => closed.sprint_id === sprint_id);
  const planned = status === "Planned";
  return html`
    <li>
      <div>
        <p><a href=${`/?sprint=${sprint_id}#${planned ? "board" : "report"}`} aria-label=${`${sprint_name}: ${say(planned ? "look" : "openReport")}`}>${sprint_name}</a></p>
        <p class="quiet">${day(start_date)} – ${fullDay(end_date)}${done && ` · ${say("completedWord")} ${number(done.completed[state.unit])} · ${say("committed")} ${number(done.committed[state.unit])}`}${status === "Cancelled" && ` · ${say("Cancelled")}`}</p>
      </div>
      ${planned && rights().leads && html`<${StartButton} sprint=${sprint} />`}
    </li>`;
}
