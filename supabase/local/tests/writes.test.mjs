// What supabase-js tells of rows that the BFF refuses before they reach the database.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { createClient } from "@supabase/supabase-js";
import WebSocket from "ws";

const { BFF_URL, SUPABASE_PUBLISHABLE_KEY } = process.env;
if (!BFF_URL) throw new Error("BFF_URL is not set; start with: go tool task test");

describe("supabase-js and rows that are refused", () => {
  let client;

  before(async () => {
    client = createClient(BFF_URL, SUPABASE_PUBLISHABLE_KEY, {
      auth: { persistSession: false, autoRefreshToken: false },
      realtime: { transport: WebSocket },
      global: { headers: { "Accept-Language": "ko" } },
    });
    const { error } = await client.auth.signUp({ email: `${randomUUID()}@client.test`, password: "correct horse battery" });
    assert.ifError(error);
  });
  after(() => client.rpc("delete_my_account"));

  it("reads the error as one of the database's", async () => {
    const { data, error, status } = await client.from("accounts").insert({ account_name: "", account_type: "Friend" }).select().single();
    assert.equal(data, null);
    assert.equal(status, 400);
    assert.deepEqual({ code: error.code, message: error.message, details: error.details, hint: error.hint }, {
      code: "invalid_request",
      message: 'account_name은(는) 비워 둘 수 없습니다; account_type: "Friend"은(는) Prospect, Customer, Partner 중 하나가 아닙니다.',
      details: null,
      hint: null,
    });
  });

  it("inserts several rows with different members, and changes one of them", async () => {
    const made = await client.from("accounts")
      .insert([{ account_name: "하나" }, { account_name: "둘", account_type: "Partner" }], { defaultToNull: false }).select();
    assert.ifError(made.error);
    assert.deepEqual(made.data.map(({ account_type }) => account_type), ["Prospect", "Partner"]);
    const wrong = await client.from("accounts").insert([{ account_name: "셋" }, { account_name: "x".repeat(201) }]);
    assert.equal(wrong.error.message, "[1].account_name은(는) 200자 이하여야 합니다.");
    const changed = await client.from("accounts").update({ account_name: "셋" }).eq("account_name", "둘").select("account_name");
    assert.ifError(changed.error);
    assert.deepEqual(changed.data, [{ account_name: "셋" }]);
    const kept = await client.from("accounts").upsert({ account_name: "하나", account_type: "Customer" }, { onConflict: "org_id,account_name" }).select();
    assert.ifError(kept.error);
    assert.equal(kept.data[0].account_type, "Customer");
  });

  it("throws the error where the caller wants that", async () => {
    await assert.rejects(async () => client.from("accounts").update({ account_name: null }).eq("account_name", "하나").throwOnError(),
      { code: "invalid_request", message: "account_name은(는) 필수입니다." });
  });
});
