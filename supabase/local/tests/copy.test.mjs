// A copy of the stack's database beside it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import postgres from "postgres";
import { copyDatabase } from "../copy.mjs";
import { runningUrl } from "../postgres.mjs";
import { until } from "./started-stack.mjs";

const { DATABASE_URL, STACK_FOLDER } = process.env;
if (!STACK_FOLDER) throw new Error("STACK_FOLDER is not set; start with: go tool task test");

describe("a copy of the stack's database", () => {
  const connect = (url) => postgres(url, { max: 1, onnotice: () => {} });

  it("has its rows, also when a table goes while the dump begins", async () => {
    const id = crypto.randomUUID().replaceAll("-", "").slice(0, 12);
    const [copied, table] = [`copy_${id}`, `copied_${id}`];
    const [admin, other] = [connect(runningUrl(STACK_FOLDER, "supabase_admin")), connect(DATABASE_URL)];
    try {
      await other`create table private.${other(table)} (id int)`;
      let copying;
      await other.begin(async (transaction) => {
        await transaction`lock table private.${transaction(table)} in access exclusive mode`;
        copying = copyDatabase(STACK_FOLDER, copied);
        await until("the dump waits for the lock", async () => {
          const [{ waits }] = await admin`
            select exists (select from pg_locks l join pg_class c on c.oid = l.relation where not l.granted and c.relname = ${table}) as waits`;
          return waits;
        });
        await transaction`drop table private.${transaction(table)}`;
      });
      await copying;
      const copy = connect(Object.assign(new URL(DATABASE_URL), { pathname: `/${copied}` }).href);
      const [{ there, sprints }] = await copy`
        select to_regclass(${`private.${table}`}) as there,
          (select count(*)::int from public.sprints where sprint_id = '5eed0006-0000-4000-8000-000000000004') as sprints`;
      await copy.end();
      assert.deepEqual({ there, sprints }, { there: null, sprints: 1 });
    } finally {
      await admin`drop database if exists ${admin(copied)}`;
      await Promise.all([admin.end(), other.end()]);
    }
  });

  it("is never made over a database that is there", async () => {
    const admin = connect(runningUrl(STACK_FOLDER, "supabase_admin"));
    try {
      await assert.rejects(copyDatabase(STACK_FOLDER, "postgres"), /database "postgres" already exists/);
      const [{ there }] = await admin`select exists (select from pg_database where datname = 'postgres') as there`;
      assert.equal(there, true, "the stack's database is gone");
    } finally {
      await admin.end();
    }
  });
});
