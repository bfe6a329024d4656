// Moving a card: it is shown in its new place at once and the database is told by move_task, which puts it behind
// another one, and refuses if the card has left the column that the reader saw it in: of two people who move a card
// the second one is told. What the server refuses is undone, with its message. A move that nobody answered stays where it
// is and is sent again until somebody does: sent twice it does nothing more than once.

import { ask, Refusal, Unreachable } from "./api.js";
import { refresh } from "./live.js";
import { put, state, toast, update } from "./store.js";
import { say } from "./words.js";

const sending = new Map(); // tasks whose move is under way: which one it is, counted from the first
let count = 0;
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The board's columns as the reader filters them, with the moves that the server's answer doesn't show yet and the card in hand. */
export function arrange(columns) {
  const { moves, carried, filter, user } = state;
  const wanted =
    { all: () => true, me: (task) => task.assignee?.profile_id === user.id, nobody: (task) => !task.assignee }[filter] ??
    ((task) => task.assignee?.profile_id === filter);
  const all = columns.flatMap(({ tasks }) => tasks).filter(wanted);
  return columns.map((column) => {
    const tasks = column.tasks.filter((task) => wanted(task) && !moves[task.task_id] && carried?.taskId !== task.task_id);
    for (const task of all) {
      const move = moves[task.task_id];
      if (move?.status === column.status && carried?.taskId !== task.task_id) tasks.push({ ...task, board_rank: move.rank, pending: true });
    }
    tasks.sort((a, b) => a.board_rank - b.board_rank);
    if (carried?.status === column.status) {
      const task = all.find(({ task_id }) => task_id === carried.taskId);
      if (task) tasks.splice(carried.index, 0, { ...task, carried: true });
    }
    return { ...column, tasks };
  });
}

/** The place between two cards, either of which may be missing: behind which one, and where to show it until the board does. */
export function placeBetween(above, below) {
  const after = above?.task_id ?? null;
  if (!above && !below) return { after, rank: Date.now() / 1000 };
  if (!above) return { after, rank: below.board_rank - 1024 };
  if (!below) return { after, rank: above.board_rank + 1024 };
  return { after, rank: (above.board_rank + below.board_rank) / 2 };
}

/** Moves a card to a status and a place there, and returns whether it was. `from` is the status that the reader saw it in. */
export async function move(task, from, status, place) {
  const before = state.moves[task.task_id];
  put("moves", task.task_id, { name: task.task_name, seen: before?.seen ?? from, status, ...place, sprintId: state.sprintId });
  if (sending.has(task.task_id)) return false; // it goes on with this one
  sending.set(task.task_id, ++count);
  try {
    return await carryOut(task.task_id);
  } finally {
    sending.delete(task.task_id);
  }
}

async function carryOut(taskId) {
  for (let tries = 0; ; ) {
    const wanted = state.moves[taskId];
    // The card above may be on its way there: it goes first. Of two that wait for each other the older one doesn't.
    if (sending.get(wanted.after) < sending.get(taskId)) {
      await pause(50);
      continue;
    }
    try {
      const why = await tell(taskId, wanted);
      if (why) return await undo(taskId, why);
    } catch (error) {
      if (error instanceof Refusal && error.status !== 429) return undo(taskId, say("notMoved", wanted.name, error.message));
      if (error instanceof Unreachable) update({ connection: "lost" });
      await pause(error.retryAfter * 1000 || Math.min(1000 * 2 ** tries++, 10_000));
      continue;
    }
    while (state.moves[taskId] === wanted && !(await refresh())) await pause(1000); // or the card would jump back until somebody answers
    if (state.moves[taskId] === wanted) {
      put("moves", taskId, undefined);
      return true;
    }
    put("moves", taskId, { ...state.moves[taskId], seen: wanted.status }); // moved on meanwhile
  }
}

/** Tells the database. Returns why it didn't happen, or nothing. */
async function tell(taskId, { name, seen, status, after, sprintId }) {
  let refusal;
  try {
    await ask("POST", "/rest/v1/rpc/move_task", {
      body: { task_id: taskId, status, after_task_id: after ?? null, from_status: seen, sprint_id: sprintId },
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal) || ![403, 404, 409].includes(error.status)) throw error;
    refusal = error;
  }
  const [now] = await ask("GET", `/rest/v1/tasks?task_id=eq.${taskId}&select=status,sprint_id`);
  if (now?.sprint_id !== sprintId) return say("movedAway", name);
  if (refusal.status === 403) return say("mayNot");
  return now.status === seen || now.status === status
    ? say("notMoved", name, refusal.message)
    : say("movedByOther", name, say("statuses")[now.status]);
}

/** Puts the card where the server has it, whatever the reader wished since: they saw it where it isn't. */
async function undo(taskId, why) {
  await refresh();
  put("moves", taskId, undefined);
  toast(why, { tone: "bad" });
  return false;
}
