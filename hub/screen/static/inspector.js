// The live list of messages: swaps in what the server rendered, unless somebody is reading.

import { isLost, live, parsed } from "./live.js";

const list = document.getElementById("messages");
const hold = document.getElementById("hold");

let pending = null;
let pointing = false;

const isRead = () => hold.checked || pointing || list.contains(document.activeElement);

function settle() {
  if (pending === null || isLost() || isRead()) return;
  list.replaceChildren(parsed(pending));
  pending = null;
}

list.addEventListener("pointerenter", () => (pointing = true));
list.addEventListener("pointerleave", () => (pointing = false));
document.getElementById("hold-label").hidden = false;

live((name, facts) => {
  if (name === "board") pending = facts.html;
  settle();
});
setInterval(settle, 500);
