// Whose page this is. The session is the browser's, not the page's: another tab may end it or begin somebody else's,
// and what was read or written for one person must not be shown or sent for another.

import { ask } from "./api.js";
import { state, toast, update } from "./store.js";

const path = "/api/v1/session";
const tabs = new BroadcastChannel("mysingle.session");
let again; // the promise of the sign-in that requests wait for

/** Who is signed in: {id, email}, or null. */
export async function whoIsIn() {
  try {
    return (await ask("GET", path, { signedOut: true })).user;
  } catch (error) {
    if (error.status === 401) return null;
    throw error;
  }
}

/** Tells the other tabs who is signed in now. */
export const announce = (user) => tabs.postMessage(user?.id ?? null);

/** Asks the reader to sign in again. The promise ends when they have. */
export function signInAgain() {
  again ??= new Promise((resolve) => {
    update({
      signIn: {
        done: () => {
          again = undefined;
          update({ signIn: null });
          resolve();
        },
      },
    });
  });
  return again;
}

/** Goes on with whoever has signed in: the same reader where they were, somebody else from the beginning. */
export function goOnAs(id) {
  if (id !== state.user.id) beginAnew();
  else state.signIn?.done();
}

/** Loads the page again, with nothing of before: what wasn't sent was somebody else's. */
export function beginAnew() {
  update({ moves: {}, drafts: {} });
  location.replace("/");
}

/** Ends the session. */
export async function signOut() {
  try {
    await ask("DELETE", path, { signedOut: true });
    announce(null);
    beginAnew();
  } catch (error) {
    toast(error.message, { tone: "bad" });
  }
}

// Another tab has ended the session or begun one.
tabs.addEventListener("message", ({ data: id }) => {
  if (!state.user) location.reload();
  else if (id) goOnAs(id);
  else signInAgain();
});

// A tab that slept may have missed that.
document.addEventListener("visibilitychange", async () => {
  if (document.hidden || !state.user || state.signIn) return;
  try {
    const user = await whoIsIn();
    if (user) goOnAs(user.id);
  } catch {
    // Nobody answers: then nothing is shown or sent for anybody either.
  }
});

// The browser keeps pages that were left, to go back to them; this one is made anew instead.
const root = document.getElementById("room");
addEventListener("pagehide", () => (root.hidden = true));
addEventListener("pageshow", ({ persisted }) => {
  root.hidden = persisted;
  if (persisted) location.reload();
});
