// Templates: html`<p>${text}</p>` makes what Preact renders. Texts are never read as HTML.

import { Component, createRef, h, render } from "./preact.js";
import htm from "./htm.js";

export const html = htm.bind(h);
export { Component, createRef, render };

/** The names of those classes that are set. */
export const classes = (...names) => names.filter(Boolean).join(" ");
