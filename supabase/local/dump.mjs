// Dumps: the whole database as one SQL script, made by PostgreSQL's own pg_dump. It comes compiled to
// WebAssembly (of PGlite's tools), so that no PostgreSQL client has to be installed; it asks for bytes and
// waits for them, as programs in C do. So it runs in a thread of its own (pg_dump.mjs), and this one holds
// the connection: what the thread sends goes to the server, and an answer goes back when it is whole.

import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";
import { gunzipSync, gzipSync } from "node:zlib";
import { refuse } from "./refuse.mjs";

/**
 * Dumps the database at the address, of one moment, into the file: SQL for an empty database of a cluster
 * that has the roles, compressed where the name ends with .gz. There is the whole file or none. It holds
 * everything, password hashes and sessions too, so it is for nobody else to read. Returns its size in bytes.
 */
export async function dump(url, file) {
  const sql = await pgDump(new URL(url));
  const content = file.endsWith(".gz") ? gzipSync(sql, { level: 9 }) : sql;
  const draft = `${file}.${process.pid}.new`;
  const descriptor = openSync(draft, "wx", 0o600);
  try {
    for (let at = 0; at < content.length; ) at += writeSync(descriptor, content, at);
    fsyncSync(descriptor); // or a loss of power could leave the name and not the content
    renameSync(draft, file);
  } finally {
    closeSync(descriptor);
    rmSync(draft, { force: true });
  }
  return content.length;
}

/** The SQL in a file that dump() has made; whole, or it is refused. */
export function readDump(file) {
  if (!existsSync(file)) throw refuse(`There is no dump ${file}`);
  let sql = "";
  try {
    const content = readFileSync(file);
    sql = (content[0] === 0x1f && content[1] === 0x8b ? gunzipSync(content) : content).toString("utf8");
  } catch (error) {
    throw refuse(`${file} can't be read: ${error.message}`);
  }
  if (!sql.startsWith("--\n-- PostgreSQL database dump\n")) throw refuse(`${file} is no dump of db:dump's: it doesn't begin like one`);
  if (!/^-- PostgreSQL database dump complete$/m.test(sql.slice(-200))) throw refuse(`${file} is cut off: the last line of a dump is missing`);
  return sql;
}

function pgDump({ hostname, port, username, password, pathname }) {
  const wake = new Int32Array(new SharedArrayBuffer(4));
  const value = (text) => `'${decodeURIComponent(text).replace(/[\\']/g, "\\$&")}'`; // libpq's quoting
  const connection = `host=localhost user=${value(username)} password=${value(password)} dbname=${value(pathname.slice(1))}`;
  const socket = connect(Number(port), hostname);
  const worker = new Worker(new URL("pg_dump.mjs", import.meta.url), { workerData: { wake, connection } });

  let [asked, closed] = [false, false];
  const ask = (query) => {
    asked = true;
    if (closed) return answer(received);
    socket.write(query);
  };
  const answer = (bytes) => {
    asked = false;
    worker.postMessage(bytes);
    Atomics.store(wake, 0, 1);
    Atomics.notify(wake, 0);
  };
  const end = () => {
    socket.destroy();
    return worker.terminate();
  };
  let received = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    if (!givesTheTurn(received)) return;
    answer(received);
    received = Buffer.alloc(0);
  });
  for (const event of ["end", "close"]) socket.on(event, () => (closed = true));
  socket.on("close", () => {
    if (asked) answer(received); // nothing more comes: pg_dump says so itself
  });

  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    worker.on("error", reject);
    worker.on("message", ({ query, sql }) => (query ? ask(query) : resolve(Buffer.from(sql))));
  }).finally(end);
}

/** Whether the server waits for the client after these messages: each has a letter, and a length that counts itself. */
function givesTheTurn(bytes) {
  let [turn, at] = [false, 0];
  while (at + 5 <= bytes.length && at + 1 + bytes.readUInt32BE(at + 1) <= bytes.length) {
    const kind = String.fromCharCode(bytes[at]);
    // ReadyForQuery, or a step of the authentication that wants an answer: all but Ok (0) and SASLFinal (12).
    turn = kind === "Z" || (kind === "R" && ![0, 12].includes(bytes.readUInt32BE(at + 5)));
    at += 1 + bytes.readUInt32BE(at + 1);
  }
  return turn && at === bytes.length;
}
