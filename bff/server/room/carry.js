// A card in hand: carried by a mouse, pen or finger, or by keys. Both only change state.carried, which the board
// shows; putting it down makes a move of it.

import { arrange, move, rankBetween } from "./moves.js";
import { state, update } from "./store.js";
import { say } from "./words.js";

const far = 6; // pixels that make a drag of a click
const long = 300; // milliseconds that a finger rests before it drags instead of scrolling
const edge = 48; // pixels from the board's edge within which it scrolls

const columns = () => arrange(state.dashboard.board.columns);
const label = (status) => say("statuses")[status];

/** Picks the card up where it is. */
function pickUp(task, by) {
  const column = columns().find(({ tasks }) => tasks.some(({ task_id }) => task_id === task.task_id));
  const index = column.tasks.findIndex(({ task_id }) => task_id === task.task_id);
  update({
    carried: { taskId: task.task_id, task, by, from: column.status, fromIndex: index, status: column.status, index },
    said: say("picked", task.task_name, label(column.status)),
    focus: task.task_id,
  });
}

function carryTo(status, index) {
  if (state.carried.status === status && state.carried.index === index) return;
  const count =
    columns()
      .find((column) => column.status === status)
      .tasks.filter(({ carried }) => !carried).length + 1;
  index = Math.max(0, Math.min(index, count - 1));
  update({ carried: { ...state.carried, status, index }, said: say("over", label(status), index + 1, count), focus: state.carried.taskId });
}

function putDown() {
  const { task, from, fromIndex, status, index } = state.carried;
  const { tasks } = columns().find((column) => column.status === status);
  const [above, below] = [tasks[index - 1]?.board_rank, tasks[index + 1]?.board_rank];
  update({ carried: null, said: say("put", task.task_name, label(status)), focus: task.task_id });
  if (status !== from || index !== fromIndex) move(task, from, status, rankBetween(above, below));
}

export function putBack() {
  const { task } = state.carried;
  update({ carried: null, said: say("putBack", task.task_name), focus: task.task_id });
}

/** The keys of a card: Space picks it up and puts it down, arrows carry it, Escape puts it back. */
export function onKey(event, task) {
  const mine = state.carried?.by === "keys" && state.carried.taskId === task.task_id;
  if (event.key === " ") {
    event.preventDefault();
    if (mine) putDown();
    else if (!state.carried) pickUp(task, "keys");
    return;
  }
  if (!mine) return;
  const order = columns().map(({ status }) => status);
  const { status, index } = state.carried;
  const at = order.indexOf(status);
  const keys = {
    Enter: putDown,
    Escape: putBack,
    Tab: putBack,
    ArrowUp: () => index > 0 && carryTo(status, index - 1),
    ArrowDown: () => carryTo(status, index + 1),
    ArrowLeft: () => at > 0 && carryTo(order[at - 1], index),
    ArrowRight: () => at < order.length - 1 && carryTo(order[at + 1], index),
  };
  if (!keys[event.key]) return;
  if (event.key !== "Tab") event.preventDefault();
  keys[event.key]();
}

/** Begins to follow a pointer that was pressed on a card; what isn't dragged stays a click. */
export function onPress(event, task) {
  if (event.button !== 0 || state.carried) return;
  const card = event.currentTarget;
  const { clientX: x, clientY: y, pointerType, pointerId } = event;
  const box = card.getBoundingClientRect();
  let ghost, scroll, at;
  const hold = pointerType === "touch" ? setTimeout(take, long) : undefined;

  function take() {
    ghost = card.cloneNode(true);
    ghost.classList.add("ghost");
    ghost.removeAttribute("id");
    Object.assign(ghost.style, { width: `${box.width}px`, left: `${box.left}px`, top: `${box.top}px` });
    document.body.append(ghost);
    pickUp(task, "pointer");
    scroll = setInterval(scrollAtEdge, 16);
  }
  function follow(event) {
    if (event.pointerId !== pointerId) return;
    at = { x: event.clientX, y: event.clientY };
    const moved = Math.hypot(at.x - x, at.y - y) > far;
    if (!ghost) {
      if (moved && hold !== undefined) return end(); // the finger scrolls
      if (!moved || hold !== undefined) return;
      take();
    }
    ghost.style.transform = `translate(${at.x - x}px, ${at.y - y}px) rotate(1.5deg)`;
    const place = placeAt(at);
    if (place) carryTo(place.status, place.index);
  }
  function scrollAtEdge() {
    const board = document.querySelector(".board");
    const { left, right } = board.getBoundingClientRect();
    if (at?.x > right - edge) board.scrollLeft += 10;
    else if (at?.x < left + edge) board.scrollLeft -= 10;
  }
  const still = (event) => ghost && event.preventDefault(); // no scrolling by the finger that drags
  const drop = (event) => {
    if (event.pointerId !== pointerId) return;
    const carried = ghost && state.carried;
    end();
    if (!carried) return;
    addEventListener("click", swallow, { capture: true, once: true }); // the release is no click
    setTimeout(() => removeEventListener("click", swallow, { capture: true }), 0);
    putDown();
  };
  const cancel = (event) => {
    if (event.type === "keydown" && event.key !== "Escape") return;
    const carried = ghost && state.carried;
    end();
    if (carried) putBack();
  };
  function end() {
    clearTimeout(hold);
    clearInterval(scroll);
    ghost?.remove();
    for (const [name, listener] of Object.entries(listeners)) removeEventListener(name, listener, { capture: true });
    card.removeEventListener("touchmove", still);
  }
  const listeners = { pointermove: follow, pointerup: drop, pointercancel: cancel, keydown: cancel };
  for (const [name, listener] of Object.entries(listeners)) addEventListener(name, listener, { capture: true });
  // On the card itself: once it is shown in another column, a touch still goes to the element that it began on.
  card.addEventListener("touchmove", still, { passive: false });
}

function swallow(event) {
  event.stopPropagation();
  event.preventDefault();
}

/** The column under a point, and the place among its cards. */
function placeAt({ x, y }) {
  const column = document.elementFromPoint(x, y)?.closest(".column");
  if (!column) return undefined;
  const cards = [...column.querySelectorAll("[data-task]")].filter((card) => card.dataset.task !== state.carried.taskId);
  const index = cards.filter((card) => {
    const { top, height } = card.getBoundingClientRect();
    return top + height / 2 < y;
  }).length;
  return { status: column.dataset.status, index };
}
