// The edge functions, as Supabase runs them: WebAssembly under Deno, a process of its own for each.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { quiet } from "./database.mjs";
import { isFree, onFreePort } from "./ready.mjs";
import { refuse } from "./refuse.mjs";
import { nodeModules, repository } from "./settings.mjs";

const folder = join(repository, "functions");

/** Deno's binary (its package's own start script would only be a process in between). */
export function findDeno() {
  const platform = `${process.platform}-${process.arch}`;
  const binary = join(nodeModules, "@deno", process.platform === "linux" ? `${platform}-glibc` : platform, process.platform === "win32" ? "deno.exe" : "deno");
  if (!existsSync(binary)) throw refuse(`There is no Deno package for ${platform}`);
  return binary;
}

/** The functions' names: every folder with an index.ts is one. */
export function findFunctions() {
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, "index.ts")));
  const unbuilt = names.find((name) => !existsSync(join(folder, name, "main.wasm")));
  if (unbuilt) throw refuse(`The function ${unbuilt} is not built: run \`go tool task functions:build\``);
  return names;
}

/** Starts all functions side by side and returns their addresses by name. */
export async function startFunctions(processes, { deno, names, settings, supabaseUrl, siteUrl }) {
  const env = { PATH: process.env.PATH, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...quiet, ...functionSettings({ settings, supabaseUrl, siteUrl }) };
  // They are all that is needed: nothing is fetched, installed, written or started.
  const flags = ["run", "--no-prompt", "--no-check", "--no-config", "--no-lock", "--no-npm", "--no-remote", "--unstable-no-legacy-abort",
    "--allow-net", "--allow-env", `--allow-read=${folder}`];
  const started = names.map((name) =>
    onFreePort(async (port) => {
      await processes.start(`function-${name}`, deno, [...flags, join(folder, name, "index.ts")], {
        env: { ...env, PORT: String(port) },
        announces: /^Listening on/m,
        ready: async () => !(await isFree(port)),
      });
      return [name, `http://127.0.0.1:${port}/${name}`];
    }),
  );
  return Object.fromEntries(await Promise.all(started));
}

/** What Supabase gives functions, under its names, and our own settings: see functions/project/settings.go. */
export function functionSettings({ settings, supabaseUrl, siteUrl }) {
  return {
    ...Object.fromEntries(Object.entries(settings).filter(([name]) => name.startsWith("FUNCTIONS_"))),
    SUPABASE_URL: supabaseUrl,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: settings.SUPABASE_PUBLISHABLE_KEY }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: settings.SUPABASE_SECRET_KEY }),
    SUPABASE_JWT_SECRET: settings.SUPABASE_JWT_SECRET,
    SUPABASE_OTHER_JWT_SECRET: settings.SUPABASE_OTHER_JWT_SECRET ?? "",
    BFF_PUBLIC_URL: settings.BFF_PUBLIC_URL || siteUrl,
    FUNCTIONS_LOCAL: "true",
  };
}
