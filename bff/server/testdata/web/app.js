// What a web app does: it signs in at the BFF, and has a Supabase client without a session. The session's
// cookie, which no script can see, goes along by itself.

/** A request to the BFF's own paths. The header is for browsers that don't say which site's page asks. */
export async function ask(method, path, body) {
  const headers = { "X-MySingle": "1", ...(body && { "Content-Type": "application/json" }) };
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : null };
}

/** A Supabase client of the BFF's origin. */
export const connect = (key, url = location.origin) =>
  supabase.createClient(url, key, { auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false } });

/** Everything that a script of the page can see of the browser's storage. */
export async function visible() {
  const caught = { cookie: document.cookie, local: { ...localStorage }, session: { ...sessionStorage } };
  const databases = (await indexedDB.databases()).map(({ name }) => name);
  const windows = Object.keys(window).filter((name) => /token|session/i.test(name) && typeof window[name] === "string");
  return JSON.stringify({ ...caught, databases, windows, name: window.name });
}

Object.assign(window, { ask, connect, visible });
