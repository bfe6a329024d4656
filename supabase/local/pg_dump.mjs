// The thread in which pg_dump runs; see dump.mjs.

import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { pgDump } from "@electric-sql/pglite-tools/pg_dump";

const { wake, connection } = workerData;
let unsent = Buffer.alloc(0); // libpq hands long messages over in pieces
let started = false;

/** What pg_dump takes for the connection: sends what it is given, and returns the whole answer. */
const server = {
  query: async () => ({ rows: [{ search_path: "public" }] }), // asked for to be set again afterwards, where dumps share a connection
  exec: async () => {},
  execProtocolRawSync(bytes) {
    unsent = Buffer.concat([unsent, bytes]);
    const kind = lastOf(unsent);
    if (kind === null) return new Uint8Array();
    Atomics.store(wake, 0, 0);
    parentPort.postMessage({ query: unsent });
    unsent = Buffer.alloc(0);
    if (kind === "X") return new Uint8Array(); // Terminate
    // The notify of the answer before may come this late, after its store: it wakes this wait, and brings nothing.
    while (Atomics.load(wake, 0) === 0) Atomics.wait(wake, 0, 0);
    return receiveMessageOnPort(parentPort).message;
  },
};

/** The letter of the last of these messages, null when that isn't whole yet. The first message of all has none. */
function lastOf(bytes) {
  let [kind, at] = [null, 0];
  while (at < bytes.length) {
    const head = started ? 1 : 0;
    if (at + head + 4 > bytes.length) return null;
    const end = at + head + bytes.readUInt32BE(at + head);
    if (end > bytes.length) return null;
    kind = started ? String.fromCharCode(bytes[at]) : "";
    started = true;
    at = end;
  }
  return kind;
}

const file = await pgDump({ pg: server, args: ["--rows-per-insert=500", "--dbname", connection] });
parentPort.postMessage({ sql: new Uint8Array(await file.arrayBuffer()) });
