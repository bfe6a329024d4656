// The schema as TypeScript types, as the Supabase CLI makes them and a person can read them. Run by
// `go tool task types`, it writes them to supabase/types/database.ts.

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import prettier from "prettier";

export const file = join(import.meta.dirname, "..", "types", "database.ts");

const header = `// The database's tables, views, functions and enums, for createClient<Database>().
// Written by \`go tool task types\` with the Supabase CLI: change the schema, not this file.

`;

/** The types of the database at the URL, with the CLI at the path. */
export async function generate(cli, url) {
  const { stdout } = await promisify(execFile)(cli, ["gen", "types", "typescript", `--remote=${url}`, "--schema", "public"], {
    maxBuffer: 16 << 20,
    env: { ...process.env, DO_NOT_TRACK: "1", SUPABASE_TELEMETRY_DISABLED: "1" },
  });
  return header + await prettier.format(stdout, { parser: "typescript" });
}

if (process.argv[1] === import.meta.filename) {
  const { SUPABASE_BIN, DATABASE_URL } = process.env;
  if (!SUPABASE_BIN || !DATABASE_URL) throw new Error("SUPABASE_BIN and DATABASE_URL are not set; start with: go tool task types");
  await writeFile(file, await generate(SUPABASE_BIN, DATABASE_URL));
}
