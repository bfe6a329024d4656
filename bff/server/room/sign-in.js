// Signing in: with a password, with a code by e-mail, or as somebody who was invited; and signing in again, above
// the page, when the session has ended.

import { ask } from "./api.js";
import { Fault, Modal } from "./dialogs.js";
import { Component, createRef, html } from "./html.js";
import { state, toast, update } from "./store.js";
import { say } from "./words.js";

const session = "/api/v1/session";
let again; // the promise of the sign-in that requests wait for

/** Who is signed in: {id, email}, or null. */
export async function whoIsIn() {
  try {
    return (await ask("GET", session, { signedOut: true })).user;
  } catch (error) {
    if (error.status === 401) return null;
    throw error;
  }
}

/** Asks the reader to sign in again. The promise ends when they have; somebody else's page begins anew. */
export function signInAgain() {
  again ??= new Promise((resolve) => {
    update({
      signIn: {
        done: (user) => {
          if (user.id !== state.user.id) return location.assign("/");
          again = undefined;
          update({ signIn: null });
          resolve();
        },
      },
    });
  });
  return again;
}

/** Ends the session; the page of who is signed out has nothing of before. */
export async function signOut() {
  try {
    await ask("DELETE", session, { signedOut: true });
    location.assign("/");
  } catch (error) {
    toast(error.message, { tone: "bad" });
  }
}

/** Takes what an e-mail's link brought to the page's address out of it: {invitation, proof, error}. */
export function takeFromAddress() {
  const query = new URLSearchParams(location.search);
  const invitation = new URLSearchParams(location.hash.slice(1)).get("invitation");
  const proof = query.has("token_hash") ? { type: query.get("type") ?? "email", token_hash: query.get("token_hash") } : null;
  const error = query.get("error");
  if (invitation || proof || error) history.replaceState(null, "", "/");
  return { invitation, proof, error };
}

/** Signs in by the link of an e-mail, and returns the user. */
export const prove = async (proof) => (await ask("POST", `${session}/verify`, { body: proof, signedOut: true })).user;

/** Joins the organization that invited, as somebody who has an account. */
export async function accept(token) {
  try {
    await ask("POST", "/rest/v1/rpc/accept_invitation", { body: { token } });
    toast(say("joined"));
  } catch (error) {
    toast(say("notJoined", error.message), { tone: "bad" });
  }
}

/** The page of who is signed out. */
export function SignedOut({ invitation, onDone }) {
  return html`
    <main class="signed-out" id="main">
      <img class="mark" src="/room/icon.svg" alt="" width="56" height="56" />
      <h1>${say(invitation ? "invited" : "signIn")}</h1>
      <p class="quiet">${say(invitation ? "invitedLong" : "signInLong")}</p>
      <section class="panel"><${Form} invitation=${invitation} onDone=${onDone} /></section>
    </main>`;
}

/** The same above the page, for the user whose session has ended. */
export function Again() {
  return html`
    <${Modal} kind="again" title=${say("again")}>
      <p>${say("againLong")}</p>
      <${Form} email=${state.user.email} onDone=${state.signIn.done} />
      <footer><button type="button" class="link" onClick=${() => location.assign("/")}>${say("signOut")}</button></footer>
    </${Modal}>`;
}

/** The ways in: what is asked, where it goes, and what is sent. */
const ways = {
  password: { fields: ["email", "password"], path: session, label: "signIn", other: "code", turn: "withCode" },
  code: { fields: ["email"], path: `${session}/code`, label: "sendCode", other: "password", turn: "withPassword" },
  verify: { fields: ["email", "code"], path: `${session}/verify`, label: "signIn", other: "password", turn: "withPassword" },
  signUp: {
    fields: ["last_name", "first_name", "email", "new-password"],
    path: `${session}/sign-up`,
    label: "join",
    other: "password",
    turn: "haveAccount",
  },
};

const fields = {
  email: { label: "email", type: "email", autocomplete: "username" },
  password: { label: "password", type: "password", autocomplete: "current-password" },
  "new-password": { label: "newPassword", name: "password", type: "password", autocomplete: "new-password" },
  code: { label: "code", name: "token", inputmode: "numeric", autocomplete: "one-time-code" },
  first_name: { label: "firstName", autocomplete: "given-name" },
  last_name: { label: "lastName", autocomplete: "family-name" },
};

class Form extends Component {
  element = createRef();
  state = { way: this.props.invitation ? "signUp" : "password", email: this.props.email ?? "" };

  componentDidMount() {
    this.first().focus();
  }

  componentDidUpdate(_, { way }) {
    if (way !== this.state.way) this.first().focus();
  }

  /** The first field that is still to be filled in. */
  first() {
    return [...this.element.current.elements].find((input) => input.value === "");
  }

  async send(event) {
    event.preventDefault();
    const { way, busy } = this.state;
    if (busy) return;
    const body = Object.fromEntries(new FormData(event.target));
    if (way === "verify") body.type = "email";
    if (way === "signUp") body.invitation_token = this.props.invitation;
    this.setState({ busy: true, fault: null, errors: [] });
    try {
      const answer = await ask("POST", ways[way].path, { body, signedOut: true });
      this.setState({ busy: false });
      if (way === "code") this.setState({ way: "verify", note: say("codeSent", body.email) });
      else this.props.onDone(answer.user, way);
    } catch (error) {
      const errors = error.errors ?? [];
      this.setState({ busy: false, errors, fault: errors.length > 0 ? null : error.message });
    }
  }

  render({ invitation }, { way, email, busy, fault, note, errors = [] }) {
    const { fields: names, label, other, turn } = ways[way];
    const turned = invitation && way === "password" ? ["signUp", "noAccount"] : [other, turn];
    return html`
      <form ref=${this.element} class="sign-in" onSubmit=${(event) => this.send(event)}>
        ${note && html`<p role="status">${note}</p>`}
        ${names.map((id) => {
          const { label, name = id, ...attributes } = fields[id];
          const wrong = errors.find(({ field }) => field === name);
          return html`
            <label class="field" key=${id}>
              <span>${say(label)}</span>
              <input ...${attributes} name=${name} required autofocus=${!(id === "email" && this.props.email)} aria-invalid=${wrong ? "true" : undefined} aria-describedby=${wrong ? `wrong-${name}` : undefined}
                ...${id === "email" ? { value: email, onInput: (event) => this.setState({ email: event.target.value }) } : {}} />
              ${wrong && html`<span class="fault" id=${`wrong-${name}`} role="alert">${wrong.message}</span>`}
            </label>`;
        })}
        ${fault && html`<${Fault} text=${fault} />`}
        <button type="submit" class="first" aria-disabled=${busy}>${busy ? say("working") : say(label)}</button>
        <button type="button" class="link" onClick=${() => this.setState({ way: turned[0], fault: null, note: null, errors: [] })}>${say(turned[1])}</button>
      </form>`;
  }
}
