// up, reset, run, with, url, dump: which parts start in which order, what is printed, and how everything ends.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join, relative } from "node:path";
import { startAuth } from "./auth.mjs";
import { findBff, startBff } from "./bff.mjs";
import { census, differences, summary } from "./census.mjs";
import { shiftedClock } from "./clock.mjs";
import { announcedChanges, bootstrap, lastMigration, makeRoles, migrate, restore, seed, supabaseBinary } from "./database.mjs";
import { dump as dumpDatabase, readDump } from "./dump.mjs";
import { findDeno, findFunctions, functionSettings, startFunctions } from "./functions.mjs";
import { restartGateway, startGateway } from "./gateway.mjs";
import { hasData, runningRemote, runningUrl, startPostgres } from "./postgres.mjs";
import { findPostgrest, startPostgrest } from "./postgrest.mjs";
import { Processes, startedAt } from "./processes.mjs";
import { freePort, holdPort, onFreePort } from "./ready.mjs";
import { refuse } from "./refuse.mjs";
import { generateSecrets, homes, loadSettings, nodeModules, repository } from "./settings.mjs";
import { showWelcome } from "./welcome.mjs";

process.umask(0o022); // PostgreSQL's user must be able to read what is made here; secrets have their own mode

const say = (line) => console.log(line);

/** Starts the stack on its own data, or `from` a dump, and stays until a signal comes. */
export async function up({ envFile, from }) {
  if (process.env.STACK_CLOCK) throw refuse("STACK_CLOCK is for `run` alone: the data that `up` keeps would have times of another clock");
  const settings = loadSettings(envFile);
  const folder = join(homes().data, String(settings.SUPABASE_PORT));
  const dumped = from && readDump(from);
  refuseWhileRunning(folder);
  if (dumped && hasData(folder)) throw refuse(`There is data in ${shown(folder)} already, and a dump needs an empty place: run \`go tool task reset\`, or take another SUPABASE_PORT and BFF_PORT`);
  if (isHalfRestored(folder)) throw refuse(`Starting from a dump was interrupted in ${shown(folder)}: run \`go tool task reset\`, and start again`);
  await Processes.endLeftovers(folder);

  let claimed = false;
  try {
    await supervised({ folder, tell: say, detached: true }, async (stack) => {
      stack.onClaim = () => (claimed = true);
      const parts = await startParts(stack, settings, { gatewayPort: settings.SUPABASE_PORT, bffPort: settings.BFF_PORT, bffCwd: repository, dumped });
      await showWelcome({ parts, settings, folder });
      await new Promise(() => {}); // until a signal comes
    });
  } finally {
    if (claimed && isHalfRestored(folder)) rmSync(folder, { recursive: true, force: true }); // nothing came into it
  }
  return 0; // a signal is how it is meant to end
}

/**
 * Starts a throw-away stack, `from` a dump if one is given, with the migrations of another project's folder if
 * `schemaOf` names it, runs the command against it and returns the command's exit code. STACK_CLOCK sets PostgreSQL's clock.
 */
export async function run({ run: [command, ...args], from, schemaOf }) {
  if (!command) throw refuse("Nothing to run: node supabase/local/stack.mjs run -- <command>");
  const dumped = from && readDump(from);
  const clock = shiftedClock(process.env.STACK_CLOCK);
  const runs = join(homes().data, "runs");
  await removeAbandoned(runs);
  const folder = join(runs, String(process.pid));
  const metrics = await holdPort(0, "127.0.0.1"); // until the BFF starts
  const settings = { ...inherited(), ...generateSecrets(), ...unlimited, BFF_LOG_LEVEL: "debug", BFF_METRICS_PORT: String(metrics.port) };
  try {
    return await supervised({ folder, tell: (line) => console.error(line), detached: false }, async (stack) => {
      const parts = await startParts(stack, settings, { gatewayPort: 0, bffPort: 0, bffCwd: folder, dumped, schemaOf, throwAway: true, clock, metrics });
      return stack.processes.finish("command", command, args, {
        cwd: process.cwd(),
        env: { ...process.env, ...variables(parts, settings), STACK_FOLDER: folder, STACK_LOGS: join(folder, "logs"), STACK_SECRETS: join(folder, "secrets") },
        stdio: "inherit",
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Deletes the data of the stack on SUPABASE_PORT. */
export async function reset({ envFile }) {
  const folder = join(homes().data, String(loadSettings(envFile).SUPABASE_PORT));
  refuseWhileRunning(folder);
  await Processes.endLeftovers(folder);
  if (!hasData(folder)) throw refuse(`There is no data in ${shown(folder)}`);
  rmSync(folder, { recursive: true, force: true });
  say(`Deleted ${shown(folder)}. The next \`go tool task up\` starts afresh.`);
  return 0;
}

/** Runs the command with what the running stack's functions have in their environment, and returns its exit code. */
async function withStack({ envFile, run: [command, ...args] }) {
  if (!command) throw refuse("Nothing to run: node supabase/local/stack.mjs with -- <command>");
  const settings = loadSettings(envFile);
  refuseUnlessRunning(join(homes().data, String(settings.SUPABASE_PORT)));
  const supabaseUrl = `http://127.0.0.1:${settings.SUPABASE_PORT}`;
  const env = { ...process.env, ...functionSettings({ settings, supabaseUrl, siteUrl: `http://127.0.0.1:${settings.BFF_PORT}` }) };
  const child = spawn(command, args, { env, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => child.once("error", reject).once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal])));
}
export { withStack as with };

/** Prints the address of the running stack's database, for the Supabase CLI and psql; the password is in a file it names. */
export async function url({ envFile }) {
  const folder = join(homes().data, String(loadSettings(envFile).SUPABASE_PORT));
  refuseUnlessRunning(folder);
  say(runningRemote(folder));
  return 0;
}

/** Writes everything in the running stack's database into a file. */
export async function dump({ envFile, file }) {
  if (!file) throw refuse("Dump into which file? Name it: go tool task db:dump -- backup.sql.gz");
  const folder = join(homes().data, String(loadSettings(envFile).SUPABASE_PORT));
  refuseUnlessRunning(folder);
  if (existsSync(file)) throw refuse(`${file} is there already: name another file, or remove it`);
  if (!existsSync(dirname(file))) throw refuse(`There is no folder ${dirname(file)} to put it into`);
  const url = runningUrl(folder, "supabase_admin");
  const bytes = await dumpDatabase(url, file);
  say(`${file}: ${Math.ceil(bytes / 1000)} kB. It holds everything, password hashes too: keep it as you keep the database. Back: \`go tool task up -- --from ${file}\``);
  return 0;
}

/** PostgreSQL, Auth, migrations, seed, PostgREST, functions and the BFF, in the order in which they need each other. */
async function startParts(stack, settings, { gatewayPort, bffPort, bffCwd, dumped, schemaOf, throwAway = false, clock, metrics }) {
  const { processes, folder, upstreams } = stack;
  const binaries = { postgrest: findPostgrest(), bff: findBff(), supabase: supabaseBinary(), deno: findDeno() };
  const functions = { deno: binaries.deno, names: findFunctions(), settings };
  stack.gateway = await startGateway({
    port: gatewayPort,
    upstreams,
    keys: { publishable: [settings.SUPABASE_PUBLISHABLE_KEY], secret: [settings.SUPABASE_SECRET_KEY], jwtSecret: settings.SUPABASE_JWT_SECRET },
  }).catch((error) => {
    throw error.code === "EADDRINUSE" ? taken("SUPABASE_PORT", gatewayPort) : error;
  });
  const supabaseUrl = `http://127.0.0.1:${stack.gateway.address().port}`;
  const host = throwAway ? "127.0.0.1" : settings.BFF_HOST;
  const bffTaken = (error) => {
    throw bffPort && (error.code === "EADDRINUSE" || error.portTaken) ? taken("BFF_PORT", bffPort) : error;
  };
  // The BFF comes last, but Auth has its address in the e-mails' links: the port is held until then.
  const held = await holdPort(bffPort, host).catch(bffTaken);
  await processes.claim();
  stack.onClaim?.();

  const bff = { binary: binaries.bff, cwd: bffCwd, settings, host, port: held.port, supabaseUrl };
  const siteUrl = `http://127.0.0.1:${bff.port}`;
  const usualPort = throwAway || gatewayPort === 65535 ? undefined : gatewayPort + 1; // 54322, as Supabase has it

  const step = progress(stack.say);
  const database = await step("PostgreSQL", () => startPostgres(processes, { folder, usualPort, throwAway, clock }), ({ port }) => `127.0.0.1:${port}`);
  await step("roles", () => makeRoles(database));
  const before = dumped && (await step("dump", () => restoreInto(folder, database, dumped), ({ counted }) => summary(counted)));
  await step("schemas", () => bootstrap(database));
  const auth = await step("Auth", () => onFreePort((port) => startAuth(processes, { database, settings, folder, port, publicUrl: supabaseUrl, siteUrl, onEmail: stack.onEmail, throwAway })), ({ name }) => name);
  await step("migrations", () => migrate(processes, database, schemaOf), (applied) => (applied > 0 ? `${applied} applied` : "nothing new"));
  if (before) await step("census", () => refuseLosses(database, before, schemaOf), () => "nothing lost");
  if (!existsSync(dumpMark(folder))) await step("seed", () => seed(database));
  const postgrest = { binary: binaries.postgrest, databaseUrl: database.url("authenticator"), settings, publicUrl: supabaseUrl };
  upstreams.auth = auth.url;
  upstreams.rest = await step("PostgREST", () => onFreePort(async (port) => startPostgrest(processes, { ...postgrest, logLevel: throwAway ? "error" : "info", port, adminPort: await freePort() })));
  Object.assign(functions, { supabaseUrl, siteUrl });
  upstreams.functions = await step("functions", () => startFunctions(processes, functions), (urls) => Object.keys(urls).join(", "));
  await Promise.all([held.release(), metrics?.release()]);
  const bffUrl = await step("BFF", () => startBff(processes, bff).catch(bffTaken), (url) => url);
  return { supabaseUrl, bffUrl, database, postgrest, auth: auth.url, rest: upstreams.rest, binaries, functions: functionSettings(functions) };
}

/** Where data is out of a dump, how far that came. It is never given the seed's. */
const dumpMark = (folder) => join(folder, "from-dump");
const isHalfRestored = (folder) => existsSync(dumpMark(folder)) && readFileSync(dumpMark(folder), "utf8") !== "done";

async function restoreInto(folder, database, sql) {
  writeFileSync(dumpMark(folder), "begun");
  await restore(database, sql);
  const restored = { counted: await census(database.url("supabase_admin")), version: await lastMigration(database) };
  writeFileSync(dumpMark(folder), "done");
  return restored;
}

/** The migrations newer than the dump have been applied to it: what it held must still be there. */
async function refuseLosses(database, { counted, version }, schemaOf) {
  // The stamps are there to become others with every change; they are no data.
  const expected = ["private.change_stamps", ...announcedChanges(version, schemaOf)];
  const lost = differences(counted, await census(database.url("supabase_admin")), expected);
  if (lost.length > 0) throw refuse(`What the dump held is not there any more as it was, and no migration says so (\`-- changes data: …\`):\n  ${lost.join("\n  ")}`);
}

/** What a command run against a throw-away stack finds in its environment. */
function variables(parts, settings) {
  return {
    SUPABASE_URL: parts.supabaseUrl,
    SUPABASE_PUBLISHABLE_KEY: settings.SUPABASE_PUBLISHABLE_KEY,
    SUPABASE_SECRET_KEY: settings.SUPABASE_SECRET_KEY,
    SUPABASE_JWT_SECRET: settings.SUPABASE_JWT_SECRET,
    BFF_URL: parts.bffUrl,
    BFF_METRICS_URL: `http://127.0.0.1:${settings.BFF_METRICS_PORT}/metrics`,
    BFF_SESSION_KEYS: settings.BFF_SESSION_KEYS,
    DATABASE_URL: parts.database.url("postgres"),
    POSTGREST_URL: parts.rest,
    AUTH_URL: parts.auth,
    POSTGREST_BIN: parts.binaries.postgrest,
    POSTGREST_DB_URI: parts.postgrest.databaseUrl,
    BFF_BIN: parts.binaries.bff,
    SUPABASE_BIN: parts.binaries.supabase,
    DENO_BIN: parts.binaries.deno,
    ...Object.fromEntries(Object.entries(parts.functions).filter(([name]) => name.startsWith("FUNCTIONS_"))),
    NODE_MODULES: nodeModules,
  };
}

/** Rates that tests, which all come from one address, don't meet; those of the limits have their own BFFs. */
const unlimited = { BFF_RATE_ADDRESS: "off", BFF_RATE_USER: "off", BFF_RATE_SIGN_IN: "off", BFF_RATE_EMAIL: "off" };

/** The environment without the settings a developer made for another stack. */
function inherited() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(SUPABASE_|BFF_|FUNCTIONS_|OTEL_|REDIS_URL$)/.test(name)));
}

/**
 * Runs `work` and returns what it returns; on its end, an error, a signal or the starter's death (see
 * onEnd) every process is ended. After a signal the result is the exit code that shells give it.
 */
export async function supervised({ folder, tell, detached }, work) {
  const processes = new Processes(folder, tell);
  const stack = { processes, folder, say: tell, upstreams: {}, gateway: null, onEmail: ({ to, subject, text }) => tell(`\nE-mail to ${to}: ${subject}\n${text}\n`) };
  const interrupted = new Promise((resolve) =>
    onEnd((reason, signal) => {
      tell(`\nStopping (${reason}) …`);
      resolve(128 + constants.signals[signal]);
    }, detached),
  );
  process.on("uncaughtException", processes.fail);
  // The gateway has no process of its own that could be ended: the soak sends this instead.
  process.on("SIGUSR2", () => stack.gateway?.listening && restartGateway(stack.gateway).catch(processes.fail));
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {}); // the terminal may go before us
  try {
    return await Promise.race([interrupted, processes.failed, work(stack)]);
  } finally {
    stack.gateway?.close();
    stack.gateway?.closeAllConnections();
    await processes.stop();
  }
}

/**
 * Calls back on the first signal, or when what started us is gone; what comes later changes nothing.
 * A `detached` stack may outlive the shell it was started from, with `&` or nohup, but not the task runner.
 */
function onEnd(callback, detached) {
  let ending = false;
  const end = (reason, signal) => {
    if (!ending) callback(reason, signal);
    ending = true;
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => end(signal, signal));
  // Node takes back what nohup has set, but nohup leaves no terminal to read from either.
  process.on("SIGHUP", () => (detached && !process.stdin.isTTY) || end("SIGHUP", "SIGHUP"));
  process.on("disconnect", () => end("the process that started it is gone", "SIGHUP")); // a Node program, with a channel
  process.channel?.unref();
  const starters = () => [detached ? null : process.ppid, ...taskRunner()].join();
  const before = starters();
  setInterval(() => before !== starters() && end("the process that started it is gone", "SIGHUP"), 500).unref();
}

/** Under `go tool task`: the runner, and the go command above it, because the runner survives when that is killed. */
function taskRunner() {
  const runner = nameAndParent(process.ppid);
  if (runner?.name !== "task") return [];
  return [process.ppid, nameAndParent(runner.parent)?.name === "go" ? runner.parent : null];
}

function nameAndParent(pid) {
  try {
    const [, name, parent] = readFileSync(`/proc/${pid}/stat`, "utf8").match(/\((.*)\) \S (\d+)/s);
    return { name, parent };
  } catch {
    return null; // gone, or not Linux
  }
}

function progress(tell) {
  return async (name, work, detail = () => "") => {
    const start = Date.now();
    const result = await work();
    tell(`  ${name.padEnd(18)} ${`${((Date.now() - start) / 1000).toFixed(1)} s`.padStart(7)}  ${detail(result)}`.trimEnd());
    return result;
  };
}

function refuseWhileRunning(folder) {
  const supervisor = Processes.supervisor(folder);
  if (supervisor) {
    throw refuse(`The stack already runs here (process ${supervisor.pid}): stop it with Ctrl-C there, or start another one with SUPABASE_PORT and BFF_PORT set to free ports`);
  }
}

function refuseUnlessRunning(folder) {
  if (!Processes.supervisor(folder)) throw refuse("No stack runs here: start it with `go tool task up`");
}

const taken = (name, port) => refuse(`Port ${port} is taken: stop what listens there, or choose another one with ${name}=<port>. Where nothing listens (ss -ltn), a connection to somewhere else had it: wait a minute`);

/** Removes throw-away stacks whose supervisor was killed before it could. */
async function removeAbandoned(runs) {
  mkdirSync(runs, { recursive: true });
  for (const name of readdirSync(runs)) {
    const folder = join(runs, name);
    // A stack that is just starting has no record yet; its folder is named after its process.
    const recorded = existsSync(join(folder, "processes.json"));
    if (recorded ? Processes.supervisor(folder) : startedAt(name)) continue;
    await Processes.endLeftovers(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

const shown = (path) => (path.startsWith(repository) ? relative(repository, path) : path);
