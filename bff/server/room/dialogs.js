// What opens above the page: a card, starting and completing a sprint. Each is a <dialog>, which keeps the focus in
// and gives it back.

import { ask } from "./api.js";
import { since } from "./board.js";
import { cardOf } from "./carry.js";
import { day, dayOf, daysAfter, daysBetween, fullDay, nameOf, number } from "./format.js";
import { Component, createRef, html } from "./html.js";
import { project, refresh, show } from "./live.js";
import { arrange, move, placeBetween } from "./moves.js";
import { state, toast, update } from "./store.js";
import { latest } from "./summary.js";
import { say } from "./words.js";

export function close() {
  update({ dialog: null });
}

export class Modal extends Component {
  element = createRef();

  componentDidMount() {
    this.element.current.showModal();
  }

  componentWillUnmount() {
    this.ending = true;
    this.element.current?.close(); // or the focus wouldn't go back
  }

  /** Escape pressed twice closes any dialog: one that must be answered comes back. */
  closed() {
    if (this.ending) return;
    if (this.props.onClose) this.props.onClose();
    else this.element.current.showModal();
  }

  render({ title, onClose, children, kind }) {
    return html`
      <dialog ref=${this.element} class=${kind} closedby=${onClose ? undefined : "none"} onClose=${() => this.closed()} aria-labelledby=${`${kind}-title`}
        onCancel=${(event) => {
          event.preventDefault();
          onClose?.();
        }}
        onClick=${(event) => event.target === this.element.current && onClose?.()}>
        <div class="inside">
          <header>
            <h2 id=${`${kind}-title`}>${title}</h2>
            ${onClose && html`<button type="button" class="icon" aria-label=${say("close")} onClick=${onClose}>✕</button>`}
          </header>
          ${children}
        </div>
      </dialog>`;
  }
}

/** What is wrong with a form, at its end. */
export const Fault = ({ text }) => html`<p class="fault" role="alert">${text}</p>`;

/** A card with all that is known of it, and the columns to move it to. */
export class TaskDialog extends Component {
  async componentDidMount() {
    try {
      const [row] = await ask("GET", `/rest/v1/tasks?task_id=eq.${this.props.taskId}&select=description`);
      this.setState({ description: row?.description || say("noDescription") });
    } catch (error) {
      this.setState({ description: error.message });
    }
  }

  render({ taskId, movable }, { description = say("loading") }) {
    const columns = arrange(state.dashboard?.board?.columns ?? []);
    const at = columns.find(({ tasks }) => tasks.some(({ task_id }) => task_id === taskId));
    if (!at) return null; // it has been taken out of the sprint, or the filter hides it
    const { status } = at;
    const task = at.tasks.find(({ task_id }) => task_id === taskId);
    const to = (column) => {
      const label = say("moved", task.task_name, say("statuses")[column.status]);
      close();
      update({ focus: cardOf(task), said: label });
      const above = at.tasks[at.tasks.indexOf(task) - 1];
      const back = { label: say("undo"), run: () => move(task, column.status, status, { after: above?.task_id ?? null, rank: task.board_rank }) };
      move(task, status, column.status, placeBetween(column.tasks.at(-1))).then(
        (moved) => moved && toast(label, { action: back }),
      );
    };
    return html`
      <${Modal} kind="task" title=${task.task_name} onClose=${close}>
        <dl class="facts">
          <div><dt>${say("state")}</dt><dd>${say("statuses")[status]} · ${since(task.days_in_status)}</dd></div>
          <div><dt>${say("assignee")}</dt><dd>${task.assignee ? nameOf(task.assignee) : say("nobody")}</dd></div>
          <div><dt>${say("priority")}</dt><dd>${say("priorities")[task.priority]}</dd></div>
          <div><dt>${say("estimate")}</dt><dd>${task.story_points === null ? say("unestimated") : say("points", number(task.story_points))}</dd></div>
          ${task.due_date && html`<div><dt>${say("dueLabel")}</dt><dd>${day(task.due_date)}</dd></div>`}
        </dl>
        <h3>${say("description")}</h3>
        <p class="prose">${description}</p>
        ${
          movable &&
          html`
          <h3 id="move-to">${say("moveTo")}</h3>
          <div class="choices" role="group" aria-labelledby="move-to">
            ${columns.map(
              (column) => html`
              <button type="button" key=${column.status} aria-pressed=${column.status === status} disabled=${column.status === status} onClick=${() => to(column)}>${say("statuses")[column.status]}</button>`,
            )}
          </div>`
        }
      </${Modal}>`;
  }
}

/** What the two sprint dialogs have in common: one question, one call, and what is wrong with it. */
class SprintDialog extends Component {
  async call(name, body, done) {
    if (this.state.busy) return;
    this.setState({ busy: true, fault: null });
    try {
      const answer = await ask("POST", `/rest/v1/rpc/${name}`, { body });
      close();
      done(answer);
    } catch (error) {
      this.setState({ busy: false, fault: error.message });
    }
    await refresh();
  }

  buttons(label) {
    const { busy, fault } = this.state;
    return html`
      ${fault && html`<${Fault} text=${fault} />`}
      <footer>
        <button type="button" onClick=${close}>${say("cancel")}</button>
        <button type="submit" class="first" aria-disabled=${busy}>${busy ? say("working") : label}</button>
      </footer>`;
  }
}

export class StartDialog extends SprintDialog {
  render({ sprint }, { moves }) {
    const today = dayOf(state.dashboard?.as_of ?? Date.now(), state.profile.organizations.timezone);
    const early = daysBetween(today, sprint.start_date);
    const length = daysBetween(sprint.start_date, sprint.end_date);
    // Another planned sprint may be in the way of the moved days.
    const free = !project()?.sprints.some(
      (other) => other.status === "Planned" && other.sprint_id !== sprint.sprint_id && other.start_date <= daysAfter(today, length) && other.end_date >= today,
    );
    const moved = moves ?? (early !== 0 && free);
    const start = (event) => {
      event.preventDefault();
      this.call("start_sprint", { sprint_id: sprint.sprint_id, move_dates: moved }, () => {
        toast(say("started", sprint.sprint_name));
        update({ focus: "#sprint-name" });
        show(sprint.sprint_id, "board");
      });
    };
    const choice = (value, from, to, note) => html`
      <label class="choice" key=${value}>
        <input type="radio" name="dates" checked=${moved === value} onChange=${() => this.setState({ moves: value })} />
        <span>${day(from)} – ${fullDay(to)} <span class="quiet">${note}</span></span>
      </label>`;
    return html`
      <${Modal} kind="start" title=${say("startLong", sprint.sprint_name)} onClose=${close}>
        <form onSubmit=${start}>
          ${
            early === 0
              ? html`<p>${day(sprint.start_date)} – ${fullDay(sprint.end_date)}</p>`
              : html`<fieldset>
                <legend>${early > 0 ? say("early", early) : say("tooLate", -early)}</legend>
                ${choice(true, today, daysAfter(today, length), say("movedDates"))}
                ${choice(false, sprint.end_date < today ? sprint.start_date : today, sprint.end_date, say("keptEnd"))}
              </fieldset>`
          }
          <p class="quiet">${say("startWhy")}</p>
          ${this.buttons(say("start"))}
        </form>
      </${Modal}>`;
  }
}

export class CompleteDialog extends SprintDialog {
  render({ sprint }, { target }) {
    const { burndown } = state.dashboard ?? {};
    const left = burndown && latest(burndown)?.tasks.remaining; // what isn't done at the moment, not as the dialog was opened
    const planned = project()?.sprints.filter(({ status }) => status === "Planned") ?? [];
    const chosen = planned.some(({ sprint_id }) => sprint_id === target) || target === "" ? target : (planned[0]?.sprint_id ?? "");
    const complete = (event) => {
      event.preventDefault();
      this.call("complete_sprint", { sprint_id: sprint.sprint_id, carry_over_to: chosen || null }, (answer) => {
        toast(say("completed", answer.completed_tasks, answer.carried_over));
        update({ focus: "#sprint-name" });
        show(sprint.sprint_id, "report");
      });
    };
    const choice = (value, name, note) => html`
      <label class="choice" key=${value}>
        <input type="radio" name="carry-over" value=${value} checked=${chosen === value} onChange=${() => this.setState({ target: value })} />
        <span>${name}${note && html` <span class="quiet">${note}</span>`}</span>
      </label>`;
    return html`
      <${Modal} kind="complete" title=${say("completeLong", sprint.sprint_name)} onClose=${close}>
        <form onSubmit=${complete}>
          ${
            left !== 0
              ? html`<fieldset>
                <legend>${left ? say("leftOver", left) : say("leftOverSome")}</legend>
                ${planned.map((next, i) => choice(next.sprint_id, next.sprint_name, i === 0 ? say("nextSprint") : day(next.start_date)))}
                ${choice("", say("backlog"))}
              </fieldset>`
              : html`<p>${say("nothingLeft")}</p>`
          }
          <p class="quiet">${say("completeWhy")}</p>
          ${this.buttons(say("complete"))}
        </form>
      </${Modal}>`;
  }
}
