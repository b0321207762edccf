// What every live page shares: the hub's clock, countdowns, and the red bar when the board is old.

import { follow } from "./follow.js";

const LOST = 12;
const page = document.body.dataset;
const scale = Number(page.scale) || 1;
const policy = window.trustedTypes?.createPolicy("nachtwacht", {
  createHTML: (html) => html, // rendered and escaped by our own server
  createScriptURL: (url) => {
    if (new URL(url, location.href).origin !== location.origin) throw new TypeError("not ours");
    return url;
  },
});

export function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = policy ? policy.createHTML(html) : html;
  return template.content;
}

// --- the hub's clock ---

let base = { hub: Date.parse(page.now), at: performance.now() };
const hubNow = () => base.hub + (performance.now() - base.at) * scale;
const wall = new Intl.DateTimeFormat("nl-NL", {
  timeZone: page.zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

function length(milliseconds) {
  const whole = Math.max(Math.floor(milliseconds / 1000), 0);
  if (whole >= 48 * 3600) return `${Math.floor(whole / 86400)} dagen`;
  const two = (number) => String(number).padStart(2, "0");
  const [minutes, seconds] = [Math.floor(whole / 60), whole % 60];
  if (minutes < 60) return `${two(minutes)}:${two(seconds)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds)}`;
}

function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

export function paint() {
  const now = hubNow();
  write(document.getElementById("clock"), wall.format(now));
  for (const one of document.querySelectorAll("[data-since]")) {
    if (!lost) write(one, length(now - Date.parse(one.dataset.since)));
  }
  for (const one of document.querySelectorAll("[data-until]")) {
    const left = Date.parse(one.dataset.until) - now;
    write(one, lost ? "––:––" : length(left + 999));
    const ring = one.closest(".cd, .big")?.querySelector(".v");
    const share = Math.min(Math.max(left / (one.dataset.total * 1000), 0), 1) * 100;
    ring?.setAttribute("stroke-dasharray", `${share.toFixed(1)} 100`);
  }
  for (const one of document.querySelectorAll("[data-owner]")) {
    const mine = one.dataset.owner === page.me;
    one.querySelector(".av").classList.toggle("me", mine);
    one.querySelector(".you").hidden = !mine;
  }
}

// --- connection lost ---

let lost = false;
let heardAt = performance.now();
let staleThen = 0;
const stale = () => staleThen + (performance.now() - heardAt) / 1000;
export const isLost = () => lost;

function judge() {
  const seconds = stale();
  if (seconds > LOST !== lost) (lost ? recover : lose)();
  if (!lost) return;
  const old = document.getElementById("lost-old");
  write(old, old.dataset.text.replace("{seconds}", Math.floor(seconds)));
}

function lose() {
  lost = true;
  const moment = wall.format(hubNow() - stale() * 1000 * scale);
  document.documentElement.classList.add("lost");
  document.getElementById("top").hidden = true;
  document.getElementById("lost").hidden = false;
  const title = document.getElementById("lost-title");
  write(title, title.dataset.text.replace("{moment}", moment));
  for (const main of document.querySelectorAll("main, .band")) {
    main.classList.add("old");
    main.inert = true;
  }
  for (const to of document.querySelectorAll("main [data-to]")) {
    to.dataset.said = to.textContent;
    write(to, page.lostAt.replace("{moment}", moment));
  }
  able(false);
  paint();
}

function able(yes) {
  for (const one of document.querySelectorAll("main button")) {
    if (yes && one.dataset.lost) {
      one.disabled = false;
      delete one.dataset.lost;
    } else if (!yes && !one.disabled) {
      one.disabled = true;
      one.dataset.lost = "1";
    }
  }
  for (const one of document.querySelectorAll("main a.btn")) one.ariaDisabled = yes ? null : "true";
}

function recover() {
  lost = false;
  document.documentElement.classList.remove("lost");
  document.getElementById("top").hidden = false;
  document.getElementById("lost").hidden = true;
  for (const main of document.querySelectorAll("main, .band")) {
    main.classList.remove("old");
    main.inert = false;
  }
  for (const to of document.querySelectorAll("main [data-said]")) {
    write(to, to.dataset.said);
    delete to.dataset.said;
  }
  able(true);
  paint();
}

// --- the stream ---

export function live(listener) {
  function heard({ name, facts, stale: seconds }) {
    if (name === "signed-out") return location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
    if (name === "tick") {
      [staleThen, heardAt] = [seconds, performance.now()];
      judge();
      const state = document.getElementById("state");
      if (!lost) write(state.querySelector("span"), state.dataset.connected);
      return;
    }
    if (facts.now) base = { hub: Date.parse(facts.now), at: performance.now() };
    if (facts.tabs) {
      for (const [tab, count] of Object.entries(facts.tabs)) {
        write(document.querySelector(`[data-count="${tab}"]`), String(count));
      }
    }
    if (facts.age >= 0) [staleThen, heardAt] = [Math.min(facts.age, stale()), performance.now()];
    judge();
    listener(name, facts);
  }
  connect(new URL(page.stream, location.href).href, heard);
  setInterval(judge, 1000);
  setInterval(paint, 250);
  paint();
}

function connect(url, heard) {
  if (!window.SharedWorker) return void follow(url, heard);
  const script = "/static/stream-worker.js";
  const worker = new SharedWorker(policy ? policy.createScriptURL(script) : script, { type: "module" });
  worker.onerror = () => follow(url, heard);
  worker.port.onmessage = ({ data }) => heard(data);
  worker.port.postMessage({ join: url });
  addEventListener("pagehide", () => worker.port.postMessage({ leave: url }));
  addEventListener("pageshow", ({ persisted }) => persisted && worker.port.postMessage({ join: url }));
}

// --- answers ---

export function newOnce() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

let quiet;
export function say(text) {
  write(document.getElementById("said"), text);
  clearTimeout(quiet);
  quiet = setTimeout(() => write(document.getElementById("said"), ""), 8000);
}

export const isTyping = (target) => target.closest?.("input, select, textarea, dialog") !== null;
