// STACK_CLOCK: PostgreSQL's clock set to another moment, for tests of midnights, month ends and weekends.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { refuse } from "./refuse.mjs";
import { homes } from "./settings.mjs";

/**
 * Returns the environment that sets PostgreSQL's clock to this moment; the clock goes on from there, also when PostgreSQL
 * is started again. Without a moment it returns no variable. Every other process keeps the real clock: tokens stay valid.
 * Throws a refusal if the moment can't be read or there is no C compiler.
 */
export function shiftedClock(moment, { now = Date.now(), compiler = "cc", programs = homes().programs } = {}) {
  if (!moment) return {};
  const shift = millisecondsOf(moment) - now;
  return { LD_PRELOAD: compile(compiler, programs), CLOCK_SHIFT: String(shift * 1000) };
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

/**
 * Compiles clock.c, once per version of it, and returns the library. libfaketime won't do: it gives the real time to
 * signal handlers that interrupt a wait, so PostgreSQL's lock, statement and deadlock timeouts never end.
 */
function compile(compiler, programs) {
  const source = join(import.meta.dirname, "clock.c");
  const library = join(programs, `clock-${createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 12)}.so`);
  if (process.platform === "linux" && existsSync(library)) return library;
  mkdirSync(programs, { recursive: true });
  const draft = `${library}.${process.pid}`; // renamed when complete: another stack may start at the same moment
  try {
    if (process.platform !== "linux") throw new Error(`this is ${process.platform}`);
    execFileSync(compiler, ["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", draft, source], { encoding: "utf8", stdio: "pipe" });
    renameSync(draft, library);
  } catch (error) {
    rmSync(draft, { force: true });
    throw refuse(`STACK_CLOCK needs Linux and a C compiler: install one (apt-get install gcc libc6-dev, dnf install gcc). ${error.stderr || error.message}`);
  }
  return library;
}
