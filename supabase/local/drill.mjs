// The drill of backup and restore: a stack that has been in use is dumped, a second one starts from the dump,
// what is in it is compared, and the whole suite runs on the copy. `go tool task drill:restore`.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { census, differences, summary } from "./census.mjs";
import { dump } from "./dump.mjs";
import { runningUrl } from "./postgres.mjs";

const { STACK_FOLDER, DRILL_ORIGINAL } = process.env;
if (!STACK_FOLDER) throw new Error("STACK_FOLDER is not set; start with: go tool task drill:restore");

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
const database = (folder) => runningUrl(folder, "supabase_admin");

/** Runs the command to its end, with its output on ours; it must succeed. */
async function mustRun(command, args, options = {}) {
  const child = spawn(command, args, { stdio: "inherit", ...options });
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("exit", (code, signal) => resolve(code ?? signal)));
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${code}`);
}

/** In the stack that is dumped. */
async function original() {
  console.log("The original is in use: the BFF's, the functions' and the database's tests run on it …");
  await mustRun("go", ["test", "-count=1", "./bff/server", "./functions/...", "./supabase/tests"]);

  const file = join(STACK_FOLDER, "drill.sql.gz");
  let start = Date.now();
  const bytes = await dump(database(STACK_FOLDER), file);
  console.log(`Dumped in ${seconds(start)}: ${Math.ceil(bytes / 1000)} kB`);

  start = Date.now();
  const stack = join(import.meta.dirname, "stack.mjs");
  await mustRun(process.execPath, [stack, "run", "--from", file, "--", process.execPath, import.meta.filename], { env: { ...process.env, DRILL_ORIGINAL: STACK_FOLDER } });
  console.log(`The copy was there, compared and tested in ${seconds(start)}`);
}

/** In the stack that has started from the dump. */
async function copy() {
  const [was, is] = await Promise.all([DRILL_ORIGINAL, STACK_FOLDER].map((folder) => census(database(folder))));
  const lost = differences(was, is);
  if (lost.length > 0) throw new Error(`The copy is not what was dumped:\n  ${lost.join("\n  ")}`);
  console.log(`The copy has what the original has: ${summary(is)}. The whole suite runs on it …`);
  await mustRun("go", ["tool", "task", "--output", "group", "test:parts"]);
}

await (DRILL_ORIGINAL ? copy() : original());
