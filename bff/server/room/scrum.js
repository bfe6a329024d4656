// The scrum of the day: who has posted what, who is missing, what is in the way and for how long.

import { ask } from "./api.js";
import { Face } from "./board.js";
import { age, nameOf, weekday } from "./format.js";
import { classes, html } from "./html.js";
import { refresh, rights, view } from "./live.js";
import { MyScrum, Text } from "./my-scrum.js";
import { state, toast, update } from "./store.js";
import { say } from "./words.js";

export function Scrum() {
  const { scrum, sprint } = state.dashboard;
  const read = (name) => "value" in view(name);
  if (!read("myScrum") || !read("impediments")) return html`<section class="panel loading tall"></section>`; // all at once, or it would jump
  // What is in the way stays so when the next sprint begins; of a sprint that is over, what was in its own.
  const impediments = (sprint.status === "Active" && view("impediments").value?.open) || scrum.impediments;
  return html`
    <div class="columns">
      <${MyScrum} />
      <div class="stack">
        <${Impediments} impediments=${impediments} />
        <${Team} scrum=${scrum} running=${sprint.status === "Active"} />
      </div>
    </div>`;
}

function Team({ scrum, running }) {
  const { date, is_scrum_day, reason, members, missing, expected, daily_scrum } = scrum;
  return html`
    <section class="panel" aria-labelledby="team">
      <header>
        <h2 id="team">${say("team")}</h2>
        <span class="quiet">${weekday(date)}</span>
      </header>
      ${!is_scrum_day && html`<p>${say("reasons")[reason]}</p>`}
      ${running && is_scrum_day && missing.length > 0 && html`<p>${say("waiting", missing.map(nameOf).join(", "))}</p>`}
      ${is_scrum_day && expected > 0 && missing.length === 0 && html`<p class="good">${say("all")}</p>`}
      ${daily_scrum?.summary && html`<h3>${say("summary")}</h3><p class="prose">${daily_scrum.summary.replaceAll("**", "")}</p>`}
      <ul class="members">
        ${members.map((member) => html`<${Member} key=${member.profile_id ?? member.full_name} member=${member} />`)}
      </ul>
    </section>`;
}

function Member({ member }) {
  const { update, activity, said_and_done } = member;
  const standing = !update ? ["missing", "warn"] : update.late ? ["postedLate", "warn"] : ["posted", "good"];
  return html`
    <li>
      <h3><${Face} person=${member} /><span class=${classes("badge", standing[1])}>${say(standing[0])}</span></h3>
      ${update && html`<${Text} update=${update} />`}
      ${
        said_and_done.length > 0 &&
        html`
        <p class="said"><span class="quiet">${say("said")}</span>
          ${said_and_done.map(({ task_id, task_name, outcome }) => html`<span key=${task_id} class=${`chip ${outcome}`}>${task_name} · ${say("outcomes")[outcome]}</span>`)}
        </p>`
      }
      ${
        activity.length > 0 &&
        html`
        <details>
          <summary>${say("activity", activity.length)}</summary>
          <ul class="activity">${activity.map((change, i) => html`<li key=${i}>${change.task_name}: ${told(change)}</li>`)}</ul>
        </details>`
      }
    </li>`;
}

function told({ kind, old_value, new_value }) {
  const statuses = say("statuses");
  return kind === "status"
    ? `${statuses[old_value]} → ${statuses[new_value]}`
    : kind === "points"
      ? `${say("changes").points} ${old_value ?? "–"} → ${new_value ?? "–"}`
      : say("changes")[kind];
}

function Impediments({ impediments }) {
  return html`
    <section class="panel" aria-labelledby="impediments">
      <header><h2 id="impediments" tabindex="-1">${say("openImpediments")}</h2>${impediments.length > 0 && html`<span class="badge bad">${impediments.length}</span>`}</header>
      ${impediments.length === 0 && html`<p class="quiet">${say("noImpediments")}</p>`}
      <ul class="impediments">
        ${impediments.map((impediment) => html`<${Impediment} key=${impediment.impediment_id} impediment=${impediment} />`)}
      </ul>
    </section>`;
}

function Impediment({ impediment: { impediment_id, description, raised_by, hours, task, sprint } }) {
  const { leads, works } = rights();
  const may = leads || (works && raised_by?.profile_id === state.user.id);
  return html`
    <li>
      <div>
        <p>${description}</p>
        <p class="quiet">${nameOf(raised_by)}, ${age(hours)}${task && ` · ${say("onTask", task.task_name)}`}${sprint.sprint_id !== state.sprintId && ` · ${say("fromSprint", sprint.sprint_name)}`}</p>
      </div>
      ${may && html`<button type="button" aria-label=${say("resolveLong", description)} onClick=${() => resolve(impediment_id)}>${say("resolve")}</button>`}
    </li>`;
}

async function resolve(id) {
  const change = async (resolved_at) => {
    try {
      const changed = await ask("PATCH", `/rest/v1/impediments?impediment_id=eq.${id}&select=impediment_id`, {
        body: { resolved_at },
        headers: { Prefer: "return=representation" },
      });
      if (changed.length === 0) throw new Error(say("notChanged"));
      if (resolved_at) toast(say("resolved"), { action: { label: say("undo"), run: () => change(null) } });
    } catch (error) {
      toast(error.message, { tone: "bad" });
    }
    await refresh();
    update({ focus: "#impediments" });
  };
  await change(new Date().toISOString());
}
