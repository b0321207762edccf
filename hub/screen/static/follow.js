// Follows the board's stream and says how old the last successful read of the board is.
// EventSource raises no error on a half-open link, so the age decides, and an old stream is reopened.

const LOST = 12;
const TRY_AGAIN = 3000;

export function follow(url, post) {
  let source, openedAt, last;
  let readAt = performance.now();

  function heard(name, message) {
    const facts = JSON.parse(message.data);
    if (facts.age >= 0) readAt = performance.now() - facts.age * 1000;
    if (name === "board") last = facts;
    post({ name, facts });
    tick();
  }

  function open() {
    source?.close();
    source = new EventSource(url);
    openedAt = performance.now();
    source.addEventListener("board", (message) => heard("board", message));
    source.addEventListener("heartbeat", (message) => heard("heartbeat", message));
    source.addEventListener("signed-out", () => post({ name: "signed-out" }));
  }

  async function reopen() {
    openedAt = performance.now();
    try {
      const answer = await fetch("/stream/allowed", { headers: { Accept: "application/json" } });
      if (answer.status === 401) return post({ name: "signed-out" });
    } catch {
      return; // no network: the next second tries again
    }
    open();
  }

  function tick() {
    const stale = (performance.now() - readAt) / 1000;
    post({ name: "tick", stale });
    const silent = performance.now() - openedAt;
    if (source.readyState === EventSource.CLOSED && silent > TRY_AGAIN) reopen();
    else if (stale > LOST && silent > LOST * 1000) reopen();
  }

  open();
  const timer = setInterval(tick, 1000);
  return {
    latest: () => last,
    stop() {
      clearInterval(timer);
      source.close();
    },
  };
}
