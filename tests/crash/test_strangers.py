"""A third party's package beside a real hub: installed, switched on by name, served, survived."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import Connection
from tests.crash.hubs import ROOT, Hub, until
from tests.crash.people import People
from tests.crash.publisher import Publisher, publishing
from tests.crash.region import settle
from tests.crash.seen import ask
from tests.hub.packages import announce

pytestmark = pytest.mark.slow

EXAMPLE = ROOT / "tests" / "example_adapter"
OUTCOMES = "SELECT string_agg(outcome || ' ' || split_part(reason, ':', 1), ',') FROM messages"


def install(folder: Path) -> Path:
    """Install the example as an integrator does, into a folder of its own."""
    target, source = folder / "packages", folder / "source"
    shutil.copytree(EXAMPLE, source)
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--no-deps", "--no-build-isolation", "--no-index", "--target", target, source],
        check=True, timeout=120,
    )  # fmt: skip
    return target


def a_hub(url: str, folder: Path, packages: Path, adapters: str) -> Hub:
    hub = Hub(url, folder)
    hub.environment |= {"PYTHONPATH": str(packages), "NACHTWACHT_ADAPTERS": adapters}
    return hub


def allow(db: Connection, adapter: str, device: str) -> None:
    """Let the first gateway speak it, and give a device of its to the first client."""
    db.execute("UPDATE gateways SET adapters = adapters || %s", ([adapter],))
    db.execute(
        "INSERT INTO devices (id, organisation_id, external_id, gateway_id, adapter, key,"
        " client_id, role) SELECT gen_random_uuid(), d.organisation_id, 'stranger', d.gateway_id,"
        " %s, %s, d.client_id, 'pendant' FROM devices d WHERE d.key = 'p-0'",
        (adapter, device),
    )


def send(publisher: Publisher, topic: str, payload: bytes) -> None:
    publisher.sent[topic] = publisher.client.publish(f"in/zorg/gw-0/{topic}", payload, qos=1).mid


@contextmanager
def started(hub: Hub) -> Iterator[Hub]:
    with hub:
        yield hub.until_it_serves()


def test_an_installed_package_serves_a_press_end_to_end(
    database_url: str, tmp_path: Path, people: People, db: Connection
) -> None:
    settle(database_url, people.url)
    allow(db, "example", "0017")
    hub = a_hub(database_url, tmp_path, install(tmp_path), "native,example")
    with started(hub), publishing("gw-0", hub.mqtt_port) as gateway:
        send(gateway, "example/0017/up", b"PRESS;0001")
        until(gateway.heard_yes, "a yes")
        assert ask(db, OUTCOMES) == "decoded "
        assert ask(db, "SELECT kind || ' ' || adapter FROM events") == "alarm.button example"
        until(lambda: people.keys("desk"), "the care centre is called")
        assert hub.stop() == 0


def test_a_message_that_kills_the_hub_kills_it_twice_and_is_then_kept_and_called_about(
    database_url: str, tmp_path: Path, people: People, db: Connection
) -> None:
    settle(database_url, people.url)
    allow(db, "hostile", "m-1")
    packages = announce(tmp_path / "packages", "hostile", "hostile", "tests.hub.hostile_adapter")
    hub = a_hub(database_url, tmp_path, packages, "native,hostile")
    with publishing("gw-0", hub.mqtt_port) as gateway:
        send(gateway, "hostile/m-1", b"kill the hub past us")
        for _ in range(2):
            with started(hub):
                assert hub.process is not None
                assert hub.process.wait(30) == -9
                assert not gateway.heard_yes()
        with started(hub):
            until(gateway.heard_yes, "a yes")
            assert ask(db, OUTCOMES) == "quarantined unclean_stop"
            assert ask(db, "SELECT priority FROM alerts") == "P2"
            assert hub.stop() == 0
