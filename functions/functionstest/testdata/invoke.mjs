// Calls edge functions with supabase-js, as a web or mobile app would: a line of JSON in is a call, a line of
// JSON out is its answer. node invoke.mjs <url>, with NODE_MODULES set.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const load = (name) => import(pathToFileURL(createRequire(join(process.env.NODE_MODULES, "package.json")).resolve(name)));
const { createClient, FunctionsHttpError } = await load("@supabase/supabase-js");
const { default: WebSocket } = await load("ws");
const [url] = process.argv.slice(2);

/** The call as an app would make it, and the answer as it arrived. */
async function call({ key, path, method, headers, body }) {
  let seen = null;
  const client = createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: WebSocket },
    global: {
      headers,
      fetch: async (...args) => {
        const response = await fetch(...args);
        seen = response.clone();
        return response;
      },
    },
  });
  const { data, error } = await client.functions.invoke(path.slice(1), { method, headers, body: body === "" ? undefined : body });
  if (error && !(error instanceof FunctionsHttpError)) throw error;
  if (!error && data === undefined) throw new Error("neither data nor an error");
  return { status: seen.status, headers: Object.fromEntries(seen.headers), body: Buffer.from(await seen.arrayBuffer()).toString("base64") };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, ...request } = JSON.parse(line);
  call(request).then(
    (answer) => console.log(JSON.stringify({ id, ...answer })),
    (error) => console.log(JSON.stringify({ id, error: String(error.stack ?? error) })),
  );
}
