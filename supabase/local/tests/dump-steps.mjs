// What dump.test.mjs runs inside stacks of its own: `node dump-steps.mjs <step> <file>`.

import postgres from "postgres";
import { dump } from "../dump.mjs";
import { runningUrl } from "../postgres.mjs";

const { STACK_FOLDER, DATABASE_URL, BFF_URL, SUPABASE_PUBLISHABLE_KEY } = process.env;

/** A long text with all that SQL has to quote, so long that it goes to the server in several pieces. */
export const awkward = `Quotes ' and \\ and \n lines, $$, 한국어, ${"long ".repeat(3900)}`;

const steps = {
  /** A little life beside the seed's, and a dump of all. */
  async live(file) {
    const sql = postgres(DATABASE_URL, { max: 1 });
    await sql`update public.tasks set description = ${awkward} where task_id in (select task_id from public.tasks limit 1)`;
    await sql.end();
    await steps.dump(file);
  },
  async dump(file) {
    console.log("size", await dump(runningUrl(STACK_FOLDER, "supabase_admin"), file));
  },
  /** Somebody signs in and looks at a board; then all is dumped, as it was before that. */
  async use(file) {
    await steps.dump(file);
    const headers = { apikey: SUPABASE_PUBLISHABLE_KEY, "content-type": "application/json" };
    const body = JSON.stringify({ email: "demo@mysingle.test", password: "mysingle-demo" });
    const { access_token } = await (await fetch(`${BFF_URL}/auth/v1/token?grant_type=password`, { method: "POST", headers, body })).json();
    const board = await fetch(`${BFF_URL}/api/v1/sprints/5eed0006-0000-4000-8000-000000000004/board`, { headers: { authorization: `Bearer ${access_token}` } });
    console.log("board", board.status, (await board.json()).sprint?.sprint_name);
  },
};

const [, script, step, file] = process.argv;
if (script === import.meta.filename) await steps[step](file);
