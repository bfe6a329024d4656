// The stack without Docker: entry point. Checks what the machine has, then hands over to commands.mjs.
// Everything beyond Node's own modules is imported after the checks, so that a missing part is one clear line.

import { existsSync, readFileSync } from "node:fs";
import { refuse } from "./refuse.mjs";

const usage = `Usage: node supabase/local/stack.mjs <command>

  up           start everything in the foreground; data is kept in .local/
  reset        delete the data (refused while the stack runs)
  run -- cmd   start a throw-away stack on free ports, run cmd against it, stop everything
  with -- cmd  run cmd with the running stack's addresses and keys in its environment, as functions have them
  url          print the address of the running stack's database, for the Supabase CLI and psql
  dump <file>  write everything in the running stack's database into the file, as SQL (compressed: .sql.gz)

  --from <dump>        with up, which must have no data yet, and run: start with what the dump holds
  --schema-of <folder> with run: apply the migrations of the project in that folder, and not this one's
  --settings <file>    settings file of all but run (default: .env at the repository root)

  STACK_CLOCK=<moment> with run: start PostgreSQL, and it alone, with its clock at that moment, such as
                       2026-11-30T14:58:00Z; it goes on from there (needs a C compiler)
`;

function checkMachine() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 12)) {
    throw refuse(`Node ${process.versions.node} is too old: install Node 20.12 or newer from https://nodejs.org`);
  }
  const read = (file) => JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8")).packages;
  const installed = existsSync(new URL("./node_modules/.package-lock.json", import.meta.url)) ? read("./node_modules/.package-lock.json") : {};
  // Optional packages are for one platform each; the parts that need one say so themselves.
  const outdated = Object.entries(read("./package-lock.json")).find(
    ([path, { version, optional }]) => path !== "" && !optional && installed[path]?.version !== version,
  );
  if (outdated) {
    const [path, { version }] = outdated;
    throw refuse(`${path.replace("node_modules/", "")} ${version} is not installed: run \`go tool task install\``);
  }
}

function parseArguments(args) {
  const [command, ...rest] = args;
  const options = { envFile: undefined, from: undefined, schemaOf: undefined, file: undefined, run: [] };
  while (rest.length > 0) {
    const word = rest.shift();
    if (["--from", "--schema-of", "--settings"].includes(word) && (rest.length === 0 || rest[0] === "--")) throw refuse(`${word} which one? Name it behind that`);
    if (word === "--") options.run = rest.splice(0);
    else if (word === "--settings") options.envFile = rest.shift();
    else if (word === "--from" && ["up", "run"].includes(command)) options.from = rest.shift();
    else if (word === "--schema-of" && command === "run") options.schemaOf = rest.shift();
    else if (command === "dump" && !word.startsWith("-") && !options.file) options.file = word;
    else throw refuse(`Unknown argument: ${word}\n\n${usage}`);
  }
  return { command, options };
}

try {
  const { command, options } = parseArguments(process.argv.slice(2));
  if (!["up", "reset", "run", "with", "url", "dump"].includes(command)) {
    process.stderr.write(command === undefined || command.startsWith("-") ? usage : `There is no command ${command}\n\n${usage}`);
    process.exit(command === undefined || command === "--help" || command === "-h" ? 0 : 2);
  }
  checkMachine();
  const commands = await import("./commands.mjs");
  process.exitCode = await commands[command](options);
} catch (error) {
  process.stderr.write(`${error.refusal ? error.message : error.stack}\n`);
  process.exitCode = 1;
}
