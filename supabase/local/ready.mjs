// Waiting for parts: is there an HTTP answer, which ports are free.

import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { refuse } from "./refuse.mjs";

/** Whether the address answers with this status now. */
export async function statusOf(url, status) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.status === status;
  } catch {
    return false; // not listening yet
  }
}

/** Whether nobody listens on this port. */
export async function isFree(port, host = "127.0.0.1") {
  const server = await listen(port, host).catch(() => null);
  await close(server);
  return server !== null;
}

// Ports that no system hands out by itself (Linux does from 32768, others from 49152): of those, any
// connection may take one between our choice and the part's start.
const [lowestPort, highestPort] = [20_000, 26_000]; // the Go tests hold those above

/** A port that nobody listens on, until somebody does. */
export async function freePort() {
  for (let attempts = 100; attempts > 0; attempts--) {
    const port = randomInt(lowestPort, highestPort);
    if (await isFree(port)) return port;
  }
  throw refuse(`There is no free port between ${lowestPort} and ${highestPort}`);
}

/**
 * Holds a port until `release()`: the given one, or a free one for 0. Who connects meanwhile, such as a page that was
 * open before, is hung up on: closing would wait for them.
 */
export async function holdPort(port, host) {
  const server = await listen(port || (await freePort()), host);
  server.unref().on("connection", (socket) => socket.destroy());
  return { port: server.address().port, release: () => close(server) };
}

/**
 * Starts a part on a free port, first on the preferred one, and on another one where a program was faster
 * (`portTaken`, see processes.mjs). Returns what `start(port)` returns.
 */
export async function onFreePort(start, preferred) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start((attempt === 1 && preferred) || (await freePort()));
    } catch (error) {
      if (!error.portTaken || attempt === 5) throw error;
    }
  }
}

function listen(port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject).listen(port, host, () => resolve(server));
  });
}

const close = (server) => server && new Promise((resolve) => server.close(resolve));
