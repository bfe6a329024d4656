// supabase/types/database.ts: current, complete, and of use to supabase-js.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import postgres from "postgres";
import ts from "typescript";
import { file, generate } from "../types.mjs";

const { SUPABASE_BIN, DATABASE_URL } = process.env;
if (!SUPABASE_BIN || !DATABASE_URL) throw new Error("SUPABASE_BIN and DATABASE_URL are not set; start with: go tool task test");

const committed = await readFile(file, "utf8");

it("is what the CLI makes of the database", async () => {
  assert.equal(await generate(SUPABASE_BIN, DATABASE_URL), committed, "not current: run go tool task types");
});

it("has the enums, tables, views and functions of the database", async () => {
  const sql = postgres(DATABASE_URL, { onnotice: () => {} });
  try {
    const enums = await sql`
      select t.typname as name, array_agg(e.enumlabel order by e.enumsortorder) as values
      from pg_type t join pg_enum e on e.enumtypid = t.oid
      where t.typnamespace = 'public'::regnamespace group by 1`;
    assert.ok(enums.length > 5, `${enums.length} enums, want more than 5`);
    const { Constants } = await import(`data:text/javascript,${encodeURIComponent(ts.transpile(committed, { target: "esnext", module: "esnext" }))}`);
    assert.deepEqual(Constants.public.Enums, Object.fromEntries(enums.map(({ name, values }) => [name, values])));

    const names = await sql`
      select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')
      union all
      select proname from pg_proc where pronamespace = 'public'::regnamespace and prorettype <> 'trigger'::regtype`;
    assert.ok(names.length > 30, `${names.length} names, want more than 30`);
    for (const { name } of names) assert.match(committed, new RegExp(`^ {6}${name}: \\{`, "m"));
  } finally {
    await sql.end();
  }
});

it("finds mistakes in a program that uses supabase-js", () => {
  const program = ts.createProgram([join(import.meta.dirname, "typed-client.ts")], {
    strict: true, noEmit: true, skipLibCheck: true, types: [],
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext,
  });
  const faults = ts.getPreEmitDiagnostics(program);
  assert.equal(ts.formatDiagnostics(faults, {
    getCanonicalFileName: (name) => name, getCurrentDirectory: () => import.meta.dirname, getNewLine: () => "\n",
  }), "");
});
