// What supabase-js sends, one call after another: node clients.mjs <url> <key> <token>, with NODE_MODULES set.
// The answers don't matter; the test looks at what arrives.

import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const load = (name) => import(pathToFileURL(createRequire(join(process.env.NODE_MODULES, "package.json")).resolve(name)));
const { createClient } = await load("@supabase/supabase-js");
const { default: WebSocket } = await load("ws");
const [url, key, token] = process.argv.slice(2);
const client = createClient(url, key, {
  auth: { persistSession: false, autoRefreshToken: false },
  global: { headers: { Authorization: `Bearer ${token}` } },
  realtime: { transport: WebSocket },
});
const { auth, functions, storage } = client;
const table = () => client.from("things"); // no table of ours: its rows are not checked on the way
const bucket = storage.from("files");
const file = new Blob(["a file"], { type: "text/plain" });

const calls = [
  () => table().select("task_id, sprints(sprint_name)", { count: "exact" }).eq("status", "In Progress").range(0, 9),
  () => table().select("*", { count: "planned", head: true }).ilike("task_name", "%고객%"),
  () => table().select().order("board_rank").limit(3).single(),
  () => table().select().or("a.eq.1,b.is.null").maybeSingle(),
  () => table().select().csv(),
  () => table().select().explain({ analyze: true, format: "json" }),
  () => table().insert({ task_name: "하나" }).select(),
  () => table().insert([{ a: 1 }, { b: 2 }], { defaultToNull: false, count: "exact" }),
  () => table().upsert([{ task_id: 1 }], { onConflict: "task_id", ignoreDuplicates: true }).select("task_id"),
  () => table().update({ status: "Done" }).eq("task_id", 1).select(),
  () => table().delete({ count: "exact" }).in("task_id", [1, 2]),
  () => client.schema("private").from("x").select(),
  () => client.schema("private").from("x").insert({ a: 1 }),
  () => client.rpc("f", { a: 1 }),
  () => client.rpc("f", { a: "&=+ %" }, { get: true }),
  () => client.rpc("f", { a: 1 }, { head: true, count: "exact" }),
  () => auth.signInWithPassword({ email: "a@b.test", password: "x" }),
  () => auth.signUp({ email: "a@b.test", password: "x", options: { data: { first_name: "민수" } } }),
  () => auth.signInWithOtp({ email: "a@b.test", options: { emailRedirectTo: "https://app.test/x" } }),
  () => auth.verifyOtp({ email: "a@b.test", token: "123456", type: "email" }),
  () => auth.resetPasswordForEmail("a@b.test", { redirectTo: "https://app.test/y" }),
  () => auth.getUser(token),
  () => functions.invoke("hello", { body: { a: 1 }, region: "ap-northeast-2" }),
  () => functions.invoke("hello", { body: "text", method: "PUT" }),
  () => functions.invoke("hello", { body: file }),
  () => functions.invoke("hello", { method: "GET" }),
  () => bucket.upload("folder/a b%.txt", file, { upsert: true, cacheControl: "60", metadata: { by: "me" } }),
  () => bucket.upload("bytes.bin", new Uint8Array(100_000), { contentType: "application/octet-stream", metadata: { by: "me" } }),
  () => bucket.update("bytes.bin", new Uint8Array(10), { contentType: "image/png" }),
  () => bucket.uploadToSignedUrl("x.txt", "a-token", new Uint8Array(5), { upsert: true }),
  () => bucket.createSignedUploadUrl("x.txt", { upsert: true }),
  () => bucket.createSignedUrl("한글.png", 60, { download: true }),
  () => bucket.createSignedUrls(["a", "b"], 60),
  () => bucket.download("x.png", { transform: { width: 10 } }),
  () => bucket.exists("x.png"),
  () => bucket.info("x.png"),
  () => bucket.list("folder", { limit: 10, search: "a" }),
  () => bucket.move("a", "b"),
  () => bucket.copy("a", "b"),
  () => bucket.remove(["a", "b"]),
  () => storage.createBucket("b", { public: false }),
  () => storage.emptyBucket("b"),
  () => storage.deleteBucket("b"),
];
for (const call of calls) {
  try {
    await call();
  } catch {
    // The answer was no real one; whether the request arrived is what the test looks at.
  }
}
