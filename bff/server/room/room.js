// The sprint room.
import { h, render } from "./preact.js";
import htm from "./htm.js";

const html = htm.bind(h);

render(html`<h1>MySingle</h1>`, document.getElementById("room"));
