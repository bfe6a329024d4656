// A dump holds everything and gives it back: from the throw-away stack the tests run on into a second one.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import postgres from "postgres";
import { census, differences } from "../census.mjs";
import { announcedChanges } from "../database.mjs";
import { dump } from "../dump.mjs";
import { runningUrl } from "../postgres.mjs";
import { awkward } from "./dump-steps.mjs";
import { cleanEnvironment, place, start } from "./started-stack.mjs";

const { STACK_FOLDER } = process.env;
if (!STACK_FOLDER) throw new Error("STACK_FOLDER is not set; start with: go tool task test");

const stackScript = join(import.meta.dirname, "..", "stack.mjs");
const folder = mkdtempSync(join(tmpdir(), "dump-test-"));
after(() => rmSync(folder, { recursive: true }));

/** Starts a throw-away stack, from a dump if one is named, and runs one of dump-steps.mjs in it, or another command. */
function inStack({ from, step, command = [process.execPath, join(import.meta.dirname, "dump-steps.mjs"), ...(step ?? [])] }) {
  const child = spawn(process.execPath, [stackScript, "run", ...(from ? ["--from", from] : []), "--", ...command], { env: cleanEnvironment(), cwd: folder });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  return new Promise((resolve) => child.on("exit", (code) => resolve({ code, said })));
}

describe("a dump", () => {
  // Of a database that nobody else writes to meanwhile: the other tests use the stack around these, too.
  const first = join(folder, "first.sql.gz");
  let made;
  before(async () => {
    made = await inStack({ step: ["live", first] });
    assert.equal(made.code, 0, made.said);
  });

  it("is one file, for nobody else to read", () => {
    assert.equal(statSync(first).size, Number(made.said.match(/^size (\d+)$/m)[1]));
    assert.equal(statSync(first).mode & 0o777, 0o600);
    const sql = gunzipSync(readFileSync(first)).toString();
    assert.match(sql, /^-- PostgreSQL database dump$/m);
    assert.match(sql, /^-- PostgreSQL database dump complete$/m);
    assert.ok(sql.includes(awkward.replaceAll("'", "''")), `the dump's ${sql.length} characters don't have ${JSON.stringify(awkward)}, doubled quotes aside`);
  });

  it("restored and dumped again is the same, line by line, and people sign in to it", async () => {
    const { code, said } = await inStack({ from: first, step: ["use", "second.sql"] });
    assert.equal(code, 0, said);
    assert.match(said, /dump +[\d.]+ s +\d+ rows in \d+ tables/);
    assert.match(said, /census +[\d.]+ s +nothing lost/);
    assert.match(said, /^board 200 4차/m);
    // But for parentheses, since out of a text PostgreSQL reads (a or b) or c as a or b or c, and for the order of rows.
    const lines = (sql) => sql.replace(/[()]|[,;]$/gm, "").split("\n").sort();
    const [one, two] = [lines(gunzipSync(readFileSync(first)).toString()), lines(readFileSync(join(folder, "second.sql"), "utf8"))];
    assert.equal(two.length, one.length);
    assert.deepEqual(two.filter((line, at) => line !== one[at]).map((line) => line.slice(0, 300)), []);
  });

  it("that is cut off, or none, or broken is refused", async () => {
    const whole = readFileSync(first);
    const sql = gunzipSync(whole).toString();
    for (const [name, content, fault] of [
      ["cut.sql", sql.slice(0, sql.indexOf("ALTER TABLE public.tasks ENABLE ROW LEVEL SECURITY")), /^cut\.sql is cut off: .*\n$/],
      ["cut.sql.gz", whole.subarray(0, 100_000), /^cut\.sql\.gz can't be read: unexpected end of file\n$/],
      ["other.sql", "select 1;\n", /^other\.sql is no dump .*\n$/],
      ["broken.sql", sql.replace("INSERT INTO public.tasks", "INSERT OUTOF public.tasks"), /the dump \(line \d+\): syntax error at or near "OUTOF"\n$/],
    ]) {
      writeFileSync(join(folder, name), content);
      const { code, said } = await inStack({ from: name, command: ["true"] });
      assert.equal(code, 1);
      assert.match(said, fault);
    }
  });

  it("that isn't there is refused in one line", async () => {
    assert.deepEqual(await inStack({ from: "none.sql", command: ["true"] }), { code: 1, said: "There is no dump none.sql\n" });
  });

  it("of a server that ends meanwhile is an error, and no file", async () => {
    const admin = () => runningUrl(STACK_FOLDER, "supabase_admin");
    const url = new URL(admin());
    url.password = "wrong";
    await assert.rejects(dump(url.href, join(folder, "refused.sql")), /password authentication failed/);
    url.port = "1";
    await assert.rejects(dump(url.href, join(folder, "refused.sql")), /ECONNREFUSED/);
    // A server that is stopped between two answers, and one that is within one.
    for (const ends of [(answers) => answers === 20, (answers, chunk) => answers === 20 && chunk.subarray(0, 7)]) {
      const relay = createServer((client) => {
        const server = connect(Number(new URL(admin()).port), "127.0.0.1");
        let answers = 0;
        client.pipe(server);
        server.on("data", (chunk) => {
          const end = ends(++answers, chunk);
          client.write(end === true ? chunk : end || chunk, () => end && client.destroy());
        });
        for (const socket of [client, server]) socket.on("error", () => {}).on("close", () => (client.destroy(), server.destroy()));
      }).listen(0, "127.0.0.1");
      await once(relay, "listening");
      url.href = admin();
      url.port = String(relay.address().port);
      await assert.rejects(dump(url.href, join(folder, "refused.sql")), /closed the connection|server closed/);
      relay.close();
    }
    assert.ok(!existsSync(join(folder, "refused.sql")), "a dump that failed has left its file");
  });
});

describe("up --from and dump", () => {
  let at;
  before(async () => (at = await place()));
  after(() => at.remove());

  it("is how a developer keeps data and takes it back, without the demo's being added", async () => {
    const file = join(folder, "mine.sql.gz");
    const first = start(at, "up");
    await first.ready();
    const sql = postgres(first.output().match(/postgres:\S+/)[0], { max: 1 });
    // The demo's team is gone, and with it what `up` has to show of the demo.
    await sql`delete from public.organizations where org_id = '5eed0001-0000-4000-8000-000000000001'`;
    const [{ count }] = await sql`select count(*)::int from public.organizations`;
    await sql.end();
    assert.equal(count, 1);

    const made = start(at, "dump", { args: [file] });
    assert.equal(await made.ended, 0);
    assert.match(made.output(), /mine\.sql\.gz: \d+ kB\. .*up -- --from/);
    const again = start(at, "dump", { args: [file] });
    assert.equal(await again.ended, 1);
    assert.match(again.output(), /^.* is there already: .*\n$/);
    first.child.kill("SIGINT");
    await first.ended;

    const full = start(at, "up", { args: ["--from", file] });
    assert.equal(await full.ended, 1);
    assert.match(full.output(), /^There is data in .*: run `go tool task reset`, or .*\n$/);
    assert.equal(await start(at, "reset").ended, 0);

    const broken = join(folder, "mine-broken.sql");
    writeFileSync(broken, gunzipSync(readFileSync(file)).toString().replace("INSERT INTO public.tasks", "INSERT OUTOF public.tasks"));
    const failed = start(at, "up", { args: ["--from", broken] });
    assert.equal(await failed.ended, 1);
    assert.match(failed.output(), /syntax error/);
    assert.ok(!existsSync(at.data), "an empty database would be taken for data");

    for (const args of [["--from", file], []]) {
      const back = start(at, "up", { args });
      await back.ready();
      const sql = postgres(back.output().match(/postgres:\S+/)[0], { max: 1 });
      const [{ count }] = await sql`select count(*)::int from public.organizations`;
      await sql.end();
      assert.equal(count, 1);
      back.child.kill("SIGINT");
      await back.ended;
    }
  });
});

describe("the census", () => {
  it("names each table and column that is not as it was, but for the announced", async () => {
    const sql = postgres(process.env.DATABASE_URL, { max: 1, onnotice: () => {} });
    const admin = runningUrl(STACK_FOLDER, "supabase_admin");
    try {
      await sql`create table private.census_a (id int primary key, name text, note text)`;
      await sql`create table private.census_b as select 1 as id`;
      await sql`insert into private.census_a values (1, 'one', 'x'), (2, 'two', 'y')`;
      const of = async () => new Map([...(await census(admin))].filter(([name]) => name.startsWith("private.census_")));
      const before = await of();
      assert.deepEqual(differences(before, await of()), []);
      await sql`update private.census_a a set name = b.name from private.census_a b where b.id <> a.id`; // exchanged
      await sql`alter table private.census_a drop column note, add column more int default 3`;
      await sql`drop table private.census_b`;
      const after = await of();
      assert.deepEqual(differences(before, after), [
        "private.census_a.name: other values",
        "private.census_a.note: the column is gone",
        "private.census_b: the table is gone, with 1 rows",
      ]);
      assert.deepEqual(differences(before, after, ["private.census_a.name", "private.census_a.note", "private.census_b"]), []);
      await sql`delete from private.census_a where id = 1`;
      assert.deepEqual(differences(after, await of()), ["private.census_a: 2 rows before, 1 after"]);
    } finally {
      await sql`drop table if exists private.census_a, private.census_b`;
      await sql.end();
    }
  });

  it("takes announcements from migrations after the dump's alone", () => {
    assert.deepEqual(announcedChanges("99999999999999"), []);
  });
});
