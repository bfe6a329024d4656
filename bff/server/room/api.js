// The way to the BFF: every request of the page goes through ask(). It says the reader's language, has a deadline,
// and turns what goes wrong into two kinds of errors. A session that has ended stops nothing: the request waits
// until somebody has signed in again, and is sent once more.

import { state } from "./store.js";

/** The server's answer is no: `message` says why, in the reader's language where the BFF speaks. */
export class Refusal extends Error {
  constructor(status, problem, retryAfter) {
    super([problem.message, problem.hint].filter((text) => typeof text === "string").join(" ") || `${status}`);
    Object.assign(this, { status, code: problem.code, errors: problem.errors ?? [], retryAfter });
  }
}

/** Nobody answered, or somebody before the server did: what was asked may or may not have happened. */
export class Unreachable extends Error {}

const patience = 20_000; // milliseconds for one request
let signInAgain = () => Promise.reject(new Error("nobody signs in"));

/** Has requests wait for this promise's maker when the session has ended. */
export function onSessionEnd(make) {
  signInAgain = make;
}

/** Sends a request and returns the Response: of success, or 304 to an If-None-Match. Throws Refusal or Unreachable. */
export async function send(method, path, { body, headers = {}, signedOut = false } = {}) {
  for (;;) {
    const response = await tryOnce(method, path, body, headers);
    if (response.ok || response.status === 304) return response;
    const problem = await response.json().catch(() => ({}));
    if (response.status === 401 && !signedOut) {
      await signInAgain();
      continue;
    }
    if ([502, 503, 504].includes(response.status)) throw new Unreachable(problem.message ?? `${response.status}`);
    throw new Refusal(response.status, problem, Number(response.headers.get("Retry-After")) || undefined);
  }
}

async function tryOnce(method, path, body, headers) {
  try {
    return await fetch(path, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: {
        "Accept-Language": state.language,
        "X-MySingle": "1", // for browsers that don't say what page asks
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      signal: AbortSignal.timeout(patience),
    });
  } catch (error) {
    throw new Unreachable(error.message);
  }
}

/** Sends a request and returns the JSON of its answer, or null where there is none. */
export async function ask(method, path, options) {
  const text = await (await send(method, path, options)).text();
  return text === "" ? null : JSON.parse(text);
}

/** A path's answer and its entity tag, so that asking again costs one short answer as long as it is the same. */
export class Kept {
  /** `read` makes a value of the Response. */
  constructor(path, read = (response) => response.json()) {
    Object.assign(this, { path, read, tag: null, language: null, value: undefined });
  }

  /** Asks, and returns whether the value is a new one. */
  async refresh() {
    const known = this.tag && this.language === state.language;
    const language = state.language;
    const response = await send("GET", this.path, { headers: known ? { "If-None-Match": this.tag } : {} });
    if (response.status === 304) return false;
    this.value = await this.read(response);
    this.tag = response.headers.get("ETag");
    this.language = language;
    return true;
  }
}
