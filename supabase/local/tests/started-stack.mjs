// For the tests: starts `stack.mjs` as a process of its own, on free ports, with its own settings file.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startedAt } from "../processes.mjs";
import { isFree } from "../ready.mjs";
import { homes } from "../settings.mjs";
import { keepLogs } from "./secrets.mjs";

const script = join(import.meta.dirname, "..", "stack.mjs");

/** The environment without what the throw-away stack around the tests put there, and without its clock. */
export function cleanEnvironment(extra = {}) {
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(SUPABASE_|BFF_|NODE_TEST_|STACK_CLOCK$)/.test(name))), ...extra };
}

/**
 * Waits until the condition holds, and says what was waited for if it never does. On a machine that is busy with much else
 * a stack has taken more than a minute to start.
 */
export async function until(what, condition, seconds = 180) {
  for (const limit = Date.now() + seconds * 1000; Date.now() < limit; await sleep(20)) {
    const value = await condition();
    if (value) return value;
  }
  throw new Error(`waited ${seconds} s in vain for: ${what}`);
}

/** A place for one stack: ports, settings file and data folder. Everything is removed by `remove()`. */
export async function place() {
  const ports = await claimPorts();
  const { supabasePort, bffPort } = ports;
  const folder = mkdtempSync(join(tmpdir(), "stack-test-"));
  const data = join(homes().data, String(supabasePort));
  return {
    supabasePort,
    bffPort,
    data,
    envFile: join(folder, ".env"),
    environment: cleanEnvironment({ SUPABASE_PORT: String(supabasePort), BFF_PORT: String(bffPort) }),
    remove() {
      keepLogs(data, join(folder, ".env"));
      for (const path of [folder, data]) rmSync(path, { recursive: true, force: true });
      ports.release();
    },
  };
}

/**
 * Claims ports for a stack that is started and ended on them several times: the one between them is PostgreSQL's. They are
 * below those that freePort chooses from, and a file with our process id keeps other tests from them.
 */
async function claimPorts() {
  const claims = join(tmpdir(), `mysingle-places-${process.getuid?.() ?? 0}`);
  mkdirSync(claims, { recursive: true });
  for (let port = 15_000; port < 19_998; port += 3) {
    const claim = join(claims, String(port));
    try {
      writeFileSync(claim, String(process.pid), { flag: "wx" });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      const owner = existsSync(claim) ? readFileSync(claim, "utf8") : ""; // empty while it is being written
      if (owner && startedAt(owner) === null) rmSync(claim, { force: true }); // of a test that was killed: for the next one
      continue;
    }
    const release = () => rmSync(claim, { force: true });
    const free = await Promise.all([0, 1, 2].map((more) => isFree(port + more)));
    if (free.every(Boolean)) return { supabasePort: port, bffPort: port + 2, release };
    release();
  }
  throw new Error("there are no free ports between 15000 and 20000");
}

/**
 * Starts a command of stack.mjs there, with further `args`, `through` a shell of that name with that script if it is given;
 * `output()` is what it has said so far, `ended` the exit code of the stack or of the shell. It ends with us,
 * when its channel to us is closed, and in its own time, in a process group that nobody kills with ours.
 */
export function start(at, command, { args: more = [], through: [shell, shellScript] = [] } = {}) {
  const args = [script, command, "--settings", at.envFile, ...more];
  const child = shell
    ? spawn(shell, ["-c", shellScript, process.execPath, ...args], { env: at.environment })
    : spawn(process.execPath, args, { env: at.environment, stdio: ["pipe", "pipe", "pipe", "ipc"], detached: true });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal)));
  const output = () => said;
  const ready = () => until("MySingle is ready", () => {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended with ${child.exitCode ?? child.signalCode}:\n${said}`);
    return said.includes("MySingle is ready");
  }, 180);
  return { child, ended, output, ready };
}

/** The processes in the record of the stack on this folder, the supervisor first. */
export function recorded(at) {
  const file = join(at.data, "processes.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
}

export const running = (entries) => entries.filter(({ pid, started }) => startedAt(pid) === started).map(({ part }) => part);
