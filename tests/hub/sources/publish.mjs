// An MQTT.js client for the tests: says a line of JSON for everything it hears, and ends by itself.
import { createRequire } from "node:module";

const [folder, url, given] = process.argv.slice(2);
const mqtt = createRequire(`${folder}/`)("mqtt");
const { connect, messages, subscribe } = JSON.parse(given);
const say = (what) => console.log(JSON.stringify(what));
const client = mqtt.connect(url, { reconnectPeriod: 100, ...connect });

client.on("error", (error) => {
  say({ error: error.message });
  client.end(true);
});
client.on("close", () => say({ closed: true }));
client.once("connect", async (connack) => {
  say({ connected: connack.reasonCode ?? connack.returnCode });
  if (subscribe) say({ granted: await client.subscribeAsync(subscribe, { qos: 1 }) });
  await Promise.all(
    messages.map(async ([topic, payload, options]) => {
      try {
        const yes = await client.publishAsync(topic, payload, options);
        say({ yes: payload.slice(0, 20), reason: yes?.reasonCode ?? 0 });
      } catch (error) {
        say({ refused: payload.slice(0, 20), code: error.code });
      }
    }),
  );
  await client.endAsync();
});
