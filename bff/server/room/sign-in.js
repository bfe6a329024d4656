// Signing in: with a password, with a code or link by e-mail, or as somebody who was invited; and signing in again,
// above the page, when the session has ended.

import { ask } from "./api.js";
import { close, Fault, Modal } from "./dialogs.js";
import { Component, createRef, html } from "./html.js";
import { announce, beginAnew, goOnAs } from "./session.js";
import { state, toast } from "./store.js";
import { say } from "./words.js";

const session = "/api/v1/session";

/** Takes what a link or a provider brought to the page's address out of it: {invitation, proof, error}. */
export function takeFromAddress() {
  const query = new URLSearchParams(location.search);
  const fragment = new URLSearchParams(location.hash.slice(1));
  const invitation = fragment.get("invitation");
  const proof = query.has("token_hash") ? { type: query.get("type") ?? "email", token_hash: query.get("token_hash") } : null;
  // Auth's own links come with tokens, which are not for pages.
  const error = fragment.has("access_token") ? "link" : (query.get("error") ?? fragment.get("error"));
  if (invitation || proof || error) history.replaceState(null, "", "/");
  return { invitation, proof, error: error && (/^[a-z_]{1,40}$/.exec(error)?.[0] ?? "unknown") };
}

/** The page of who is signed out, or has come by a link that says who they are. */
export function SignedOut({ invitation, proof, onDone }) {
  const [title, long] = proof ? ["byLink", "byLinkLong"] : invitation ? ["invited", "invitedLong"] : ["signIn", "signInLong"];
  return html`
    <main class="signed-out" id="main" tabindex="-1">
      <img class="mark" src="/room/icon.svg" alt="" width="56" height="56" />
      <h1>${say(title)}</h1>
      <p class="quiet">${say(long)}</p>
      <section class="panel"><${Form} key=${title} invitation=${invitation} proof=${proof} onDone=${onDone} /></section>
    </main>`;
}

/** The same above the page, for the user whose session has ended. */
export function Again() {
  const done = (user) => {
    announce(user);
    goOnAs(user.id);
  };
  return html`
    <${Modal} kind="again" title=${say("again")}>
      <p>${say("againLong")}</p>
      <${Form} email=${state.user.email} onDone=${done} />
      <footer><button type="button" class="link" onClick=${beginAnew}>${say("signOut")}</button></footer>
    </${Modal}>`;
}

/** The ways in: what is asked, where it goes, and what else one may do. */
const ways = {
  password: { fields: ["email", "password"], path: session, label: "signIn", others: { code: "withCode" } },
  code: { fields: ["email"], path: `${session}/code`, label: "sendCode", others: { password: "withPassword" } },
  verify: {
    fields: ["email", "code"],
    path: `${session}/verify`,
    label: "signIn",
    others: { code: "resendCode", password: "withPassword" },
  },
  link: { fields: [], path: `${session}/verify`, label: "goOn", others: { password: "withPassword" } },
  signUp: {
    fields: ["last_name", "first_name", "email", "new-password"],
    path: `${session}/sign-up`,
    label: "join",
    others: { password: "haveAccount" },
  },
};

const fields = {
  email: { label: "email", type: "email", autocomplete: "username" },
  password: { label: "password", type: "password", autocomplete: "current-password" },
  "new-password": {
    label: "newPassword",
    name: "password",
    type: "password",
    autocomplete: "new-password",
    minlength: 8,
    hint: "passwordRule",
  },
  code: { label: "code", name: "token", inputmode: "numeric", autocomplete: "one-time-code" },
  first_name: { label: "firstName", autocomplete: "given-name" },
  last_name: { label: "lastName", autocomplete: "family-name" },
};

class Form extends Component {
  element = createRef();
  state = { way: this.props.proof ? "link" : this.props.invitation ? "signUp" : "password", email: this.props.email ?? "" };

  componentDidMount() {
    this.first()?.focus();
  }

  componentDidUpdate(_, { way }) {
    if (way !== this.state.way) this.first()?.focus();
  }

  /** The first field that is still to be filled in. */
  first() {
    return [...this.element.current.elements].find((field) => field.value === "");
  }

  async send(event) {
    event.preventDefault();
    const { way, busy } = this.state;
    if (busy) return;
    const { invitation, proof, onDone } = this.props;
    const added = { verify: { type: "email" }, signUp: { invitation_token: invitation }, link: proof };
    const body = { ...Object.fromEntries(new FormData(event.target)), ...added[way] };
    this.setState({ busy: true, fault: null, errors: [] });
    try {
      const answer = await ask("POST", ways[way].path, { body, signedOut: true });
      this.setState({ busy: false });
      if (way === "code") this.setState({ way: "verify", note: say("codeSent", body.email) });
      else await onDone(answer.user, way);
    } catch (error) {
      const errors = error.errors ?? [];
      this.setState({ busy: false, errors, fault: errors.length > 0 ? null : error.message });
    }
  }

  render({ invitation }, { way, email, busy, fault, note, errors = [] }) {
    const { fields: names, label, others } = ways[way];
    const turns = { ...others, ...(invitation && way === "password" ? { signUp: "noAccount" } : {}) };
    return html`
      <form ref=${this.element} class="sign-in" onSubmit=${(event) => this.send(event)}>
        ${note && html`<p role="status">${note}</p>`}
        ${names.map((id) => this.field(id, email, errors))}
        ${fault && html`<${Fault} text=${fault} />`}
        <button type="submit" class="first" aria-disabled=${busy}>${busy ? say("working") : say(label)}</button>
        ${Object.entries(turns).map(
          ([to, text]) =>
            html`<button type="button" class="link" key=${to} onClick=${() => this.setState({ way: to, fault: null, note: null, errors: [] })}>${say(text)}</button>`,
        )}
      </form>`;
  }

  field(id, email, errors) {
    const { label, hint, name = id, ...attributes } = fields[id];
    const wrong = errors.find(({ field }) => field === name);
    const typed = id === "email" ? { value: email, onInput: (event) => this.setState({ email: event.target.value }) } : {};
    return html`
      <label class="field" key=${id}>
        <span>${say(label)}</span>
        <input ...${attributes} ...${typed} name=${name} required autofocus=${!(id === "email" && this.props.email)}
          aria-invalid=${wrong ? "true" : undefined} aria-describedby=${wrong ? `wrong-${name}` : undefined} />
        ${hint && html`<span class="quiet">${say(hint)}</span>`}
        ${wrong && html`<span class="fault" id=${`wrong-${name}`} role="alert">${wrong.message}</span>`}
      </label>`;
  }
}

/** Asks somebody with an account whether they want to join the organization that invites them. */
export class JoinDialog extends Component {
  async join(event, token) {
    event.preventDefault();
    this.setState({ busy: true, fault: null });
    try {
      await ask("POST", "/rest/v1/rpc/accept_invitation", { body: { token } });
      beginAnew();
    } catch (error) {
      this.setState({ busy: false, fault: error.message });
    }
  }

  render({ token }, { busy, fault }) {
    return html`
      <${Modal} kind="join" title=${say("invited")} onClose=${close}>
        <form onSubmit=${(event) => this.join(event, token)}>
          <p>${say("joinLong")}</p>
          ${fault && html`<${Fault} text=${say("notJoined", fault)} />`}
          <footer>
            <button type="button" onClick=${close}>${say("cancel")}</button>
            <button type="submit" class="first" aria-disabled=${busy}>${busy ? say("working") : say("join")}</button>
          </footer>
        </form>
      </${Modal}>`;
  }
}

/** Asks somebody who came by the link of a forgotten password for a new one. */
export class PasswordDialog extends Component {
  async set(event) {
    event.preventDefault();
    this.setState({ busy: true, fault: null });
    try {
      await ask("PUT", `${session}/password`, { body: Object.fromEntries(new FormData(event.target)) });
      close();
      toast(say("passwordSet"));
    } catch (error) {
      this.setState({ busy: false, fault: error.errors?.[0]?.message ?? error.message });
    }
  }

  render(_, { busy, fault }) {
    return html`
      <${Modal} kind="password" title=${say("newPassword")} onClose=${close}>
        <form class="sign-in" onSubmit=${(event) => this.set(event)}>
          <label class="field">
            <span>${say("newPassword")}</span>
            <input type="password" name="password" autocomplete="new-password" minlength="8" required autofocus />
            <span class="quiet">${say("passwordRule")}</span>
          </label>
          ${fault && html`<${Fault} text=${fault} />`}
          <button type="submit" class="first" aria-disabled=${busy}>${busy ? say("working") : say("save")}</button>
        </form>
      </${Modal}>`;
  }
}
