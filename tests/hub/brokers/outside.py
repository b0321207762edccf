"""Real brokers that are not ours, as configured in deploy/, to be killed and started again."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from hub.demo.ports import lasting_port
from hub.sources.broker_file import Broker

ROOT = Path(__file__).parents[3]
HUB, PASSWORD = "nachtwacht", "geheim"
GATEWAYS = ("zorg/gw1", "zorg/gw-0", "zorg/gw-1", "zorg/gw-2", "zorg/gw-3", "zorg/elders")
ANSWERS_WITHIN = 20.0
LOOK_EVERY = 0.01


def found(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class OutsideBroker:
    """A broker in a process of its own, on the same port at every start."""

    sort, protocol = "", "5"

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder / self.sort, lasting_port()
        self.folder.mkdir()
        self.process: subprocess.Popen[bytes] | None = None
        self.furnish()

    def furnish(self) -> None:
        """Write its configuration."""

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> Self:
        environment = os.environ | {"HUB_PASSWORD": PASSWORD, "ZORG_GW1_PASSWORD": PASSWORD}
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), cwd=self.folder, env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        never = threading.Event()
        for _ in range(int(ANSWERS_WITHIN / LOOK_EVERY)):
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            never.wait(LOOK_EVERY)
        raise AssertionError(f"{self.sort} does not answer")

    def kill(self) -> None:
        """End it as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def broker(self, **more: Any) -> Broker:
        """How a hub is told of it."""
        said = {
            "name": self.sort, "url": f"mqtt://127.0.0.1:{self.port}", "organisation": "zorg",
            "protocol": self.protocol, "user": HUB, "password": PASSWORD,
        }  # fmt: skip
        return Broker.model_validate(said | more)


class Mosquitto(OutsideBroker):
    sort = "mosquitto"

    def furnish(self) -> None:
        shipped = (ROOT / "deploy/mosquitto/mosquitto.conf").read_text()
        (self.folder / "mosquitto.conf").write_text(
            shipped.replace("listener 1883", f"listener {self.port}") + "user root\n"
        )
        shutil.copy(ROOT / "deploy/mosquitto/acl", self.folder / "acl")
        passwords = self.folder / "passwords"
        passwords.touch(mode=0o600)
        for name in (HUB, *GATEWAYS):
            made = [found("mosquitto_passwd") or "", "-b", str(passwords), name, PASSWORD]
            subprocess.run(made, check=True, capture_output=True)

    def command(self) -> list[str]:
        return [found("mosquitto") or "", "-c", "mosquitto.conf"]


class Nats(OutsideBroker):
    sort, protocol = "nats", "3.1.1"

    def furnish(self) -> None:
        shipped = (ROOT / "deploy/nats/nats.conf").read_text()
        gateway = shipped[shipped.rindex("    {\n") : shipped.rindex("  ]")]
        more = "".join(
            gateway.replace("zorg/gw1", name).replace("zorg.gw1", name.replace("/", "."))
            for name in GATEWAYS[1:]
        )
        told = shipped.replace(gateway, gateway + more)
        told = told.replace("127.0.0.1:4222", f"127.0.0.1:{lasting_port()}")
        (self.folder / "nats.conf").write_text(
            told.replace("127.0.0.1:1883", f"127.0.0.1:{self.port}")
        )

    def command(self) -> list[str]:
        return [found("nats-server") or "", "-c", "nats.conf"]


SORTS = {"mosquitto": Mosquitto, "nats": Nats}
EVERY_SORT = [
    pytest.param(
        sort,
        marks=[
            pytest.mark.broker,
            pytest.mark.skipif(found(program) is None, reason=f"{program} is missing"),
        ],
    )
    for sort, program in (("mosquitto", "mosquitto"), ("nats", "nats-server"))
]


@contextmanager
def outside(sort: str, folder: Path) -> Iterator[OutsideBroker]:
    """A broker that is killed when the block ends."""
    broker = SORTS[sort](folder)
    try:
        yield broker.start()
    finally:
        broker.kill()


class Gateway:
    """A client of an outside broker, as its maker would write it: paho, kept up by itself."""

    def __init__(self, port: int, name: str, protocol: str, user: str) -> None:
        newest = protocol == "5"
        version = MQTTProtocolVersion.MQTTv5 if newest else MQTTProtocolVersion.MQTTv311
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=name.replace("/", "-"), protocol=version,
            clean_session=None if newest else False,
        )  # fmt: skip
        self.client.username_pw_set(user, PASSWORD)
        self.client.reconnect_delay_set(1, 1)
        self.heard: list[tuple[str, bytes]] = []
        self.there = threading.Event()
        self.client.on_connect = lambda *_: self.there.set()
        self.client.on_message = lambda _client, _user, message: self.heard.append(
            (message.topic, bytes(message.payload))
        )
        self.client.connect_async("127.0.0.1", port)
        self.client.loop_start()

    def publish(
        self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False
    ) -> paho.MQTTMessageInfo:
        return self.client.publish(topic, payload, qos=qos, retain=retain)

    def says(self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False) -> None:
        """Publish, and wait for the broker's "yes"."""
        assert self.there.wait(ANSWERS_WITHIN)
        self.publish(topic, payload, qos=qos, retain=retain).wait_for_publish(ANSWERS_WITHIN)

    def leave(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def gateway(
    port: int, name: str = "zorg/gw1", protocol: str = "3.1.1", user: str = ""
) -> Iterator[Gateway]:
    """A gateway that signs in with its name, unless it is another user."""
    one = Gateway(port, name, protocol, user or name)
    try:
        yield one
    finally:
        one.leave()
