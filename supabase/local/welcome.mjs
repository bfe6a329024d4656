// What `up` prints when everything runs: addresses, keys, the demo sign-in and one curl to try.

import postgres from "postgres";

const demo = { email: "demo@mysingle.test", password: "mysingle-demo" };

export async function showWelcome({ parts, settings, folder }) {
  const { supabaseUrl, bffUrl, database } = parts;
  const [token, sprint] = await Promise.all([signIn(supabaseUrl, settings), runningSprint(database.url("postgres"))]);
  const room = settings.BFF_SPRINT_ROOM === "off" ? "" : `  sprint room      ${bffUrl}/\n`;
  console.log(`
MySingle is ready.

${room}  BFF              ${bffUrl}
  Supabase         ${supabaseUrl}
  functions        ${supabaseUrl}/functions/v1/…
  PostgreSQL       ${database.url("postgres")}
  publishable key  ${settings.SUPABASE_PUBLISHABLE_KEY}
  secret key       ${settings.SUPABASE_SECRET_KEY}
  demo sign-in     ${demo.email} / ${demo.password}
  logs             ${folder}/logs

Try it, the board of the demo sprint (the token lives one hour):

curl -H "Authorization: Bearer ${token}" ${bffUrl}/api/v1/sprints/${sprint}/board

Ctrl-C stops everything; the data stays.
`);
}

async function signIn(supabaseUrl, settings) {
  const response = await fetch(`${supabaseUrl}/auth/v1/token?grant_type=password`, {
    method: "POST",
    headers: { apikey: settings.SUPABASE_PUBLISHABLE_KEY, "content-type": "application/json" },
    body: JSON.stringify(demo),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`The demo sign-in failed: ${response.status} ${JSON.stringify(answer)}`);
  return answer.access_token;
}

/** The demo user's running sprint, as that user sees it. */
async function runningSprint(url) {
  const sql = postgres(url, { max: 1 });
  try {
    const [row] = await sql`
      select s.sprint_id
      from public.sprints s
      join public.project_members m using (project_id)
      join public.profiles p using (profile_id)
      where p.email = ${demo.email} and s.status = 'Active'
      order by s.start_date desc
      limit 1`;
    if (!row) throw new Error("The demo data has no running sprint");
    return row.sprint_id;
  } finally {
    await sql.end();
  }
}
