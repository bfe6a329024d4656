// Calls the functions that a schedule calls, as pg_cron does in a Supabase project: `go tool task functions:tick`.

const { SUPABASE_URL, SUPABASE_SECRET_KEYS } = process.env;

let failed = false;
for (const name of ["scrum-reminder", "scrum-digest", "sprint-report"]) {
  const response = await fetch(`${SUPABASE_URL}/functions/v1/${name}`, {
    method: "POST",
    headers: { apikey: JSON.parse(SUPABASE_SECRET_KEYS).default, "content-type": "application/json" },
    body: "{}",
  });
  console.log(`${name}: ${response.status} ${(await response.text()).trim()}`);
  failed ||= !response.ok;
}
process.exitCode = failed ? 1 : 0;
