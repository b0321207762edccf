"""A gateway as its maker would write it: paho, sending again until it hears "yes" to all."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.crash.region import PASSWORD

QUICKLY = 0.05, 0.25  # seconds between attempts to connect


@dataclass
class Publisher:
    """One connection, kept up by itself. `sent` remembers the nonces of what was published."""

    gateway: str
    client: paho.Client
    sent: dict[str, int] = field(default_factory=dict)
    acknowledged: set[int] = field(default_factory=set)
    at_quality_two: set[str] = field(default_factory=set)
    connections: int = 0

    def publish(self, device: str, nonce: str, said: dict[str, Any], qos: int = 1) -> None:
        """Hand a message over to the client, which sends it as soon as it can."""
        payload = json.dumps({**said, "nonce": nonce})
        topic = f"in/zorg/{self.gateway}/native/{device}"
        if qos == 2:
            self.at_quality_two.add(nonce)
        self.sent[nonce] = self.client.publish(topic, payload, qos=qos).mid

    def heard_yes(self) -> set[str]:
        """The nonces of the messages the hub said "yes" to."""
        return {nonce for nonce, mid in self.sent.items() if mid in self.acknowledged}

    def _connected(self, *_: object) -> None:
        self.connections += 1

    def _puback(self, _client: object, _user: object, mid: int, *_: object) -> None:
        self.acknowledged.add(mid)


@contextmanager
def publishing(
    gateway: str,
    port: int,
    protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv311,
    keepalive: int = 30,
) -> Iterator[Publisher]:
    """A publisher that connects when the hub is there, and again whenever it is back."""
    newest = protocol is MQTTProtocolVersion.MQTTv5
    options: dict[str, Any] = {} if newest else {"clean_session": False}
    client = paho.Client(CallbackAPIVersion.VERSION2, gateway, protocol=protocol, **options)
    client.username_pw_set(f"zorg/{gateway}", PASSWORD)
    client.max_inflight_messages_set(32)
    client.reconnect_delay_set(*QUICKLY)  # type: ignore[arg-type]  # paho counts in floats itself
    publisher = Publisher(gateway, client)
    client.on_publish = publisher._puback
    client.on_connect = publisher._connected
    start: dict[str, Any] = {"clean_start": False, "properties": _kept()} if newest else {}
    client.connect_async("127.0.0.1", port, keepalive=keepalive, **start)
    client.loop_start()
    try:
        yield publisher
    finally:
        client.disconnect()
        client.loop_stop()


def _kept() -> Properties:
    kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    kept.SessionExpiryInterval = 3600
    return kept
