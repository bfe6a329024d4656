// The scrum of the day: who has posted what, who is missing, what is in the way and for how long.

import { ask } from "./api.js";
import { Face } from "./board.js";
import { Fault } from "./dialogs.js";
import { duration, nameOf, weekday } from "./format.js";
import { classes, html } from "./html.js";
import { refresh, rights } from "./live.js";
import { MyScrum, Text } from "./my-scrum.js";
import { state, toast } from "./store.js";
import { say } from "./words.js";

export function Scrum() {
  const { scrum } = state.dashboard;
  return html`
    <div class="columns">
      <${MyScrum} />
      <div class="stack">
        <${Impediments} impediments=${scrum.impediments} />
        <${Team} scrum=${scrum} />
      </div>
    </div>`;
}

function Team({ scrum }) {
  const { date, is_scrum_day, reason, members, missing, daily_scrum } = scrum;
  return html`
    <section class="panel" aria-labelledby="team">
      <header>
        <h2 id="team">${say("team")}</h2>
        <span class="quiet">${weekday(date)}</span>
      </header>
      ${!is_scrum_day && html`<p>${say("reasons")[reason]}</p>`}
      ${is_scrum_day && html`<p class=${missing.length > 0 ? "" : "good"}>${missing.length > 0 ? say("waiting", missing.map(nameOf).join(", ")) : say("all")}</p>`}
      ${daily_scrum?.summary && html`<h3>${say("summary")}</h3><p class="prose">${daily_scrum.summary}</p>`}
      <ul class="members">
        ${members.map((member) => html`<${Member} key=${member.profile_id ?? member.full_name} member=${member} />`)}
      </ul>
    </section>`;
}

function Member({ member }) {
  const { update, day_off, activity, said_and_done } = member;
  const standing = update ? ["posted", "good"] : day_off ? ["off", "calm"] : ["missing", "warn"];
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
      <header><h2 id="impediments">${say("openImpediments")}</h2>${impediments.length > 0 && html`<span class="badge bad">${impediments.length}</span>`}</header>
      ${impediments.length === 0 && html`<p class="quiet">${say("noImpediments")}</p>`}
      <ul class="impediments">
        ${impediments.map((impediment) => html`<${Impediment} key=${impediment.impediment_id} impediment=${impediment} />`)}
      </ul>
    </section>`;
}

function Impediment({ impediment: { impediment_id, description, raised_by, hours, task } }) {
  const { leads, works } = rights();
  const may = leads || (works && raised_by?.profile_id === state.user.id);
  return html`
    <li>
      <div>
        <p>${description}</p>
        <p class="quiet">${say("raisedBy", nameOf(raised_by), duration(hours))}${task && ` · ${say("onTask", task.task_name)}`}</p>
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
      if (changed.length === 0) throw new Error(say("failed"));
      if (resolved_at) toast(say("resolved"), { action: { label: say("undo"), run: () => change(null) } });
    } catch (error) {
      toast(error.message, { tone: "bad" });
    }
    await refresh();
  };
  await change(new Date().toISOString());
}
