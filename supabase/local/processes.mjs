// Process supervision: every process the stack starts is started here, recorded, watched and ended here.

import { execFileSync, spawn } from "node:child_process";
import { chmodSync, closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { refuse } from "./refuse.mjs";

const graceMilliseconds = 8000;

/** When a process started, as the system tells it; a process id alone may have gone to another process. */
export function startedAt(pid) {
  try {
    if (process.platform === "linux") {
      const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
      return state === "Z" ? null : fields[18];
    }
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || null;
  } catch {
    return null; // no such process
  }
}

const alive = ({ pid, started }) => started !== null && startedAt(pid) === started;

/** Signals a whole process group; the group's leader was started by us, so nobody else is in it. */
function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

async function endGroup(entry, done = () => !alive(entry)) {
  for (const signal of [entry.stopSignal, "SIGQUIT", "SIGKILL"]) {
    if (done()) break;
    signalGroup(entry.pid, signal);
    for (let waited = 0; waited < graceMilliseconds && !done(); waited += 20) await sleep(20);
  }
  // What the process left behind in its group: nothing, as a rule.
  if (entry.own) signalGroup(entry.pid, "SIGKILL");
}

/** The processes of one stack, and their record in `<folder>/processes.json`. */
export class Processes {
  #record;
  #parts = []; // in the order of their start
  #stopping = null;

  constructor(folder, say) {
    this.folder = folder;
    this.say = say;
    this.#record = join(folder, "processes.json");
    this.failed = new Promise((_, reject) => (this.fail = reject));
    this.failed.catch(() => {}); // whoever waits for it sees it; nobody may be waiting yet
  }

  /** The process that supervises this folder's stack now, or null. */
  static supervisor(folder) {
    const [supervisor] = readRecord(join(folder, "processes.json"));
    return supervisor && alive(supervisor) ? supervisor : null;
  }

  /** Makes the folder, for nobody else to look into, and writes this process down as its supervisor. */
  async claim() {
    await Processes.endLeftovers(this.folder);
    mkdirSync(join(this.folder, "logs"), { recursive: true });
    // Under root PostgreSQL runs as another user, who passes through to its data.
    chmodSync(this.folder, process.getuid?.() === 0 ? 0o711 : 0o700);
    chmodSync(join(this.folder, "logs"), 0o700);
    this.#write();
  }

  /** Ends what a supervisor that was killed left running. */
  static async endLeftovers(folder) {
    const [supervisor, ...left] = readRecord(join(folder, "processes.json"));
    if (!supervisor || alive(supervisor)) return;
    await Promise.all(left.filter(alive).map((entry) => endGroup({ ...entry, own: false })));
  }

  #write() {
    if (this.#stopping) return;
    const own = { part: "supervisor", pid: process.pid, started: startedAt(process.pid) };
    const entries = [own, ...this.#parts.map(({ part, pid, started, stopSignal }) => ({ part, pid, started, stopSignal }))];
    writeFileSync(`${this.#record}.new`, JSON.stringify(entries, null, 1));
    renameSync(`${this.#record}.new`, this.#record);
  }

  logFile(part) {
    return join(this.folder, "logs", `${part}.log`);
  }

  log(part) {
    const file = this.logFile(part);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** What a part has logged from that byte on; a log may be long, and is read while the part is waited for. */
  #logged(part, from) {
    const file = openSync(this.logFile(part), "r");
    try {
      const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - from));
      return bytes.toString("utf8", 0, readSync(file, bytes, 0, bytes.length, from));
    } finally {
      closeSync(file);
    }
  }

  logTail(part, lines = 15, bytes = 16_384) {
    const from = Math.max(0, statSync(this.logFile(part)).size - bytes);
    const tail = this.#logged(part, from).trimEnd().split("\n");
    if (from > 0 && tail.length > 1) tail.shift(); // it is cut
    return tail.slice(-lines).map((line) => `    ${line}`).join("\n");
  }

  /**
   * Starts a part in its own process group, its output in its log file, and waits until `ready()`
   * answers true; not before its log has what it `announces`, where another stack's part could be the
   * one that answers. If it dies later it is started again with back-off. An error has `portTaken` when the
   * part ended because it did not get its port.
   */
  async start(part, command, args, options) {
    const entry = { part, command, args, options, restarts: 0, stopSignal: options.stopSignal ?? "SIGTERM" };
    this.#spawn(entry, "w");
    try {
      await this.#untilReady(entry);
    } catch (error) {
      if (error.portTaken) this.#forget(entry); // it may be started again on another port
      throw error;
    }
    entry.watched = true;
  }

  /** Runs a command to its end and returns its exit code. Its output goes to its log, unless options.stdio says otherwise. */
  async finish(part, command, args, options) {
    const entry = { part, command, args, options, stopSignal: "SIGTERM" };
    this.#spawn(entry, "w");
    const [code, signal] = await new Promise((resolve, reject) => {
      entry.child.on("exit", (...result) => resolve(result));
      entry.child.on("error", (error) => reject(refuse(`${part}: ${error.message}`)));
    });
    await endGroup(entry, () => true); // only what it left behind
    this.#forget(entry);
    return code ?? 128 + constants.signals[signal];
  }

  #forget(entry) {
    this.#parts.splice(this.#parts.indexOf(entry), 1);
    this.#write();
  }

  #spawn(entry, flags) {
    if (this.#stopping) throw refuse("stopped");
    const { part, command, args, options } = entry;
    const log = openSync(this.logFile(part), flags, 0o600); // e-mails with their links are in there
    entry.logFrom = fstatSync(log).size;
    const child = spawn(command, args, {
      cwd: options.cwd ?? this.folder,
      env: options.env,
      uid: options.user?.uid,
      gid: options.user?.gid,
      detached: true,
      stdio: options.stdio ?? ["ignore", log, log, ...(options.onMessage ? ["ipc"] : [])],
    });
    closeSync(log);
    if (options.onMessage) child.on("message", options.onMessage);
    Object.assign(entry, { child, pid: child.pid, exited: null, own: true, since: Date.now() });
    entry.started = child.pid ? startedAt(child.pid) : null;
    child.on("error", (error) => (entry.exited ??= error.message));
    child.on("exit", (code, signal) => {
      entry.exited ??= signal ? `ended by ${signal}` : `ended with code ${code}`;
      if (entry.watched && !this.#stopping) this.#onDeath(entry);
    });
    if (!this.#parts.includes(entry)) this.#parts.push(entry);
    this.#write();
  }

  async #untilReady(entry) {
    const { part, options } = entry;
    const limit = Date.now() + (options.seconds ?? 30) * 1000;
    const announced = () => !options.announces || options.announces.test(this.#logged(part, entry.logFrom));
    while (!announced() || !(await options.ready())) {
      if (this.#stopping) throw refuse("stopped");
      if (entry.exited) {
        const portTaken = /address (already )?in use|EADDRINUSE/i.test(this.#logged(part, entry.logFrom));
        throw Object.assign(this.#partError(entry, entry.exited), { portTaken });
      }
      if (Date.now() > limit) throw this.#partError(entry, "did not become ready");
      await sleep(25);
    }
  }

  #partError({ part }, what) {
    return refuse(`${part} ${what}. The end of ${this.logFile(part)}:\n${this.logTail(part)}`);
  }

  async #onDeath(entry) {
    const { part } = entry;
    this.say(`! ${part} ${entry.exited}. The end of its log:\n${this.logTail(part)}`);
    entry.watched = false;
    if (Date.now() - entry.since > 30_000) entry.restarts = 0;
    await sleep(Math.min(200 * 2 ** entry.restarts++, 5000));
    if (this.#stopping) return;
    this.#spawn(entry, "a");
    try {
      await this.#untilReady(entry);
      entry.watched = true;
      this.say(`  ${part} runs again`);
    } catch (error) {
      if (this.#stopping) return;
      await endGroup(entry, () => entry.exited !== null);
      this.#onDeath(entry);
    }
  }

  /** Ends every part, the last one started first; PostgreSQL, which the others use, comes last. */
  stop() {
    this.#stopping ??= (async () => {
      const [first, ...rest] = this.#parts;
      const end = (entry) => entry?.pid && endGroup(entry, () => entry.exited !== null);
      await Promise.all(rest.reverse().map(end));
      await end(first);
      rmSync(this.#record, { force: true });
    })();
    return this.#stopping;
  }
}

function readRecord(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
}
