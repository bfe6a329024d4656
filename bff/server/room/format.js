// Days, moments, durations and numbers as the reader's language writes them. Days are days of the organization's
// time zone and come as YYYY-MM-DD; moments are told in that zone, wherever the reader is.

import { say } from "./words.js";
import { state } from "./store.js";

const formats = new Map();

/** Making a format costs more than using it. */
function format(kind, options) {
  const key = `${kind.name} ${state.language} ${JSON.stringify(options)}`;
  if (!formats.has(key)) formats.set(key, new kind(state.language === "ko" ? "ko-KR" : "en-US", options));
  return formats.get(key);
}

const atNoon = (day) => new Date(`${day}T12:00:00Z`);

/** "Nov 24", "11월 24일". */
export const day = (date) => format(Intl.DateTimeFormat, { day: "numeric", month: "short", timeZone: "UTC" }).format(atNoon(date));

/** "Tue, Nov 24", "11월 24일 (화)". */
export const weekday = (date) =>
  format(Intl.DateTimeFormat, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" }).format(atNoon(date));

/** The same for days that may be of another year. */
export const fullDay = (date) =>
  format(Intl.DateTimeFormat, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(atNoon(date));

export const time = (moment, timeZone) =>
  format(Intl.DateTimeFormat, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone }).format(new Date(moment));

/** The day of a moment, as YYYY-MM-DD. */
export const dayOf = (moment, timeZone) => new Intl.DateTimeFormat("en-CA", { timeZone }).format(new Date(moment));

/** The day so many days after another. */
export const daysAfter = (date, days) => new Date(atNoon(date).getTime() + 86_400_000 * days).toISOString().slice(0, 10);

/** How many days the second day is after the first. */
export const daysBetween = (first, second) => Math.round((atNoon(second) - atNoon(first)) / 86_400_000);

export const number = (value) => format(Intl.NumberFormat, { maximumFractionDigits: 1 }).format(value);

export const percent = (ratio) => (ratio === null || ratio === undefined ? "–" : say("percent", number(Math.round(ratio * 100))));

/** How long something took: minutes below one hour, days from two on, to a tenth, as in the pictures. */
export function duration(hours) {
  if (hours < 1) return say("minutes", Math.round(hours * 60));
  return hours < 48 ? say("hours", number(hours)) : say("days", Math.round(hours / 2.4) / 10);
}

/** How long ago something began: in whole minutes, hours or days. */
export function age(hours) {
  if (hours < 1 / 60) return say("justNow");
  const long =
    hours < 1 ? say("minutes", Math.floor(hours * 60)) : hours < 24 ? say("hours", Math.floor(hours)) : say("days", Math.floor(hours / 24));
  return say("ago", long);
}

/** Minutes of work, as hours. */
export const effort = (minutes) => say("hours", number(minutes / 60));

/** An amount in what the reader counts: {tasks, points}. */
export const amount = ({ tasks, points }) => (state.unit === "points" ? say("points", number(points)) : say("tasks", tasks));

/** The same, in both: "8 tasks, 21 points". */
export const both = ({ tasks, points }) => `${say("tasks", tasks)} · ${say("points", number(points))}`;

/** Somebody's name; those who have none are there all the same, and without a profile they have left. */
export const nameOf = (person) => person?.full_name || person?.username || say(person?.profile_id ? "unnamed" : "somebody");
