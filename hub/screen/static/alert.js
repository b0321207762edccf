// The page of one alert: keeps what is not being typed in up to date, and adds the keys.

import { isLost, isTyping, live, paint, parsed } from "./live.js";

const page = document.body.dataset;
const once = document.querySelector('input[name="once"]').value;
const shown = new Map();
let asking = false;

async function refresh() {
  if (asking || isLost() || document.hidden) return;
  asking = true;
  try {
    const form = document.querySelector('#actions input[name="once"]')?.value ?? once;
    const answer = await fetch(`/alerts/${page.alert}/parts?once=${form}`, { redirect: "error" });
    if (answer.ok) renew(parsed(await answer.text()));
  } catch {
    // the next heartbeat tries again; a board that grows old turns the bar red
  } finally {
    asking = false;
  }
}

function renew(content) {
  for (const one of document.querySelectorAll("[data-live]")) {
    const fresh = content.getElementById(one.id);
    if (!fresh) {
      if (!isBusy(one)) one.remove();
      continue;
    }
    const html = fresh.innerHTML;
    if (shown.get(one.id) === html || isBusy(one)) continue;
    shown.set(one.id, html);
    one.replaceWith(fresh);
  }
  paint();
}

function isBusy(section) {
  const active = document.activeElement;
  if (section.contains(active) && active.matches("input, select, button, summary, a")) return true;
  if (section.matches(".armed") || section.querySelector("details[open]")) return true;
  return [...section.querySelectorAll("input:not([type=hidden])")].some((one) => one.value);
}

// --- keys ---

function unfold(id) {
  const fold = document.getElementById(id);
  if (!fold) return;
  fold.open = true;
  fold.querySelector("select, input:not([type=hidden])").focus();
}

function arm() {
  document.getElementById("actions")?.classList.toggle("armed");
}

function digit(key) {
  const armed = document.querySelector(".armed");
  armed?.querySelector(`[data-digit="${key}"]`)?.click();
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || isLost()) return;
  if (event.key === "Escape") return leave();
  if (isTyping(event.target)) return;
  if (/^[0-9-]$/.test(event.key)) return digit(event.key);
  const press = { c: () => document.querySelector('#actions [data-key="c"]')?.click(), n: () => unfold("on-behalf"), b: () => unfold("outside"), a: arm }[event.key];
  if (!press) return;
  event.preventDefault();
  press();
});

function leave() {
  if (isTyping(document.activeElement)) return document.activeElement.blur();
  document.querySelector(".back").click();
}

live(refresh);
