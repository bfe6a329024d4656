// Starting and ending: what runs is ended however the end comes, and nothing is started half.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import postgres from "postgres";
import { findFunctions } from "../functions.mjs";
import { startedAt } from "../processes.mjs";
import { cleanEnvironment, place, recorded, running, start, until } from "./started-stack.mjs";

/** The command line of a process, as every user of the machine sees it. */
function argumentsOf(pid) {
  try {
    return pid && (process.platform === "linux" ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : execFileSync("ps", ["-o", "args=", "-p", pid], { encoding: "utf8" }));
  } catch {
    return null; // it has ended
  }
}

const parts = ["supervisor", "postgres", "auth", "postgrest", ...findFunctions().map((name) => `function-${name}`), "bff"];

describe("up", () => {
  let at, stack, other, commandLine;
  before(async () => {
    at = await place();
    other = createServer().listen(at.supabasePort + 1, "127.0.0.1"); // PostgreSQL's usual port
    stack = start(at, "up");
    commandLine = await until("the migrations run", () => argumentsOf(recorded(at).find(({ part }) => part === "migrations")?.pid));
    await stack.ready();
  });
  after(async () => {
    other.close();
    stack.child.kill();
    await stack.ended;
    at.remove();
  });

  const databaseUrl = () => new URL(stack.output().match(/postgres:\S+/)[0]);

  async function inDatabase(query) {
    const sql = postgres(databaseUrl().href, { max: 1 });
    try {
      return await query(sql);
    } finally {
      await sql.end();
    }
  }

  it("prints where the sprint room is", async () => {
    const page = await fetch(stack.output().match(/^ +sprint room +(\S+)$/m)[1]);
    assert.equal(page.status, 200);
    assert.match(page.headers.get("content-type"), /^text\/html/);
  });

  it("prints one curl that returns the board", () => {
    const command = stack.output().match(/^curl .+$/m)[0];
    const board = JSON.parse(execFileSync("sh", ["-c", `${command} -sS --fail-with-body`], { encoding: "utf8" }));
    assert.equal(board.sprint.status, "Active");
    assert.equal(board.columns.length, 8);
  });

  it("records every process", () => {
    assert.deepEqual(recorded(at).map(({ part }) => part).sort(), [...parts].sort());
    assert.deepEqual(running(recorded(at)).sort(), [...parts].sort());
  });

  it("keeps the settings file private", () => {
    assert.match(readFileSync(at.envFile, "utf8"), /^SUPABASE_SECRET_KEY=sb_secret_/m);
    assert.equal(statSync(at.envFile).mode & 0o777, 0o600);
  });

  it("keeps data, logs and passwords private", () => {
    assert.equal(statSync(at.data).mode & 0o066, 0); // under root PostgreSQL's user passes through
    for (const path of ["data", "logs", "pgpass", "logs/auth.log"]) assert.equal(statSync(join(at.data, path)).mode & 0o077, 0, path);
  });

  it("finds PostgreSQL another port when the usual one is taken", async () => {
    assert.notEqual(Number(databaseUrl().port), at.supabasePort + 1);
    const [row] = await inDatabase((sql) => sql`select current_user as name`);
    assert.equal(row.name, "postgres");
  });

  it("gives the CLI no password among its arguments, which everybody can read", async () => {
    assert.match(commandLine, /migration.up.*postgres:\/\/postgres@127/s);
    for (const line of readFileSync(join(at.data, "pgpass"), "utf8").trim().split("\n")) assert.ok(!commandLine.includes(line.split(":")[4]), `the arguments have the password of ${line.split(":")[3]}`);
  });

  it("url prints an address without the password that the CLI connects with", async () => {
    const url = start(at, "url");
    assert.equal(await url.ended, 0);
    assert.ok(!url.output().includes(databaseUrl().password), "the address has the password");
    const answer = execFileSync(process.env.SUPABASE_BIN, ["db", "query", "--read-only", "--output-format", "json", `--remote=${url.output().trim()}`, "select 6 * 7 as answer"], { encoding: "utf8", stdio: "pipe" });
    assert.match(answer, /"answer": ?42/);
  });

  it("does not give the superuser the other roles' password", async () => {
    const url = databaseUrl();
    url.username = "supabase_admin";
    await assert.rejects(postgres(url.href, { max: 1 })`select 1`, { code: "28P01" });
  });

  for (const command of ["up", "reset"]) {
    it(`refuses a second ${command} with one line that says what to do`, async () => {
      const second = start(at, command);
      assert.equal(await second.ended, 1);
      assert.match(second.output(), /^The stack already runs here \(process \d+\): stop it .*\n$/);
      assert.deepEqual(running(recorded(at)).sort(), [...parts].sort());
    });
  }

  for (const part of ["bff", "postgrest", "auth", "function-calendar", "postgres"]) {
    it(`starts ${part} again when it dies`, async () => {
      const [dead] = recorded(at).filter((entry) => entry.part === part);
      process.kill(dead.pid, "SIGKILL");
      await until(`${part} runs again`, () => stack.output().includes(`${part} runs again`));
      assert.match(stack.output(), new RegExp(`! ${part} ended by SIGKILL. The end of its log:`));
      await until("every part runs", () => isDeepStrictEqual(running(recorded(at)).sort(), [...parts].sort())); // Auth ends with PostgreSQL
    });
  }

  it("is whole again after PostgreSQL's death: on the same port, with what was written, for all who use it", async () => {
    const { port } = databaseUrl();
    await inDatabase((sql) => sql`create table private.written as select 42 as answer`);
    const [dead] = recorded(at).filter(({ part }) => part === "postgres");
    process.kill(dead.pid, "SIGKILL");
    await until("PostgreSQL runs again", () => stack.output().match(/postgres runs again/g)?.length === 2);
    assert.equal(databaseUrl().port, port);
    const [row] = await inDatabase((sql) => sql`select answer from private.written`);
    assert.equal(row.answer, 42);
    const bffUrl = `http://127.0.0.1:${at.bffPort}`;
    await until("PostgREST and Auth are there", () => fetch(`${bffUrl}/readyz`).then(({ status }) => status === 200));
    const answer = await fetch(`${bffUrl}/api/v1/session`, { // once: how often one may is limited
      method: "POST",
      headers: { "content-type": "application/json", "x-mysingle": "1" },
      body: JSON.stringify({ email: "demo@mysingle.test", password: "mysingle-demo" }),
    });
    assert.equal(answer.status, 200);
    const cookie = answer.headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
    const board = () => fetch(`${bffUrl}/api/v1/projects/5eed0005-0000-4000-8000-000000000001/dashboard`, { headers: { cookie, "x-mysingle": "1" } });
    await until("the dashboard is there", async () => (await board()).status === 200);
  });

  it("starts the gateway anew on SIGUSR2, without an end to anything else", async () => {
    const gateway = `http://127.0.0.1:${at.supabasePort}`;
    const held = connect(at.supabasePort, "127.0.0.1");
    await once(held, "connect");
    const before = recorded(at);
    stack.child.kill("SIGUSR2");
    await once(held, "close"); // by the gateway
    await until("the gateway answers", () => fetch(`${gateway}/auth/v1/health`).then(({ status }) => status === 200, () => false));
    assert.deepEqual(recorded(at), before);
    assert.deepEqual(running(before), before.map(({ part }) => part));
  });

  it("recovers after a kill -9: the next start ends what was left and finds the data", async () => {
    await inDatabase((sql) => sql`create table private.survivor as select 42 as answer`);
    const before = recorded(at);
    stack.child.kill("SIGKILL");
    await stack.ended;
    assert.ok(running(before).includes("postgres"), "PostgreSQL outlives its supervisor, or this test tests nothing");

    stack = start(at, "up");
    await stack.ready();
    assert.deepEqual(running(before), []);
    const [row] = await inDatabase((sql) => sql`select answer from private.survivor`);
    assert.equal(row.answer, 42);
  });

  it("two Ctrl-C end every process", async () => {
    const before = recorded(at);
    stack.child.kill("SIGINT");
    stack.child.kill("SIGINT");
    assert.equal(await stack.ended, 0);
    assert.deepEqual(running(before), []);
    assert.deepEqual(recorded(at), []);
  });

  it("reset deletes the data", async () => {
    const reset = start(at, "reset");
    assert.equal(await reset.ended, 0);
    assert.ok(!existsSync(at.data), `${at.data} is still there`);
  });
});

describe("a start that fails", () => {
  let at;
  before(async () => (at = await place()));
  after(() => at.remove());

  for (const name of ["supabasePort", "bffPort"]) {
    it(`on a taken ${name} says so in one line and leaves nothing`, async () => {
      const other = createServer().listen(at[name], "127.0.0.1");
      const stack = start(at, "up");
      assert.equal(await stack.ended, 1);
      other.close();
      assert.match(stack.output(), new RegExp(`^Port ${at[name]} is taken: .*\n$`));
      assert.ok(!existsSync(at.data), `${at.data} was made`);
    });
  }

  it("without the packages names the task that installs them", async () => {
    const folder = mkdtempSync(join(tmpdir(), "stack-test-"));
    for (const file of ["stack.mjs", "refuse.mjs", "package.json", "package-lock.json"]) {
      cpSync(join(import.meta.dirname, "..", file), join(folder, file));
    }
    const child = spawn(process.execPath, [join(folder, "stack.mjs"), "up"], { env: at.environment });
    let said = "";
    child.stderr.on("data", (chunk) => (said += chunk));
    const code = await new Promise((resolve) => child.on("exit", resolve));
    rmSync(folder, { recursive: true });
    assert.equal(code, 1);
    assert.match(said, /^.* is not installed: run `go tool task install`\n$/);
  });

  const halfWay = () => until("PostgreSQL is recorded", () => recorded(at).length >= 2 && recorded(at));
  const allGone = (entries) => until("every process is gone", () => running(entries).length === 0 && recorded(at).length === 0);

  it("half-way, because the task runner is gone, ends what had been started", async () => {
    const task = join(mkdtempSync(join(tmpdir(), "stack-test-")), "task");
    symlinkSync("/bin/sh", task);
    const stack = start(at, "up", { through: [task, `"$0" "$@" & wait`] });
    const entries = await halfWay();
    stack.child.kill("SIGKILL"); // the runner, not the stack
    await allGone(entries);
    rmSync(dirname(task), { recursive: true });
  });

  it("half-way, because of a signal, but not because the shell around it has ended", async () => {
    const stack = start(at, "up", { through: ["sh", `"$0" "$@" &`] });
    assert.equal(await stack.ended, 0); // the shell
    const [supervisor] = await halfWay();
    process.kill(supervisor.pid, "SIGHUP"); // as a terminal that closes; its standard input is none
    await until("the roles are made", () => stack.output().includes("roles"));
    const entries = recorded(at);
    assert.deepEqual(running(entries).slice(0, 2), ["supervisor", "postgres"]);
    process.kill(supervisor.pid, "SIGTERM");
    await allGone(entries);
  });
});

describe("run", () => {
  const environment = cleanEnvironment();
  const run = (command, onOutput = () => {}) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "..", "stack.mjs"), "run", "--", "sh", "-c", command], { env: environment });
    let said = "";
    child.stdout.on("data", (chunk) => onOutput((said += chunk)));
    const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal)));
    return { child, ended, output: () => said };
  };

  it("gives the command its variables, passes its exit code on, and ends what the command left", async () => {
    const ran = run("sleep 300 >/dev/null 2>&1 & echo $! $POSTGREST_DB_URI $BFF_URL; exit 7");
    assert.equal(await ran.ended, 7);
    const [pid, databaseUrl, bffUrl] = ran.output().trim().split(" ");
    assert.equal(startedAt(pid), null);
    assert.match(databaseUrl, /^postgres:\/\/authenticator:/);
    await assert.rejects(fetch(`${bffUrl}/livez`));
  });

  it("ends the command and its children on SIGTERM", async () => {
    const ran = run("sleep 300 & echo $!; wait");
    const pid = await until("the command runs", () => ran.output().trim());
    ran.child.kill("SIGTERM");
    assert.equal(await ran.ended, 143);
    assert.equal(startedAt(pid), null);
  });
});
