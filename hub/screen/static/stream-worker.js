// One stream per browser and list, shared between tabs; a worker's clock is not slowed in hidden tabs.

import { follow } from "./follow.js";

const followed = new Map();

function join(url, port) {
  if (!followed.has(url)) {
    const ports = new Set();
    const post = (said) => ports.forEach((one) => one.postMessage(said));
    followed.set(url, { ports, stream: follow(url, post) });
  }
  const { ports, stream } = followed.get(url);
  ports.add(port);
  if (stream.latest()) port.postMessage({ name: "board", facts: { ...stream.latest(), now: null } });
}

function leave(url, port) {
  const one = followed.get(url);
  if (!one) return;
  one.ports.delete(port);
  if (one.ports.size) return;
  one.stream.stop();
  followed.delete(url);
}

self.onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => (data.leave ? leave(data.leave, port) : join(data.join, port));
};
