// STACK_CLOCK: PostgreSQL's clock set to another moment, for tests of midnights, month ends and weekends.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { refuse } from "./refuse.mjs";

/**
 * Returns the environment that sets PostgreSQL's clock to this moment by libfaketime; the clock goes on from there, also
 * when PostgreSQL is started again. Without a moment it returns no variable. Every other process keeps the real clock:
 * tokens stay valid. Throws a refusal if the moment can't be read or libfaketime is missing.
 */
export function shiftedClock(moment, { now = Date.now(), folders = libraryFolders() } = {}) {
  if (!moment) return {};
  const offset = millisecondsOf(moment) - now;
  const library = folders.map((folder) => join(folder, "faketime", "libfaketime.so.1")).find((file) => existsSync(file));
  if (!library) throw refuse("STACK_CLOCK needs libfaketime, on Linux: install it (apt-get install libfaketime, dnf install libfaketime)");
  return {
    LD_PRELOAD: library,
    FAKETIME: `${offset < 0 ? "-" : "+"}${Math.abs(offset) / 1000}`, // seconds beside the real clock
    FAKETIME_DONT_FAKE_MONOTONIC: "1", // waits and timeouts go by this clock
  };
}

/** Reads an ISO moment with its zone; JavaScript takes 31 February for a day in March, and this refuses it. */
function millisecondsOf(moment) {
  const [, date] = moment.match(/^(\d{4}-\d\d-\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/) ?? [];
  const milliseconds = date === undefined ? NaN : Date.parse(moment);
  const dayExists = date !== undefined && new Date(`${date}T00:00Z`).toJSON()?.startsWith(date);
  if (Number.isNaN(milliseconds) || !dayExists) {
    throw refuse(`STACK_CLOCK=${moment} is not a moment with its zone, such as 2026-11-30T14:58:00Z`);
  }
  return milliseconds;
}

/** Where distributions put libraries: Debian below a folder per architecture, others in one of two. */
function libraryFolders() {
  if (process.platform !== "linux") return [];
  const folders = ["/usr/lib64", "/usr/lib", "/usr/local/lib"];
  const perArchitecture = readdirSync("/usr/lib").filter((name) => name.includes("-linux-"));
  return [...perArchitecture.map((name) => join("/usr/lib", name)), ...folders];
}
