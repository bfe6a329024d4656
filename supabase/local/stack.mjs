// The stack without Docker: entry point. Checks what the machine has, then hands over to commands.mjs.
// Everything beyond Node's own modules is imported after the checks, so that a missing part is one clear line.

import { existsSync, readFileSync } from "node:fs";
import { refuse } from "./refuse.mjs";

const usage = `Usage: node supabase/local/stack.mjs <command>

  up           start everything in the foreground; data is kept in .local/
  reset        delete the data (refused while the stack runs)
  run -- cmd   start a throw-away stack on free ports, run cmd against it, stop everything

  --env-file <file>   settings file of up and reset (default: .env at the repository root)
`;

function checkMachine() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 12)) {
    throw refuse(`Node ${process.versions.node} is too old: install Node 20.12 or newer from https://nodejs.org`);
  }
  const lock = new URL("./package-lock.json", import.meta.url);
  const installed = new URL("./node_modules/.package-lock.json", import.meta.url);
  if (!existsSync(installed)) {
    throw refuse("The stack's packages are not installed: run `go tool task install`");
  }
  const versions = (file) =>
    Object.entries(JSON.parse(readFileSync(file, "utf8")).packages).map(([path, entry]) => [path, entry.version]);
  const wanted = new Map(versions(lock));
  const outdated = versions(installed).find(([path, version]) => wanted.get(path) !== version);
  if (outdated) {
    throw refuse(`${outdated[0]} is not the version in package-lock.json: run \`go tool task install\``);
  }
}

function parseArguments(args) {
  const [command, ...rest] = args;
  const options = { envFile: undefined, run: [] };
  while (rest.length > 0) {
    const word = rest.shift();
    if (word === "--") options.run = rest.splice(0);
    else if (word === "--env-file" && rest.length > 0) options.envFile = rest.shift();
    else throw refuse(`Unknown argument: ${word}\n\n${usage}`);
  }
  return { command, options };
}

try {
  const { command, options } = parseArguments(process.argv.slice(2));
  if (!["up", "reset", "run"].includes(command)) {
    process.stderr.write(usage);
    process.exit(command === undefined || command === "--help" || command === "-h" ? 0 : 2);
  }
  checkMachine();
  const commands = await import("./commands.mjs");
  process.exitCode = await commands[command](options);
} catch (error) {
  process.stderr.write(`${error.refusal ? error.message : error.stack}\n`);
  process.exitCode = 1;
}
