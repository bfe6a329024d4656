// A card in hand: carried by a mouse, pen or finger, or by keys. Both only change state.carried, which the board
// shows; putting it down makes a move of it.

import { arrange, move, placeBetween } from "./moves.js";
import { state, update } from "./store.js";
import { say } from "./words.js";

const far = 6; // pixels that make a drag of a click
const long = 300; // milliseconds that a finger rests before it drags instead of scrolling
const edge = 48; // pixels from the board's edge within which it scrolls

/** Where the card's button is, for the focus. */
export const cardOf = ({ task_id }) => `[data-task="${task_id}"] button`;

const columns = () => arrange(state.dashboard.board.columns);
const label = (status) => say("statuses")[status];

/** Picks the card up where it is. */
function pickUp(task, by) {
  const column = columns().find(({ tasks }) => tasks.some(({ task_id }) => task_id === task.task_id));
  const index = column.tasks.findIndex(({ task_id }) => task_id === task.task_id);
  update({
    carried: { taskId: task.task_id, task, by, from: column.status, fromIndex: index, status: column.status, index },
    said: say("picked", task.task_name, label(column.status)),
    focus: cardOf(task),
  });
}

function carryTo(status, index) {
  if (state.carried.status === status && state.carried.index === index) return;
  const count =
    columns()
      .find((column) => column.status === status)
      .tasks.filter(({ carried }) => !carried).length + 1;
  index = Math.max(0, Math.min(index, count - 1));
  update({
    carried: { ...state.carried, status, index },
    said: say("over", label(status), index + 1, count),
    focus: cardOf(state.carried.task),
  });
}

function putDown() {
  const { task, from, fromIndex, status } = state.carried;
  const { tasks } = columns().find((column) => column.status === status);
  const index = tasks.findIndex(({ carried }) => carried); // the column may be shorter by now
  update({ carried: null, said: say("put", task.task_name, label(status)), focus: cardOf(task) });
  if (status !== from || index !== fromIndex) move(task, from, status, placeBetween(tasks[index - 1], tasks[index + 1]));
}

export function putBack() {
  const { task } = state.carried;
  update({ carried: null, said: say("putBack", task.task_name), focus: cardOf(task) });
}

/** Arrows lead from card to card: to the next in the column, or to about the same place in the next column that has one. */
function lead(key, card) {
  const all = [...document.querySelectorAll(".column")].map((column) => [...column.querySelectorAll(".card")]);
  const at = all.findIndex((cards) => cards.includes(card));
  const place = all[at].indexOf(card);
  const filled = { ArrowLeft: all.slice(0, at).reverse(), ArrowRight: all.slice(at + 1) }[key]?.find((cards) => cards.length > 0);
  const next = { ArrowUp: all[at][place - 1], ArrowDown: all[at][place + 1] }[key] ?? filled?.[Math.min(place, filled.length - 1)];
  next?.focus();
}

/** The keys of a card: Space picks it up and puts it down, arrows carry it, Escape puts it back. */
export function onKey(event, task, movable) {
  const mine = state.carried?.by === "keys" && state.carried.taskId === task.task_id;
  if (event.key === " " && movable) {
    event.preventDefault();
    if (mine) putDown();
    else if (!state.carried) pickUp(task, "keys");
    return;
  }
  if (!mine && event.key.startsWith("Arrow")) {
    event.preventDefault();
    lead(event.key, event.currentTarget);
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
  if (event.button !== 0) return;
  if (state.carried) return putBack(); // it was picked up by keys
  const card = event.currentTarget;
  const { clientX: x, clientY: y, pointerType, pointerId } = event;
  const box = card.getBoundingClientRect();
  let ghost, scroll, at;
  const hold = pointerType === "touch" ? setTimeout(take, long) : undefined;

  function take() {
    if (state.carried || !card.isConnected) return end(); // by another finger, or it has gone meanwhile
    pickUp(task, "pointer");
    ghost = card.cloneNode(true);
    ghost.classList.add("ghost");
    ghost.inert = true;
    Object.assign(ghost.style, { width: `${box.width}px`, left: `${box.left}px`, top: `${box.top}px` });
    document.body.append(ghost);
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
      if (!ghost) return;
    }
    if (!state.carried) return end(); // the card has gone
    ghost.style.transform = `translate(${at.x - x}px, ${at.y - y}px) rotate(1.5deg)`;
    const place = placeAt(at);
    if (place) carryTo(place.status, place.index);
  }
  function scrollAtEdge() {
    const board = document.querySelector(".board");
    if (!board) return end();
    const { left, right, top, bottom } = board.getBoundingClientRect();
    if (at?.x > right - edge) board.scrollLeft += 10;
    else if (at?.x < left + edge) board.scrollLeft -= 10;
    if (at?.y > Math.min(bottom, innerHeight) - edge) board.scrollTop += 10;
    else if (at?.y < top + edge) board.scrollTop -= 10;
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
    if (event.type === "blur" && event.target !== window) return; // of an element
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
  const listeners = { pointermove: follow, pointerup: drop, pointercancel: cancel, keydown: cancel, blur: cancel };
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
