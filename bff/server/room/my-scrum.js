// My update of today's scrum: drafted by the database from what I did and have to do, edited here, posted in one go.

import { ask } from "./api.js";
import { Fault } from "./dialogs.js";
import { time } from "./format.js";
import { Component, html } from "./html.js";
import { refresh, view } from "./live.js";
import { put, state, toast, update } from "./store.js";
import { say } from "./words.js";

export function MyScrum() {
  const { value, error } = view("myScrum");
  if (!value) return html`<section class="panel mine"><h2>${say("myScrum")}</h2><${Fault} text=${error} /></section>`;
  const mine = value.scrums.find(({ sprint }) => sprint.sprint_id === state.sprintId);
  const owed = value.scrums.filter(({ sprint, expected, update }) => sprint.sprint_id !== state.sprintId && expected && !update);
  if (!mine && owed.length === 0) return null;
  return html`
    <section class="panel mine" aria-labelledby="my-scrum">
      <header><h2 id="my-scrum">${say("myScrum")}</h2></header>
      ${mine && (mine.is_scrum_day ? html`<${Update} key=${draftKey(mine)} mine=${mine} timezone=${value.timezone} />` : html`<p>${say("reasons")[mine.reason]}</p>`)}
      ${owed.map(({ sprint, project }) => html`<p key=${sprint.sprint_id}><a href=${`/?sprint=${sprint.sprint_id}#scrum`}>${say("alsoOwed", project.project_name)}</a></p>`)}
    </section>`;
}

/** Drafts are by sprint and day: tomorrow has one of its own. */
const draftKey = ({ sprint, date }) => `${sprint.sprint_id} ${date}`;

/** What the form begins with: what I posted, or what the database proposes. */
function begin({ update, draft }) {
  const base = update?.updated_at ?? null; // what the form goes on from
  if (update) {
    return {
      base,
      yesterday: update.yesterday_work ?? "",
      today: update.today_work ?? "",
      did: update.did.map(({ task_id }) => task_id),
      willDo: update.will_do.map(({ task_id }) => task_id),
      impediments: [],
      obstacle: "",
    };
  }
  const open = view("impediments").value?.open ?? state.dashboard.scrum?.impediments ?? [];
  const known = new Set(open.map(({ task }) => task?.task_id)); // raised already
  const doing = draft.today.filter(({ status }) => status === "In Progress" || status === "In Review");
  const will = doing.length > 0 ? doing : draft.today.slice(0, 1);
  return {
    base,
    yesterday: draft.yesterday.map(({ task_name, what }) => `- ${task_name}: ${changes(what)}`).join("\n"),
    today: will.map(({ task_name }) => `- ${task_name}`).join("\n"),
    did: draft.yesterday.map(({ task_id }) => task_id),
    willDo: will.map(({ task_id }) => task_id),
    impediments: draft.impediments
      .filter(({ task_id }) => !known.has(task_id))
      .map(({ task_id, task_name }) => ({ task_id, description: say("blockedTask", task_name) })),
    obstacle: "", // written, but not added yet
  };
}

/** What happened to a task, in a few words: from its first status to its last, and what else. */
function changes(what) {
  const moves = what.filter(({ kind }) => kind === "status");
  const others = new Set(what.filter(({ kind }) => kind !== "status").map(({ kind }) => say("changes")[kind]));
  const statuses = say("statuses");
  const moved = moves.length > 0 ? [`${statuses[moves[0].old_value]} → ${statuses[moves.at(-1).new_value]}`] : [];
  return [...moved, ...others].join(", ");
}

class Update extends Component {
  render({ mine, timezone }) {
    const key = draftKey(mine);
    const draft = state.drafts[key];
    if (mine.update && !draft) return html`<${Posted} mine=${mine} timezone=${timezone} onEdit=${() => this.edit(key)} />`;
    const form = draft ?? begin(mine);
    const { busy, fault } = state.posting[key] ?? {};
    const overtaken = mine.update && mine.update.updated_at !== form.base; // in another window, meanwhile
    const change = (changes) => put("drafts", key, { ...form, ...changes });
    const tasks = (named, proposed) => [...new Map([...proposed, ...(named ?? [])].map((task) => [task.task_id, task])).values()];
    return html`
      <form onSubmit=${(event) => this.send(event, form, key)}>
        ${!mine.update && html`<p class="quiet">${say("draftNote")}</p>`}
        ${!mine.expected && html`<p class="quiet">${say("notExpected")}</p>`}
        <label class="field">
          <span>${say("yesterdayLabel")}</span>
          <textarea name="yesterday" rows="4" maxlength="10000" value=${form.yesterday} onInput=${(event) => change({ yesterday: event.target.value })}></textarea>
        </label>
        <${Tasks} legend=${say("tasksDid")} tasks=${tasks(mine.update?.did, mine.draft.yesterday)} chosen=${form.did} onChange=${(did) => change({ did })} />
        <label class="field">
          <span>${say("todayLabel")}</span>
          <textarea name="today" rows="4" maxlength="10000" value=${form.today} onInput=${(event) => change({ today: event.target.value })}></textarea>
        </label>
        <${Tasks} legend=${say("tasksWill")} tasks=${tasks(mine.update?.will_do, mine.draft.today)} chosen=${form.willDo} onChange=${(willDo) => change({ willDo })} />
        <${Obstacles} items=${form.impediments} written=${form.obstacle} onChange=${change} />
        ${overtaken && !busy && html`<p class="fault" role="status">${say("overtaken", time(mine.update.updated_at, timezone))}</p>`}
        ${fault && html`<${Fault} text=${fault} />`}
        <footer>
          ${mine.update && html`<button type="button" onClick=${() => this.discard(key)}>${say("discard")}</button>`}
          <button type="submit" class="first" aria-disabled=${busy}>${busy ? say("working") : say(overtaken ? "overwrite" : mine.update ? "sendAgain" : "send")}</button>
        </footer>
      </form>`;
  }

  edit(key) {
    put("drafts", key, begin(this.props.mine));
    update({ focus: ".mine textarea" });
  }

  discard(key) {
    put("drafts", key, undefined);
    update({ focus: ".mine footer button" });
  }

  async send(event, form, key) {
    event.preventDefault();
    if (state.posting[key]?.busy) return;
    const written = form.obstacle.trim();
    const impediments = written ? [...form.impediments, { task_id: null, description: written }] : form.impediments;
    if (!form.yesterday.trim() && !form.today.trim() && form.did.length + form.willDo.length + impediments.length === 0) {
      return put("posting", key, { fault: say("writeSomething") });
    }
    put("posting", key, { busy: true });
    put("drafts", key, form); // what is new in the meantime doesn't change what I see
    try {
      await ask("POST", "/rest/v1/rpc/submit_scrum_update", {
        body: {
          daily_scrum_id: this.props.mine.daily_scrum_id ?? (await this.open()),
          yesterday_work: form.yesterday.trim() || null,
          today_work: form.today.trim() || null,
          did: form.did,
          will_do: form.willDo,
          impediments,
        },
      });
      while (!(await refresh())) await new Promise((resolve) => setTimeout(resolve, 1000)); // or the form would seem unposted
      if (state.drafts[key] === form) this.discard(key);
      else this.goOn(key);
      put("posting", key, undefined);
      toast(say("sent"));
    } catch (error) {
      put("posting", key, { fault: error.message });
      if (state.tab !== "scrum") toast(error.message, { tone: "bad" });
    }
  }

  /** What was written while the update was sent goes on from it. */
  goOn(key) {
    const { base } = begin(this.props.mine);
    put("drafts", key, { ...state.drafts[key], base, impediments: [], obstacle: "" });
  }

  /** Opens today's scrums, as the first to post, and returns this sprint's. */
  async open() {
    const { sprint, date } = this.props.mine;
    const opened = await ask("POST", "/rest/v1/rpc/open_daily_scrums", { body: { scrum_date: date } });
    return opened.find(({ sprint_id }) => sprint_id === sprint.sprint_id)?.daily_scrum_id;
  }
}

function Tasks({ legend, tasks, chosen, onChange }) {
  if (tasks.length === 0) return null;
  const toggle = (id) => onChange(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id]);
  return html`
    <fieldset class="tasks">
      <legend>${legend}</legend>
      ${tasks.map(
        ({ task_id, task_name }) => html`
        <label class="choice" key=${task_id}>
          <input type="checkbox" checked=${chosen.includes(task_id)} onChange=${() => toggle(task_id)} /><span>${task_name}</span>
        </label>`,
      )}
    </fieldset>`;
}

/** Impediments that are raised with the update. */
function Obstacles({ items, written, onChange }) {
  const add = () => {
    const description = written.trim();
    onChange({ impediments: description ? [...items, { task_id: null, description }] : items, obstacle: "" });
  };
  return html`
    <fieldset class="obstacles">
      <legend>${say("obstacles")}</legend>
      <ul>
        ${items.map(
          (item, i) => html`
          <li key=${i}>
            <span>${item.description}</span>
            <button type="button" class="icon" aria-label=${`${say("remove")}: ${item.description}`} onClick=${() => onChange({ impediments: items.filter((_, other) => other !== i) })}>✕</button>
          </li>`,
        )}
      </ul>
      <div class="add">
        <input type="text" name="new-obstacle" maxlength="5000" placeholder=${say("obstacleNew")} aria-label=${say("obstacleNew")}
          value=${written} onInput=${(event) => onChange({ obstacle: event.target.value })}
          onKeyDown=${(event) => {
            if (event.key !== "Enter" || event.isComposing) return;
            event.preventDefault();
            add();
          }} />
        <button type="button" onClick=${add}>${say("obstacleAdd")}</button>
      </div>
    </fieldset>`;
}

function Posted({ mine: { update }, timezone, onEdit }) {
  return html`
    <p class="quiet">${say("postedAt", time(update.updated_at, timezone))}</p>
    <${Text} update=${update} />
    <footer><button type="button" onClick=${onEdit}>${say("edit")}</button></footer>`;
}

/** An update's two texts and the tasks named in it. */
export function Text({ update: { yesterday_work, today_work, did, will_do } }) {
  const part = (label, text, tasks) => {
    const others = tasks.filter(({ task_name }) => !text?.includes(task_name));
    return html`
      <div>
        <dt>${label}</dt>
        <dd class="prose">${text || (others.length === 0 && say("noText"))}
          ${others.length > 0 && html`<ul class="chips">${others.map(({ task_id, task_name }) => html`<li class="chip" key=${task_id}>${task_name}</li>`)}</ul>`}
        </dd>
      </div>`;
  };
  return html`<dl class="update">${part(say("yesterdayLabel"), yesterday_work, did)}${part(say("todayLabel"), today_work, will_do)}</dl>`;
}
