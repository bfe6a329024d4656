// What the tests need beyond Go and Node: Git, curl, Redis, Prometheus and a browser.
//
//   node supabase/local/requirements.mjs          installs what is missing with apt-get, where it may do so without
//                                                 asking; elsewhere it names everything missing, and one command
//   node supabase/local/requirements.mjs shake    the same for test:shake, which also sets PostgreSQL's clock
//
// No registry that the project uses anyway has them for Node 20, so they are the system's packages.

import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { refuse } from "./refuse.mjs";

const requirements = [
  { name: "Git", missing: () => !onPath("git"), apt: "git", dnf: "git", brew: "git" }, // the last release's tests are in the history
  { name: "curl", missing: () => !onPath("curl"), apt: "curl", dnf: "curl", brew: "curl" }, // `up` prints a command with it
  { name: "Redis", missing: () => !onPath("redis-server"), apt: "redis-server", dnf: "valkey-compat-redis", brew: "redis" },
  {
    name: "Prometheus",
    missing: () => !onPath("prometheus") || !onPath("promtool"),
    apt: "prometheus",
    dnf: "golang-github-prometheus",
    brew: "prometheus",
  },
  { name: "Chromium or Chrome", missing: () => !findBrowser(), apt: "chromium", dnf: "chromium", brew: "--cask google-chrome" },
];

const forShake = [{ name: "a C compiler", missing: () => process.platform === "linux" && !onPath("cc"), apt: "gcc libc6-dev", dnf: "gcc", brew: "gcc" }];

const installCommands = { apt: "apt-get install -y --no-install-recommends", dnf: "dnf install -y", brew: "brew install" };

const browsers = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const macBrowsers = ["Google Chrome", "Chromium"].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);

/** The path of the browser that tests and pictures use: CHROME_BIN, or the first one found; undefined without one. */
export function findBrowser() {
  return process.env.CHROME_BIN || browsers.map(onPath).find(Boolean) || macBrowsers.find(isExecutable);
}

/** The path of a program, or undefined if PATH has none of that name. */
export function onPath(program) {
  return (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The prefix of a command that runs as root without asking for a password: nothing, sudo, or null if there is no way. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return spawnSync("sudo", ["-n", "true"], { stdio: "ignore", timeout: 1000 }).status === 0 ? ["sudo", "-n"] : null;
}

function installByApt(packages, prefix) {
  const run = (...args) => {
    const [command, ...rest] = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", ...args];
    execFileSync(command, rest, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  };
  run("update");
  run("install", "-y", "--no-install-recommends", ...packages);
}

/** The message for somebody who has to install the missing parts: their names, and the command for this system. */
function instructions(missing) {
  const managers = [["apt", "apt-get"], ["dnf", "dnf"], ["brew", "brew"]];
  const present = managers.filter(([, program]) => onPath(program));
  const commands = (present.length > 0 ? present.slice(0, 1) : managers).map(([manager]) => {
    const sudo = manager === "brew" || process.getuid?.() === 0 ? "" : "sudo ";
    // Homebrew takes its casks by a call of their own.
    const [casks, formulas] = [true, false].map((wanted) => missing.map((each) => each[manager]).filter((name) => name.startsWith("--cask") === wanted));
    const calls = [...(formulas.length > 0 ? [formulas.join(" ")] : []), ...casks].map((names) => `${sudo}${installCommands[manager]} ${names}`);
    return `  ${calls.join(" && ")}`;
  });
  return `The tests need ${missing.map(({ name }) => name).join(", ")}, which this machine lacks. Install with:\n\n${commands.join("\n")}\n`;
}

/** Installs what is missing, or throws a refusal that says how to. */
function ensure(required) {
  const absent = () => required.filter(({ missing }) => missing());
  const missing = absent();
  if (missing.length === 0) return;
  const prefix = onPath("apt-get") ? rootPrefix() : null;
  if (!prefix) throw refuse(instructions(missing));
  console.log(`Installing ${missing.map(({ name }) => name).join(", ")} with apt-get …`);
  try {
    installByApt(missing.flatMap(({ apt }) => apt.split(" ")), prefix);
  } catch (error) {
    throw refuse(`apt-get failed:\n${error.stderr || error.message}\n${instructions(missing)}`);
  }
  const still = absent();
  if (still.length > 0) throw refuse(`apt-get installed its packages, but something is still missing.\n${instructions(still)}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    ensure(process.argv[2] === "shake" ? [...requirements, ...forShake] : requirements);
  } catch (error) {
    process.stderr.write(`${error.refusal ? error.message : error.stack}\n`);
    process.exitCode = 1;
  }
}
