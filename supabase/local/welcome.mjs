// What `up` prints when everything runs: addresses, keys, the demo sign-in and one curl to try. Data out of a dump may
// have no demo in it, or one that has gone on.

import postgres from "postgres";

const demo = { email: "demo@mysingle.test", password: "mysingle-demo" };

export async function showWelcome({ parts, settings, folder }) {
  const { supabaseUrl, bffUrl, database } = parts;
  const sprint = await runningSprint(database.url("postgres"));
  const token = sprint && (await signIn(supabaseUrl, settings));
  const room = settings.BFF_SPRINT_ROOM === "off" ? "" : `  sprint room      ${bffUrl}/\n`;
  console.log(`
MySingle is ready.

${room}  BFF              ${bffUrl}
  Supabase         ${supabaseUrl}
  functions        ${supabaseUrl}/functions/v1/…
  PostgreSQL       ${database.url("postgres")}
  publishable key  ${settings.SUPABASE_PUBLISHABLE_KEY}
  secret key       ${settings.SUPABASE_SECRET_KEY}
${token ? `  demo sign-in     ${demo.email} / ${demo.password}\n` : ""}  logs             ${folder}/logs
${token ? `
Try it, the board of the demo sprint (the token lives one hour):

curl -H "Authorization: Bearer ${token}" ${bffUrl}/api/v1/sprints/${sprint}/board
` : ""}
Ctrl-C stops everything; the data stays.
`);
}

async function signIn(supabaseUrl, settings) {
  const response = await fetch(`${supabaseUrl}/auth/v1/token?grant_type=password`, {
    method: "POST",
    headers: { apikey: settings.SUPABASE_PUBLISHABLE_KEY, "content-type": "application/json" },
    body: JSON.stringify(demo),
  });
  return (await response.json()).access_token; // none where the password was changed
}

/** The demo user's running sprint, if there is one. */
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
    return row?.sprint_id;
  } finally {
    await sql.end();
  }
}
