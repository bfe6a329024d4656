// The BFF: the binary that `go tool task build` makes.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { statusOf } from "./ready.mjs";
import { refuse } from "./refuse.mjs";
import { repository } from "./settings.mjs";

export function findBff() {
  const binary = join(repository, ".local", "bin", process.platform === "win32" ? "bff.exe" : "bff");
  if (!existsSync(binary)) throw refuse("The BFF is not built: run `go tool task build`");
  return binary;
}

/** Starts the BFF with these settings. The secret key, and what is the functions', stay out of its environment. */
export async function startBff(processes, { binary, cwd, settings, host, port, supabaseUrl }) {
  const environment = Object.fromEntries(Object.entries(settings).filter(([name]) => name !== "SUPABASE_SECRET_KEY" && !name.startsWith("FUNCTIONS_")));
  const url = `http://127.0.0.1:${port}`;
  await processes.start("bff", binary, [], {
    cwd,
    env: { ...environment, BFF_HOST: host, BFF_PORT: String(port), SUPABASE_URL: supabaseUrl },
    ready: () => statusOf(`${url}/readyz`, 200),
  });
  return url;
}
