// Waiting for parts: is there an HTTP answer, which ports are free.

import { createServer } from "node:net";

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

/** As many different free ports as asked for, none of them reserved. All are held until the last one is known. */
export async function freePorts(count, reserved = []) {
  const servers = await Promise.all(Array.from({ length: count + reserved.length }, () => listen(0, "127.0.0.1")));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map(close));
  return ports.filter((port) => !reserved.includes(port)).slice(0, count);
}

function listen(port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject).listen(port, host, () => resolve(server));
  });
}

const close = (server) => server && new Promise((resolve) => server.close(resolve));
