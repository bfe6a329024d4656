// The gateway: Supabase's public paths on one port, and its API key rules. PostgREST and Auth know no
// API keys; here a key becomes a role, as in Supabase's own gateway.

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import { pipeline } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/** Auth's paths that a browser opens without a key: from an e-mail's link, or on its way back from a provider. */
const openAuthPaths = new Set(["/verify", "/callback", "/authorize", "/.well-known/jwks.json", "/health"]);

const hopByHop = [
  "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
  "transfer-encoding", "upgrade",
];
const upstreamTimeout = 60_000;

/**
 * Listens on the port and returns the server. `keys` are `{ publishable, secret, jwtSecret }`, of the first two all
 * that count, as a project has several while they are being changed. `upstreams` is filled in as the parts start:
 * `{ rest, auth, functions }`, addresses without a final slash, those of the functions by name. Until then
 * their paths answer 503.
 */
export function startGateway({ port, keys, upstreams }) {
  const agent = new http.Agent({ keepAlive: true, timeout: 20_000, maxFreeSockets: 64 });
  const server = http.createServer((request, response) => answer({ request, response, keys, upstreams, agent }));
  server.on("upgrade", (request, socket) => {
    const body = JSON.stringify(problem("not_implemented", "Realtime is not part of this stack", "WebSocket connections need Supabase itself"));
    socket.end(`HTTP/1.1 501 Not Implemented\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
  });
  server.on("close", () => agent.destroy());
  server.keepAliveTimeout = 65_000; // longer than the BFF keeps an idle connection
  server.requestTimeout = 0; // uploads may take long; the upstream has its own timeout
  return new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", () => resolve(server)));
}

/** Breaks every connection off and, a moment later, listens again on the same port: as if it had died and been started anew. */
export async function restartGateway(server) {
  const { port } = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  await sleep(200);
  server.listen(port, "127.0.0.1");
  await once(server, "listening"); // or its error
}

function answer(exchange) {
  const { request, response, upstreams } = exchange;
  const [path, query] = split(request.url);
  // Which pages may call a function is the function's to say, as at Supabase.
  const ownRules = path.startsWith("/functions/v1/");
  if (!ownRules) {
    response.setHeader("access-control-allow-origin", "*");
    if (request.method === "OPTIONS" && request.headers["access-control-request-method"]) return answerPreflight(request, response);
  }
  if (!path.startsWith("/") || /(^|[/\\])(\.|%2e){1,2}([/\\]|%2f|%5c|$)/i.test(path)) {
    return send(response, 400, problem("bad_path", "The path is not acceptable", "Dot segments and absolute addresses are not followed"));
  }
  const [, service, rest] = path.match(/^\/([a-z]+)\/v1(\/.*)?$/) ?? [];
  switch (service) {
    case "rest":
      if (writesEveryRow(request.method, rest ?? "/", query)) {
        return send(response, 400, problem("21000", `${request.method === "DELETE" ? "DELETE" : "UPDATE"} requires a WHERE clause`, "Add a filter, such as ?task_id=eq.<id>"));
      }
      return withKey({ ...exchange, query, path: rest ?? "/", upstream: upstreams.rest, name: "PostgREST" });
    case "auth": {
      const target = { ...exchange, query, path: rest ?? "/", upstream: upstreams.auth, name: "Auth" };
      return openAuthPaths.has(rest) ? forward({ ...target, authorization: request.headers.authorization }) : withKey(target);
    }
    case "functions": {
      // Functions see the keys themselves, as at Supabase: what a key is good for is theirs to say.
      const [, name, below] = (rest ?? "/").match(/^\/([^/]*)(.*)$/);
      if (!upstreams.functions) return unavailable(response, "The function");
      if (!Object.hasOwn(upstreams.functions, name)) {
        return send(response, 404, problem("no_function", "There is no such function", `There are: ${Object.keys(upstreams.functions).join(", ")}`));
      }
      const { apikey, authorization } = request.headers;
      return forward({ ...exchange, query, path: below, upstream: upstreams.functions[name], name: "The function", apikey, authorization, ownRules });
    }
    case "storage":
      return send(response, 503, problem("not_started", "storage/v1 is not part of this stack", "It is there with Docker: go tool task up:docker"));
    default:
      return send(response, 404, problem("no_route", "No such path", "The gateway knows /rest/v1, /auth/v1 and /functions/v1"));
  }
}

/** Supabase's database refuses a write without any filter (its extension safeupdate); ours hasn't got it. */
function writesEveryRow(method, path, query) {
  const filters = query.parameters.filter((parameter) => !/^(select|columns|order|limit|offset|apikey)=/.test(parameter));
  return ["PATCH", "DELETE"].includes(method) && !path.startsWith("/rpc/") && filters.length === 0;
}

/** Supabase's rules: which role the request has, from its API key and the user's token. */
function withKey(target) {
  const { request, response, query, keys } = target;
  const apikey = request.headers.apikey ?? query.get("apikey");
  if (!apikey) {
    return send(response, 401, { message: "No API key found in request", hint: "No `apikey` request header or url param was found." });
  }
  const role = roleOf(apikey, keys);
  const bearer = request.headers.authorization?.match(/^bearer +(.+)$/i)?.[1];
  // A key may be repeated as the bearer token, as clients without a session do; a different one is a mistake.
  const repeated = bearer?.startsWith("sb_");
  if (role === null || (repeated && !same(bearer, apikey))) {
    return send(response, 401, { message: "Invalid API key", hint: "Double check your Supabase publishable or secret API key." });
  }
  if (request.headers.authorization && !repeated) return forward({ ...target, authorization: request.headers.authorization });
  const authorization = role === "service_role" ? `Bearer ${roleToken(role, keys.jwtSecret)}` : undefined;
  return forward({ ...target, authorization });
}

function roleOf(apikey, keys) {
  // All are compared in full, so that the time taken says nothing about any.
  const [publishable, secret] = [keys.publishable, keys.secret].map((known) => known.map((key) => same(apikey, key)).includes(true));
  return secret ? "service_role" : publishable ? "anon" : null;
}

function same(a, b) {
  const digest = (text) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** A token of one minute's life, signed like Auth's own. */
export function roleToken(role, secret, now = Math.floor(Date.now() / 1000)) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const content = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ iss: "supabase", role, iat: now, exp: now + 60 })}`;
  return `${content}.${createHmac("sha256", secret).update(content).digest("base64url")}`;
}

function forward(target) {
  const { request, response, path, query, upstream, name, agent } = target;
  if (!upstream) return unavailable(response, name);
  const address = new URL(upstream);
  query.delete("apikey"); // PostgREST would take it for a column
  const outgoing = http.request({
    agent,
    host: address.hostname,
    port: address.port,
    method: request.method,
    path: `${address.pathname.replace(/\/$/, "")}${path}${query.toString()}`,
    headers: requestHeaders(request, target),
    timeout: upstreamTimeout,
  });

  outgoing.on("response", (incoming) => {
    const headers = responseHeaders(incoming, target);
    response.writeHead(incoming.statusCode, incoming.statusMessage, headers);
    // An answer cut short upstream is cut short here too; pipeline destroys the connection.
    pipeline(incoming, response, () => {});
  });
  outgoing.on("timeout", () => outgoing.destroy(Object.assign(new Error("timeout"), { code: "TIMEOUT" })));
  outgoing.on("error", (error) => {
    if (response.headersSent || response.destroyed) return response.destroy();
    if (error.code === "ECONNREFUSED") return unavailable(response, name);
    // A connection kept from earlier may just have been closed: only reading may be tried again.
    const bodyless = ["GET", "HEAD"].includes(request.method) && !request.headers["content-length"] && !request.headers["transfer-encoding"];
    if (outgoing.reusedSocket && error.code === "ECONNRESET" && bodyless) return forward(target);
    if (error.code === "TIMEOUT") return send(response, 504, problem("upstream_timeout", `${name} did not answer in time`, "Try again"));
    send(response, 502, problem("upstream_failed", `${name} broke the connection off`, "The request may or may not have taken effect"));
  });
  response.on("close", () => response.writableFinished || outgoing.destroy());
  request.pipe(outgoing);
}

function requestHeaders(request, { apikey, authorization }) {
  const headers = withoutHopByHop(request.headers);
  for (const name of ["apikey", "authorization", "host"]) delete headers[name];
  if (apikey) headers.apikey = apikey;
  if (authorization) headers.authorization = authorization;
  if (request.headers["transfer-encoding"]) headers["transfer-encoding"] = "chunked";
  headers["x-forwarded-for"] = [request.headers["x-forwarded-for"], request.socket.remoteAddress].filter(Boolean).join(", ");
  headers["x-forwarded-host"] ??= request.headers.host;
  headers["x-forwarded-proto"] ??= "http";
  return headers;
}

function responseHeaders(incoming, { ownRules }) {
  const headers = withoutHopByHop(incoming.headers);
  if (ownRules) return headers;
  // The gateway has said who may read the answer; a second value would make browsers refuse it.
  for (const name of ["access-control-allow-origin", "access-control-allow-credentials"]) delete headers[name];
  return headers;
}

function withoutHopByHop(headers) {
  const named = (headers.connection ?? "").toLowerCase().split(",").map((name) => name.trim());
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.includes(name) && !named.includes(name)));
}

function answerPreflight(request, response) {
  response.writeHead(204, {
    "access-control-allow-methods": "GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS",
    "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "*",
    "access-control-max-age": "3600",
    vary: "access-control-request-headers",
  });
  response.end();
}

/** The path, and the query as a list of raw parameters, so that what is passed on stays as it was written. */
function split(url) {
  const at = url.indexOf("?");
  return at < 0 ? [url, new RawQuery("")] : [url.slice(0, at), new RawQuery(url.slice(at + 1))];
}

class RawQuery {
  constructor(text) {
    this.parameters = text.split("&").filter((parameter) => parameter !== "");
  }
  get(name) {
    const found = this.parameters.find((parameter) => parameter.startsWith(`${name}=`));
    return found === undefined ? null : new URLSearchParams(found).get(name);
  }
  delete(name) {
    this.parameters = this.parameters.filter((parameter) => !parameter.startsWith(`${name}=`));
  }
  toString() {
    return this.parameters.length > 0 ? `?${this.parameters.join("&")}` : "";
  }
}

const problem = (code, message, hint) => ({ code, message, details: null, hint });

function unavailable(response, name) {
  response.setHeader("retry-after", "1");
  send(response, 503, problem("upstream_unavailable", `${name} is not running`, "It starts with the stack, or again after a failure: try again in a moment"));
}

function send(response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(text) });
  response.end(response.req.method === "HEAD" ? undefined : text);
  response.req.resume(); // a body that nobody reads would block the connection
}
