// How the sprint goes: the server's pictures of burndown and flow, how long work takes, and who has how much.

import { send } from "./api.js";
import { Face } from "./board.js";
import { amount, duration, effort } from "./format.js";
import { classes, Component, html } from "./html.js";
import { state, update } from "./store.js";
import { say } from "./words.js";

export function Progress() {
  const { sprint, flow, workload } = state.dashboard;
  const at = `/api/v1/sprints/${sprint.sprint_id}`;
  return html`
    <div class="bar"><${Units} /></div>
    <div class="pictures">
      <${Picture} path=${`${at}/burndown.svg`} title=${say("burndown")} />
      <${Picture} path=${`${at}/flow.svg`} title=${say("flow")} />
    </div>
    ${flow && html`<${Times} flow=${flow} />`}
    ${workload && html`<${Workload} workload=${workload} />`}`;
}

/** What the figures count. */
export function Units() {
  const choice = (unit, label) =>
    html`<button type="button" aria-pressed=${state.unit === unit} onClick=${() => update({ unit })}>${label}</button>`;
  return html`<div class="switch" role="group" aria-label=${say("unit")}>${choice("tasks", say("tasksUnit"))}${choice("points", say("pointsUnit"))}</div>`;
}

/** One of the server's pictures, in the reader's language. It is asked for again when there is something new. */
export class Picture extends Component {
  componentDidMount() {
    this.load();
  }

  componentDidUpdate() {
    this.load();
  }

  componentWillUnmount() {
    this.gone = true;
    URL.revokeObjectURL(this.state.source);
  }

  async load() {
    const address = `${this.props.path}?unit=${state.unit}&size=${state.narrow ? "narrow" : "wide"}`;
    const wanted = `${address} ${state.language} ${state.seen} ${this.state.tries ?? 0}`;
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    const same = this.address === `${address} ${state.language}`;
    try {
      const { status, tag, type, text } = await send("GET", address, { headers: same && this.tag ? { "If-None-Match": this.tag } : {} });
      if (status === 304) return;
      if (wanted !== this.wanted || this.gone) return;
      URL.revokeObjectURL(this.state.source);
      this.tag = tag;
      this.address = `${address} ${state.language}`;
      this.setState({ source: URL.createObjectURL(new Blob([text], { type })), alt: described(text), failed: false });
    } catch {
      if (wanted === this.wanted) this.setState({ failed: true });
    }
  }

  render({ title }, { source, alt, failed, tries }) {
    return html`
      <figure class=${classes("picture", state.narrow && "narrow")} aria-label=${title}>
        ${source ? html`<img src=${source} alt=${alt} />` : !failed && html`<div class="loading"></div>`}
        ${failed && !source && html`<p class="quiet">${say("noPicture")} <button type="button" onClick=${() => this.setState({ tries: (tries ?? 0) + 1, failed: false })}>${say("tryAgain")}</button></p>`}
      </figure>`;
  }
}

const entities = { amp: "&", lt: "<", gt: ">", quot: '"', "#34": '"', "#39": "'" };

/** The picture's own description in words: its <desc>. */
function described(svg) {
  const [, text] = /<desc[^>]*>([^<]*)<\/desc>/.exec(svg) ?? [, ""];
  return text.replace(/&(#?\w+);/g, (whole, name) => entities[name] ?? whole);
}

function Times({ flow: { lead_time, cycle_time, blocked, reopened } }) {
  const times = (label, { count, p50_hours, p85_hours }) => html`
    <div class="tile">
      <dt class="label">${label}</dt>
      <dd class="value small">${count > 0 ? say("half", duration(p50_hours)) : say("noneYet")}</dd>
      ${count > 0 && html`<dd class="note">${say("most", duration(p85_hours))}</dd>`}
    </div>`;
  return html`
    <dl class="tiles">
      ${times(say("leadTime"), lead_time)}${times(say("cycleTime"), cycle_time)}
      <div class="tile"><dt class="label">${say("blockedTime")}</dt><dd class="value small">${blocked.tasks > 0 ? duration(blocked.hours) : say("none")}</dd>${blocked.tasks > 0 && html`<dd class="note">${say("tasks", blocked.tasks)}</dd>`}</div>
      <div class="tile"><dt class="label">${say("reopened")}</dt><dd class="value small">${reopened.times > 0 ? say("times", reopened.times) : say("none")}</dd>${reopened.times > 0 && html`<dd class="note">${say("tasks", reopened.tasks)}</dd>`}</div>
    </dl>`;
}

function Workload({ workload: { members } }) {
  return html`
    <section class="panel" aria-labelledby="workload">
      <header><h2 id="workload">${say("workload")}</h2></header>
      <div class="scrolling" tabindex="0" role="group" aria-labelledby="workload">
        <table>
          <thead><tr><th scope="col">${say("member")}</th><th scope="col">${say("remaining")}</th><th scope="col">${say("effort")}</th></tr></thead>
          <tbody>${members.map((member) => html`<${Load} key=${member.profile_id} member=${member} />`)}</tbody>
        </table>
      </div>
    </section>`;
}

function Load({ member }) {
  const { profile_id, remaining, capacity_minutes, overload_minutes, days_off } = member;
  const minutes = remaining.estimated_minutes;
  const fits =
    profile_id &&
    (overload_minutes > 0
      ? html`<span class="badge bad">${say("overload", effort(overload_minutes))}</span>`
      : html`<span class="badge good">${say("free")}</span>`);
  return html`
    <tr>
      <th scope="row">${profile_id ? html`<${Face} person=${member} />` : say("nobody")}</th>
      <td class="figure">${amount(remaining)}</td>
      <td>
        ${
          profile_id
            ? html`<div class=${classes("load", overload_minutes > 0 && "over")} aria-hidden="true"><i style=${{ width: `${Math.min(100, (100 * minutes) / (capacity_minutes || minutes || 1))}%` }}></i></div>
              <span class="quiet">${fits} ${say("capacity", effort(minutes), effort(capacity_minutes))}${days_off > 0 && ` · ${say("daysOff", days_off)}`}</span>`
            : html`<span class="quiet">${effort(minutes)}</span>`
        }
      </td>
    </tr>`;
}
