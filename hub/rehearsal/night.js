// The panel, the zoom and the arrow keys; the page tells everything without them too.
const panel = document.getElementById("panel");
const tools = document.querySelector(".tools");
tools.hidden = false;

function show(mark) {
  panel.hidden = false;
  panel.querySelector(".at").textContent = mark.dataset.at;
  panel.querySelector(".say").textContent = mark.dataset.say;
  panel.querySelector("code").textContent = command + mark.dataset.until;
}

for (const kind of ["pointerover", "focusin", "click"]) {
  document.addEventListener(kind, (event) => {
    const mark = event.target.closest?.(".m");
    if (mark) show(mark);
  });
}
panel.querySelector("button").addEventListener("click", () => { panel.hidden = true; });
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") panel.hidden = true;
  const mark = document.activeElement?.closest?.(".lanes .m");
  const along = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!mark || !along) return;
  const lane = [...mark.closest("g[role=group]").querySelectorAll("a.m, g.m[tabindex]")];
  const next = lane[lane.indexOf(mark) + along];
  if (next) { event.preventDefault(); next.focus(); }
});

const first = document.querySelector(".scroll .m.opened");
if (first) {
  const box = document.querySelector(".scroll");
  const away = first.getBoundingClientRect().left - box.getBoundingClientRect().right;
  if (away > 0) box.scrollLeft = away + box.clientWidth / 2;
}

let zoom = 1;
const scroll = document.querySelector(".scroll");
const lanes = scroll.querySelector(".lanes");
tools.addEventListener("click", (event) => {
  const by = event.target.dataset?.zoom;
  if (by === undefined) return;
  const middle = (scroll.scrollLeft + scroll.clientWidth / 2) / lanes.clientWidth;
  zoom = Number(by) ? Math.min(32, Math.max(1, zoom * Number(by))) : 1;
  lanes.style.width = zoom === 1 ? "" : `${zoom * Math.max(760, scroll.clientWidth)}px`;
  lanes.classList.toggle("near", zoom >= 4);
  scroll.scrollLeft = middle * lanes.clientWidth - scroll.clientWidth / 2;
});
