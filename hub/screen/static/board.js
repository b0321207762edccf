// The live board: swaps in what the server rendered, and moves nothing under a hand.

import { isLost, isTyping, live, newOnce, paint, parsed, say } from "./live.js";

const IDLE = 5000; // a hand that has not moved for so long is not about to press
const SETTLE = 400; // after a move, presses within this time were meant for what was there before
const board = document.getElementById("main");
const act = document.getElementById("act");
const page = document.body.dataset;

let revision = Number(board.dataset.revision);
let pending = null;
let pointing = false;
let keying = false; // the last thing a hand did here was press a key
let activeAt = -IDLE;
let movedAt = -SETTLE;

const now = () => performance.now();
const rows = (root = board) => [...root.querySelectorAll(".row")];
const row = (id) => document.getElementById(`a-${id}`);
const chosen = () => document.activeElement?.closest?.(".row");

// --- what the server sent ---

function received(facts) {
  if (facts.revision < revision) return;
  revision = facts.revision;
  pending = facts.html;
  settle();
}

function settle() {
  if (pending === null || isLost()) return;
  if (isHeld()) patch(parsed(pending));
  else swap();
}

const isHeld = () => (pointing || (keying && chosen())) && now() - activeAt < IDLE;

function swap() {
  const before = new Map(rows().map((one) => [one.dataset.id, one.offsetTop]));
  const focus = focused();
  const open = document.getElementById("done").open;
  const scroll = [scrollX, scrollY];
  board.replaceChildren(parsed(pending));
  pending = null;
  document.getElementById("done").open = open;
  paint();
  refocus(focus);
  scrollTo(...scroll);
  const after = rows();
  const same = after.length === before.size && after.every((one) => before.get(one.dataset.id) === one.offsetTop);
  if (!same) movedAt = now();
}

function patch(content) {
  const coming = new Map(rows(content).map((one) => [one.dataset.id, one]));
  for (const one of rows()) {
    const fresh = coming.get(one.dataset.id);
    if (fresh) renew(one, fresh);
    else retire(one);
  }
  const fresh = [...coming.values()].filter((one) => !row(one.dataset.id));
  announce(fresh);
  for (const part of [".zone .cnt", ".zone .about"]) {
    const said = content.querySelectorAll(part);
    board.querySelectorAll(part).forEach((one, at) => (one.textContent = said[at].textContent));
  }
  document.getElementById("strip").replaceWith(content.getElementById("strip"));
  paint();
}

function renew(one, fresh) {
  const html = fresh.innerHTML;
  if (one.dataset.html === html) return;
  const focus = one.contains(document.activeElement) ? focused() : null;
  one.className = fresh.className;
  one.replaceChildren(...fresh.childNodes);
  one.dataset.html = html;
  refocus(focus);
}

function retire(one) {
  one.classList.remove("hot");
  one.classList.add("gone");
  for (const button of one.querySelectorAll("button")) button.disabled = true;
}

function announce(fresh) {
  const urgent = fresh.filter((one) => one.classList.contains("hot")).length;
  const button = document.getElementById("new");
  const text = urgent ? page.newUrgent : page.newRows;
  document.getElementById("held").hidden = false;
  button.hidden = !fresh.length;
  button.classList.toggle("urgent", urgent > 0);
  button.querySelector("span").textContent = text.replace("{count}", fresh.length).replace("{urgent}", urgent);
}

function focused() {
  const within = chosen();
  if (!within) return null;
  return { id: within.dataset.id, key: document.activeElement.dataset.key };
}

function refocus(focus) {
  const within = focus && row(focus.id);
  if (!within) return;
  const same = focus.key && within.querySelector(`[data-key="${focus.key}"]`);
  (same || within).focus({ preventScroll: true });
}

// --- hands ---

board.addEventListener("pointermove", ({ target }) => {
  pointing = Boolean(target.closest(".rows"));
  keying = false;
  activeAt = now();
});
board.addEventListener("pointerleave", () => {
  pointing = false;
  settle();
});
board.addEventListener("pointerdown", () => (activeAt = now()));
board.addEventListener("keydown", keyed);

function keyed() {
  keying = true;
  activeAt = now();
}

board.addEventListener("click", (event) => {
  if (event.target.closest("#new")) return swapNow();
  const slipped = event.detail > 0 && now() - movedAt < SETTLE;
  if (!slipped || !event.target.closest(".rows")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

function swapNow() {
  if (pending !== null) swap();
}

act.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter;
  if (isLost() || button.ariaBusy) return;
  button.ariaBusy = "true";
  try {
    await send(button.formAction);
  } catch {
    say("Niet bevestigd. Druk nog een keer, of bel.");
  }
  button.ariaBusy = null;
});

async function send(url) {
  const body = new URLSearchParams(new FormData(act));
  const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
  if (answer.status === 401) return location.assign("/sign-in");
  const said = await answer.json();
  if (!answer.ok) return say(said.title ?? "Dat lukte niet. Probeer het opnieuw.");
  act.elements.once.value = newOnce();
  say(said.said);
}

// --- keys ---

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "?") return help(event);
  if (isTyping(event.target) || isLost()) return;
  const key = KEYS[event.key];
  if (key) key(event);
});

const KEYS = {
  ArrowDown: (event) => step(event, 1),
  ArrowUp: (event) => step(event, -1),
  Enter: (event) => event.target.matches(".row") && chosen().querySelector('[data-key="open"]').click(),
  c: () => (chosen() ? chosen().querySelector('[data-key="c"]')?.click() : rows()[0]?.focus()),
  v: swapNow,
};

function step(event, by) {
  event.preventDefault();
  keyed();
  const all = rows();
  const at = all.indexOf(chosen());
  const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1);
  all[next]?.focus();
}

function help(event) {
  event.preventDefault();
  const keys = document.getElementById("keys");
  if (keys.open) keys.close();
  else keys.showModal();
}

live((name, facts) => {
  if (name === "board") received(facts);
});
setInterval(settle, 500);
