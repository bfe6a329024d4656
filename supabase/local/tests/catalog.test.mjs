// The catalog as text, by which two schemas are compared: every kind of change makes a line differ.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import postgres from "postgres";
import { catalog, tokens } from "../catalog.mjs";

const { DATABASE_URL } = process.env;
if (!DATABASE_URL) throw new Error("DATABASE_URL is not set; start with: go tool task test");

const name = "catalog_test";
const url = new URL(DATABASE_URL);
url.pathname = name;

const schema = `
  create schema private;
  create type public.mood as enum ('good', 'bad');
  create domain public.age as integer check (value > 0);
  create table public.shelves (shelf_id uuid primary key, shelf_name text not null, mood public.mood, size integer default 1);
  create table public.books (book_id bigint generated always as identity primary key, shelf_id uuid);
  create index books_shelf on public.books (shelf_id);
  create view public.names with (security_invoker = true) as select shelf_name from public.shelves;
  alter table public.shelves enable row level security;
  create policy "Shelves are visible" on public.shelves for select to authenticated using (size > 0);
  create function private.size_of(shelf public.shelves) returns integer language plpgsql stable set search_path = '' as $$
  begin
    return shelf.size; -- in centimetres
  end $$;
  create function private.touch() returns trigger language plpgsql as 'begin return new; end';
  create trigger shelves_touch before update on public.shelves for each row execute function private.touch();
  create publication watched for table public.shelves;
`;

/** A change of the schema, and what the line says that it makes differ. */
const changes = [
  ["alter table public.shelves add column colour text", /^\+column public\.shelves\.colour: type = text$/],
  ["alter table public.shelves alter size set default 2", /^\+column public\.shelves\.size: default = 2$/],
  ["alter table public.shelves alter shelf_name drop not null", /^\+column public\.shelves\.shelf_name: not null = false$/],
  ["alter table public.shelves add check (size < 9)", /^\+constraint shelves_size_check on public\.shelves: definition = CHECK \(\(size < 9\)\)$/],
  ["alter domain public.age add check (value < 200)", /^\+constraint age_check1 on public\.age: definition = /],
  ["alter table public.shelves set (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.1)", /^\+table public\.shelves: options = fillfactor=90, autovacuum_vacuum_scale_factor=0\.1$/],
  ["alter table public.shelves force row level security", /^\+table public\.shelves: row security = enabled, forced$/],
  ["alter table public.shelves replica identity full", /^\+table public\.shelves: replica identity = f$/],
  ["create index books_both on public.books (shelf_id, book_id) where book_id > 1", /^\+index public\.books_both: definition = CREATE INDEX .* WHERE \(book_id > 1\)$/],
  ["create statistics public.books_together (dependencies) on book_id, shelf_id from public.books", /^\+statistics public\.books_together: definition = /],
  ["alter function private.size_of volatile", /^\+function private\.size_of\(public\.shelves\): volatility = v$/],
  ["alter function private.size_of security definer", /^\+function private\.size_of\(public\.shelves\): security = definer$/],
  ["alter function private.size_of parallel safe cost 7", /^\+function private\.size_of\(public\.shelves\): parallel = s$/],
  ["alter function private.size_of set work_mem = '8MB'", /^\+function private\.size_of\(public\.shelves\): settings = search_path="", work_mem=8MB$/],
  ["grant execute on function private.size_of to anon", /^\+function private\.size_of\(public\.shelves\): acl = .*anon=EXECUTE/],
  ["create or replace function private.size_of(shelf public.shelves) returns integer language plpgsql stable set search_path = '' as 'begin return 1; end'", /^\+function private\.size_of\(public\.shelves\): source = begin return 1; end$/],
  ["alter policy \"Shelves are visible\" on public.shelves using (size > 1)", /^\+policy "Shelves are visible" on public\.shelves: using = \(size > 1\)$/],
  ["alter policy \"Shelves are visible\" on public.shelves to anon", /^\+policy "Shelves are visible" on public\.shelves: roles = anon$/],
  ["grant select on public.shelves to anon", /^\+table public\.shelves: acl = .*anon=SELECT/],
  ["grant update (size) on public.shelves to anon", /^\+column public\.shelves\.size: acl = anon=UPDATE$/],
  ["alter table public.shelves disable trigger shelves_touch", /^\+trigger shelves_touch on public\.shelves: enabled = D$/],
  ["alter type public.mood add value 'mixed' before 'bad'", /^\+type public\.mood: labels = good, mixed, bad$/],
  ["comment on column public.shelves.size is 'Width.'", /^\+table column public\.shelves\.size: comment = Width\.$/],
  ["comment on policy \"Shelves are visible\" on public.shelves is 'Why.'", /^\+policy "Shelves are visible" on public\.shelves: comment = Why\.$/],
  ["alter publication watched add table public.books where (book_id > 1)", /^\+publication watched: tables = public\.books \(all\) where \(book_id > 1\)$/],
  ["alter publication watched set (publish = 'insert')", /^\+publication watched: publishes = insert$/],
  ["alter default privileges in schema public grant select on tables to anon", /^\+default privileges of postgres in public on r: acl = anon=SELECT$/],
  ["create or replace view public.names with (security_invoker = false) as select shelf_name from public.shelves", /^\+view public\.names: options = security_invoker=false$/],
  ["create or replace view public.names as select upper(shelf_name) as shelf_name from public.shelves", /^\+view public\.names: definition = .*upper\(shelf_name\)/],
  ["alter sequence public.books_book_id_seq cache 5", /^\+sequence public\.books_book_id_seq: parameters = .* cache 5$/],
  ["grant create on schema private to authenticated", /^\+schema private: acl = .*authenticated=CREATE/],
  ["create extension btree_gist with schema public", /^\+extension btree_gist: is = in public, /],
  [`alter database ${name} set work_mem = '8MB'`, new RegExp(`^\\+settings of role any in database ${name}: are = work_mem=8MB$`)],
  ["create aggregate public.total(integer) (sfunc = int4pl, stype = integer)", /^\+function public\.total\(integer\): kind = a$/],
  ["create operator public.=== (leftarg = integer, rightarg = integer, function = int4eq)", /^\+operator public\.===\(.*\): exists = $/],
  ["drop policy \"Shelves are visible\" on public.shelves; alter table public.shelves alter size type bigint", /^\+column public\.shelves\.size: type = bigint$/],
];

describe("the catalog", () => {
  let admin;
  const withDatabase = async (work) => {
    await admin.unsafe(`drop database if exists ${name}`);
    await admin.unsafe(`create database ${name} template template0`);
    const sql = postgres(url.href, { max: 1, onnotice: () => {} });
    try {
      await sql.unsafe(schema);
      await work(sql);
    } finally {
      await sql.end();
    }
  };
  const missing = (lines, from) => lines.filter((line) => !from.has(line));
  const differences = (was, is) => [...missing(was, new Set(is)).map((line) => `-${line}`), ...missing(is, new Set(was)).map((line) => `+${line}`)];

  before(() => (admin = postgres(DATABASE_URL, { max: 1, onnotice: () => {} })));
  after(async () => {
    await admin.unsafe(`drop database if exists ${name}`);
    await admin.end();
  });

  it("tells of every change", async () => {
    await withDatabase(async (sql) => {
      let was = await catalog(url.href);
      for (const [change, expected] of changes) {
        await sql.unsafe(change);
        const is = await catalog(url.href);
        const made = differences(was, is);
        assert.ok(made.some((line) => expected.test(line)), `${change}\n${made.join("\n") || "nothing differs"}`);
        was = is;
      }
    });
  });

  it("as code alone doesn't tell of words and layout", async () => {
    await withDatabase(async (sql) => {
      const was = await catalog(url.href, { code: true });
      await sql.unsafe(`
        create or replace function private.size_of(shelf public.shelves) returns integer language plpgsql stable set search_path = '' as
          'begin /* inches */ return shelf . size; end';
        comment on table public.shelves is 'For books.'`);
      assert.deepEqual(differences(was, await catalog(url.href, { code: true })), []);
      await sql.unsafe("create or replace function private.size_of(shelf public.shelves) returns integer language plpgsql stable set search_path = '' as 'begin return -shelf.size; end'");
      assert.deepEqual(differences(was, await catalog(url.href, { code: true })), ["+function private.size_of(public.shelves): source = -"]);
    });
  });
});

describe("tokens", () => {
  it("are the same however a source is laid out", () => {
    assert.deepEqual(tokens("a\n  -- why\n= 'it''s '\n  'so' /* c */ and b->>'c' is not null;"), tokens("a='it''s so'\nand b ->> 'c' is not null ;"));
  });

  it("are others where the source is", () => {
    for (const [one, other] of [["a b", "ab"], ["'a' 'b'", "'ab'"], ["a - -1", "a -- -1"], ["'a  b'", "'a b'"], ["x::text", "x: :text"], ['"A"', '"a"']]) {
      assert.notDeepEqual(tokens(one), tokens(other), one);
    }
  });
});
