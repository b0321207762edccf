"""The live stage: a running hub, over real MQTT and HTTP, at the speed of its rehearsal clock."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

KEEP_ALIVE = 30  # seconds
NOBODY = 0  # the status of a request that nobody answered


class LiveStage:
    """Pretenders on a running hub. `now` is the rehearsal's clock, `scale` its speed.

    `sent`, `confirmed` (PUBACKs) and `lag` (the furthest a message ever left behind its moment)
    are for an honest report. Nothing is published before `connect`.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        scale: float,
        http: httpx.AsyncClient,
    ) -> None:
        self.now, self.scale, self.http = now, scale, http
        self.sent = self.confirmed = 0
        self.lag = timedelta()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._loop = asyncio.get_running_loop()
        self._clients: dict[str, mqtt.Client] = {}

    def connect(self, broker: tuple[str, int], gateways: Mapping[str, str]) -> None:
        """Connect these MQTT users with their secrets; they stay connected by themselves."""
        for number, (user, secret) in enumerate(gateways.items()):
            self._clients[user] = self._connected(user, secret, broker, number)

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until the rehearsal's clock says `moment`."""
        left = (moment - self.now()).total_seconds() / self.scale
        if left <= 0:
            return
        await asyncio.sleep(left)
        self.lag = max(self.lag, self.now() - moment)

    async def publish(self, gateway: str, topic: str, payload: bytes) -> None:
        """Hand one message to the gateway's connection; it is sent again until confirmed."""
        self.sent += 1
        self._quiet.clear()
        self._clients[gateway].publish(topic, payload, qos=1)

    async def request(
        self, method: str, url: str, body: Mapping[str, Any] | None = None, token: str = ""
    ) -> tuple[int, Any]:
        """Send one request; the status and the JSON answer, or the status NOBODY."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            answer = await self.http.request(method, url, json=body, headers=headers)
        except httpx.TransportError as error:
            return NOBODY, str(error)
        kind = answer.headers.get("content-type", "")
        return answer.status_code, answer.json() if "json" in kind else answer.text

    async def settled(self) -> None:
        """Wait until everything published so far was confirmed."""
        await self._quiet.wait()

    async def close(self) -> None:
        """Take leave of the hub."""
        for client in self._clients.values():
            client.disconnect()
            await asyncio.to_thread(client.loop_stop)

    def _connected(
        self, user: str, secret: str, broker: tuple[str, int], number: int
    ) -> mqtt.Client:
        """Gateways take turns speaking MQTT 3.1.1 and 5, as those in the field do."""
        is_new = number % 2 == 1
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"pretender-{user.replace('/', '-')}",
            protocol=MQTTProtocolVersion.MQTTv5 if is_new else MQTTProtocolVersion.MQTTv311,
            clean_session=None if is_new else False,
        )
        client.username_pw_set(user, secret)
        client.reconnect_delay_set(1, 5)
        client.on_publish = self._on_publish
        if is_new:
            client.connect_async(*broker, keepalive=KEEP_ALIVE, clean_start=False)
        else:
            client.connect_async(*broker, keepalive=KEEP_ALIVE)
        client.loop_start()
        return client

    def _on_publish(self, *_: object) -> None:
        """On a thread of the MQTT client's own."""
        self._loop.call_soon_threadsafe(self._confirm)

    def _confirm(self) -> None:
        self.confirmed += 1
        if self.confirmed >= self.sent:
            self._quiet.set()
