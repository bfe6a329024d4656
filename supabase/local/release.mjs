// The release that runs in production, and whether the migrations made since then go together with it.
//
//   node supabase/local/release.mjs keep v1.2.3   keeps that release's database, made by its own migrations; of a
//                                                 release without a tag name the commit, too: keep v1.2.3 4f2a91c
//   node supabase/local/release.mjs check         applies the newer migrations to what was kept, and has the
//                                                 release's own tests run on the result
//   node supabase/local/release.mjs trial         the same with one more migration, that only adds: it must pass
//
// What is kept is in supabase/tests/release: a dump, and release.json, which says of what.

import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBff } from "./bff.mjs";
import { dump } from "./dump.mjs";
import { runningUrl } from "./postgres.mjs";
import { Processes } from "./processes.mjs";
import { onFreePort } from "./ready.mjs";
import { refuse } from "./refuse.mjs";
import { nodeModules, repository } from "./settings.mjs";

const kept = join(repository, "supabase", "tests", "release");
const stack = join(import.meta.dirname, "stack.mjs");
const say = (line) => console.log(`\n${line}`);

/**
 * Lets answers have more keys than the release's document lists, and than its tests' types have: a migration may add
 * some, and whoever reads an answer passes over those that they don't know (supabase/README.md). What the BFF says of
 * itself isn't the database's, and stays as it is.
 */
function allowMoreKeys(tree) {
  const server = join(tree, "bff", "server");
  const file = join(server, "docs", "openapi.json");
  const allow = (_, value) => (value?.type === "object" && value.properties ? { additionalProperties: true, ...value } : value);
  const document = JSON.parse(readFileSync(file, "utf8"));
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    if (!["Liveness", "Readiness"].includes(name)) document.components.schemas[name] = JSON.parse(JSON.stringify(schema), allow);
  }
  writeFileSync(file, JSON.stringify(document, null, 1));
  for (const name of readdirSync(server).filter((name) => name.endsWith("_test.go"))) {
    const test = readFileSync(join(server, name), "utf8");
    writeFileSync(join(server, name), test.replaceAll(/^.*\.DisallowUnknownFields\(\)\n/gm, ""));
  }
}

/**
 * The release's tests that say what the schema is and not what the BFF does: that the document is the one of this
 * schema. A migration that adds something makes them fail, and nothing else.
 */
const testsOfTheSchema = "^TestCommittedFilesAreCurrent$";

const commands = {
  async keep(version, of = version) {
    if (!/^v\d+\.\d+\.\d+$/.test(version ?? "")) throw refuse("Keep which release? Name its tag, and its commit if it has no tag yet: go tool task release:keep -- v1.2.3");
    if (!isHere(of)) throw refuse(of === version ? `There is no tag ${version} here: git fetch --tags` : `There is no commit ${of} here`);
    if (of !== version && isHere(version)) throw refuse(`${version} has a tag: keep that, without a commit`);
    const commit = git("rev-parse", `${of}^{commit}`).toString().trim();
    const tree = checkout(commit);
    const file = join(tree, ".local", "kept.sql.gz");
    rmSync(file, { force: true });
    await mustRun("go", ["tool", "task", "run", "--", process.execPath, "supabase/local/release.mjs", "live", file], { cwd: tree });
    mkdirSync(kept, { recursive: true });
    copyFileSync(file, join(kept, "dump.sql.gz"));
    const migration = [...migrationsOf(tree).keys()].at(-1);
    writeFileSync(join(kept, "release.json"), `${JSON.stringify({ version, commit, migration }, null, 2)}\n`);
    say(`Kept ${version} (${commit.slice(0, 12)}) in supabase/tests/release: commit it`);
  },

  /** Inside a stack of the release's own: has it lived in, so that every table has rows, and dumps it. */
  async live(file) {
    await mustRun("go", ["test", "-count=1", "./bff/server", "./functions/..."]);
    await commands.dump(file);
  },

  /** Inside a stack of the release's own: dumps it as it is when new. */
  async dump(file) {
    await dump(runningUrl(process.env.STACK_FOLDER, "supabase_admin"), file);
  },

  /**
   * Inside a stack with the newer migrations and the BFF of now: starts the release's beside it, as while one takes
   * the other's place, and has each open the sessions that the other has sealed.
   */
  async beside(tree) {
    const binary = join(tree, ".local", "bin", "bff");
    await mustRun("go", ["build", "-trimpath", "-o", binary, "./bff"], { cwd: tree });
    const processes = new Processes(join(process.env.STACK_FOLDER, "beside"), say);
    await processes.claim();
    try {
      const released = await onFreePort((port) => startBff(processes, { binary, cwd: processes.folder, settings: process.env, host: "127.0.0.1", port, supabaseUrl: process.env.SUPABASE_URL }));
      for (const address of [released, process.env.BFF_URL]) await mustRun(process.execPath, ["bff/deploy/smoke.mjs", address]);
      for (const [from, to] of [[released, process.env.BFF_URL], [process.env.BFF_URL, released]]) {
        const cookie = await signIn(from);
        const { status, body } = await ask(to, "/api/v1/session", { headers: { cookie, "x-mysingle": "1" } });
        if (status !== 200 || body.user?.email !== demo.email) throw refuse(`A session that ${from} made doesn't open at ${to}: ${status} ${JSON.stringify(body)}`);
      }
      say("Sessions of either BFF open at the other");
    } finally {
      await processes.stop();
    }
  },

  async trial() {
    const project = mkdtempSync(join(tmpdir(), "release-trial-"));
    try {
      mkdirSync(join(project, "supabase"));
      for (const part of ["config.toml", "migrations"]) cpSync(join(repository, "supabase", part), join(project, "supabase", part), { recursive: true });
      writeFileSync(join(project, "supabase", "migrations", "29990101000000_trial.sql"), [
        "-- A trial of the check.", "", "set lock_timeout = '5s';", "set statement_timeout = '30s';", "",
        "alter table public.tasks add column trial text not null default 'none';",
        "create table private.trial (trial_id bigint primary key);", "",
      ].join("\n"));
      await check(project);
    } finally {
      rmSync(project, { recursive: true });
    }
  },

  async check() {
    const { version } = JSON.parse(readFileSync(join(kept, "release.json"), "utf8"));
    // Of what was released before what is checked: a tag is checked against the one before.
    const released = isHere("HEAD") ? git("tag", "--merged", "HEAD", "--no-contains", "HEAD", "--sort=-v:refname").toString().split("\n").find((tag) => /^v\d+\.\d+\.\d+$/.test(tag)) : undefined;
    if (released && released !== version) throw refuse(`${released} has been released, and what is kept is ${version}'s: go tool task release:keep -- ${released}`);
    await check(repository);
  },
};

/** Checks the migrations of the project in that folder. */
async function check(project) {
  const { version, commit, migration } = JSON.parse(readFileSync(join(kept, "release.json"), "utf8"));
  const now = migrationsOf(project);
  const newer = [...now.keys()].filter((name) => name > migration);
  const tree = isHere(commit) && checkout(commit);
  if (!tree && newer.length > 0) throw refuse(`${version}'s own files are in the history, which isn't here: git fetch --unshallow --tags`);
  const changed = [...(tree ? migrationsOf(tree) : [])].filter(([name, sql]) => now.get(name) !== sql).map(([name]) => name);
  if (changed.length > 0) throw refuse(`${version} has been released with these migrations, and they are others now, or gone: ${changed.join(", ")}. What they lack is a new migration's`);

  say(`What ${version} held, with ${newer.length > 0 ? newer.join(", ") : "no newer migration"}:`);
  const proof = tree ? [process.execPath, "supabase/local/release.mjs", "beside", tree] : ["sh", "-c", 'node bff/deploy/smoke.mjs "$BFF_URL"'];
  await mustRun(process.execPath, [stack, "run", "--from", join(kept, "dump.sql.gz"), "--schema-of", project, "--", ...proof]);
  if (!tree) return say(`No migration is newer than ${version}. Its BFF was not started beside this one: the history isn't here (git fetch --unshallow --tags)`);
  if (newer.length === 0) return say(`No migration is newer than ${version}: its tests have nothing new to say`);

  say("Does one of them lock for long, or break who uses the schema as it was?");
  await mustRun(join(nodeModules, ".bin", "squawk"), [`--config=${join(repository, "supabase", ".squawk.toml")}`, ...newer.map((name) => join(project, "supabase", "migrations", name))]);

  say(`The tests of ${version} on its own database with the newer migrations:`);
  allowMoreKeys(tree);
  const fresh = join(tree, ".local", "fresh.sql.gz");
  rmSync(fresh, { force: true });
  await mustRun("go", ["tool", "task", "run", "--", process.execPath, "supabase/local/release.mjs", "dump", fresh], { cwd: tree });
  await mustRun(process.execPath, ["supabase/local/stack.mjs", "run", "--from", fresh, "--schema-of", project, "--",
    "go", "test", `-skip=${testsOfTheSchema}`, "./bff/...", "./functions/..."], { cwd: tree });
}

/** Somebody of the demo data, which is in every kept dump. */
const demo = { email: "demo@mysingle.test", password: "mysingle-demo" };

async function ask(address, path, options) {
  const response = await fetch(`${address}${path}`, { signal: AbortSignal.timeout(10_000), ...options });
  return { status: response.status, cookies: response.headers.getSetCookie(), body: await response.json() };
}

/** Signs in as a browser does, and returns the session's cookies. */
async function signIn(address) {
  const { status, cookies, body } = await ask(address, "/api/v1/session", {
    method: "POST", headers: { "content-type": "application/json", origin: address }, body: JSON.stringify(demo),
  });
  if (cookies.length === 0) throw refuse(`${address} lets nobody sign in: ${status} ${JSON.stringify(body)}`);
  return cookies.map((cookie) => cookie.split(";")[0]).join("; ");
}

/** The migrations in a project's folder: a map from the file's name to its content. */
function migrationsOf(project) {
  const folder = join(project, "supabase", "migrations");
  return new Map(readdirSync(folder).sort().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/** Whether the commit is in the history that was cloned. */
function isHere(commit) {
  try {
    git("cat-file", "-e", `${commit}^{commit}`);
    return true;
  } catch {
    return false;
  }
}

/** The files of a commit, in a folder of their own that is kept for the next time. */
function checkout(commit) {
  const tree = join(repository, ".local", "releases", commit);
  if (existsSync(tree)) return tree;
  const draft = `${tree}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  execFileSync("tar", ["-x", "-C", draft], { input: git("archive", commit), stdio: ["pipe", "inherit", "inherit"] });
  renameSync(draft, tree);
  return tree;
}

function git(...args) {
  try {
    return execFileSync("git", ["-c", `safe.directory=${repository}`, "-C", repository, ...args], { maxBuffer: 1 << 30, stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    throw refuse(`git ${args.join(" ")}: ${error.stderr || error.message}`);
  }
}

/** Runs the command to its end, with its output on ours; it must succeed. */
async function mustRun(command, args, options = {}) {
  const child = spawn(command, args, { cwd: repository, stdio: "inherit", ...options });
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("exit", (code, signal) => resolve(code ?? signal)));
  if (code !== 0) throw refuse(`Failed (${code}): ${[command, ...args].join(" ")}`);
}

const [, , command, ...args] = process.argv;
try {
  if (!Object.hasOwn(commands, command)) throw refuse("Usage: node supabase/local/release.mjs keep <tag> [<commit>] | check | trial");
  await commands[command](...args);
} catch (error) {
  console.error(error.refusal ? error.message : error.stack);
  process.exitCode = 1;
}
