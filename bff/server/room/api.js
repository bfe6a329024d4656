// The way to the BFF: every request of the page goes through send(). It says the reader's language, has a deadline,
// and turns what goes wrong into two kinds of errors. A session that has ended stops nothing: the request waits
// until somebody has signed in again, and is sent once more.

import { state } from "./store.js";
import { say } from "./words.js";

/** The server's answer is no: `message` says why, in the reader's language where the BFF speaks. */
export class Refusal extends Error {
  constructor(status, problem, retryAfter) {
    super([problem.message, problem.hint].filter((text) => typeof text === "string").join(" ") || `${status}`);
    Object.assign(this, { status, code: problem.code, errors: problem.errors ?? [], retryAfter });
  }
}

/** Nobody answered, or not to the end, or somebody before the server did: what was asked may or may not have happened. */
export class Unreachable extends Error {
  constructor(cause) {
    super(say("noAnswer"), { cause });
  }
}

const patience = 20_000; // milliseconds for one request
let signInAgain = () => Promise.reject(new Error("nobody signs in"));

/** Has requests wait for this promise's maker when the session has ended. */
export function onSessionEnd(make) {
  signInAgain = make;
}

/** Sends a request and returns {status, tag, type, text} of success, or of 304 to an If-None-Match. Throws Refusal or Unreachable. */
export async function send(method, path, { body, headers = {}, signedOut = false } = {}) {
  for (;;) {
    const { response, text } = await tryOnce(method, path, body, headers);
    const answer = { status: response.status, tag: response.headers.get("ETag"), type: response.headers.get("Content-Type"), text };
    if (response.ok || response.status === 304) return answer;
    if ([502, 503, 504].includes(response.status)) throw new Unreachable(new Error(text));
    if (response.status !== 401 || signedOut) {
      throw new Refusal(response.status, read(text), Number(response.headers.get("Retry-After")) || undefined);
    }
    await signInAgain();
  }
}

async function tryOnce(method, path, body, headers) {
  try {
    const response = await fetch(path, {
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
    return { response, text: await response.text() };
  } catch (error) {
    throw new Unreachable(error);
  }
}

/** The JSON of an answer, or null where there is none. What isn't JSON isn't the server's: a hotel's page, say. */
function read(text) {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch (error) {
    throw new Unreachable(error);
  }
}

/** Sends a request and returns the JSON of its answer, or null where there is none. */
export const ask = async (method, path, options) => read((await send(method, path, options)).text);

/** A path's answer and its entity tag, so that asking again costs one short answer as long as it is the same. */
export class Kept {
  constructor(path) {
    Object.assign(this, { path, tag: null, language: null, value: undefined });
  }

  /** Asks for what is new. */
  async refresh() {
    const { language } = state;
    const known = this.tag && this.language === language;
    const { status, tag, text } = await send("GET", this.path, { headers: known ? { "If-None-Match": this.tag } : {} });
    if (status !== 304) Object.assign(this, { value: read(text), tag, language });
  }
}
