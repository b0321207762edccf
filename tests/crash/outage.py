"""Stops the database under publishers of QoS 1 and 2 for a while, and counts afterwards.

`python -m tests.crash.outage --seconds 300` is the long form of the test: five minutes, with
clients whose keep-alive is fifteen seconds. Nobody may be hung up on or told "yes" meanwhile.
"""

import argparse
import json
import logging
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from paho.mqtt.enums import MQTTProtocolVersion

from hub.demo.ports import lasting_port
from hub.store.embedded import forget, running
from hub.store.migrating import migrate
from tests.conftest import Connection, connected
from tests.crash.hubs import Hub, until
from tests.crash.people import at_home
from tests.crash.publisher import Publisher, publishing
from tests.crash.region import GATEWAYS, settle

MESSAGES = 80
PROTOCOLS = (MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5)


@dataclass
class Count:
    """What a run did, and what it found wrong; all is well when `wrong` is empty."""

    published: int = 0
    yes_meanwhile: int = 0
    connections: int = 0
    stored: int = 0
    at_quality_two: int = 0
    alerts: int = 0
    wrong: list[str] = field(default_factory=list)

    def check(self, right: object, what: str) -> None:
        if not right:
            self.wrong.append(what)


def endure(folder: Path, seconds: float, keepalive: int) -> Count:
    """Stop a database in this folder for so long under a hub; what was found afterwards."""
    count, settings = Count(), {"fsync": "off", "port": str(lasting_port())}
    with ExitStack() as stack:
        people = stack.enter_context(at_home())
        stack.callback(forget, folder)
        with running(folder, settings) as server:
            migrate(server.url)
            settle(server.url, people.url, MESSAGES)
            hub = stack.enter_context(Hub(server.url, folder)).until_it_serves()
            gateways = [
                stack.enter_context(
                    publishing(f"gw-{one}", hub.mqtt_port, PROTOCOLS[one % 2], keepalive)
                )
                for one in range(GATEWAYS)
            ]
            until(lambda: all(one.client.is_connected() for one in gateways), "all are in")
        _speak(gateways, 0)
        threading.Event().wait(seconds)
        _speak(gateways, MESSAGES // 2)
        threading.Event().wait(1)
        count.yes_meanwhile = sum(len(one.acknowledged) for one in gateways)
        count.published = sum(len(one.sent) for one in gateways)
        with running(folder, settings) as server, connected(server.url) as db:
            said = sum(map(_yes, gateways))
            until(lambda: sum(map(_yes, gateways)) == count.published, f"yes to all, {said}", 60)
            count.check(hub.stop() == 0, "the hub stopped badly")
            _examine(db, gateways, count)
    return count


def _speak(gateways: Sequence[Publisher], first: int) -> None:
    """Half of the clients press, each once."""
    for number in range(first, first + MESSAGES // 2):
        gateway, qos = gateways[number % GATEWAYS], 2 if number % 3 == 1 else 1
        gateway.publish(f"p-{number}", f"press {number}", {"kind": "alarm.button"}, qos)


def _yes(gateway: Publisher) -> int:
    return len(gateway.acknowledged)


def _examine(db: Connection, gateways: Sequence[Publisher], count: Count) -> None:
    rows = db.execute("SELECT payload FROM messages WHERE outcome = 'decoded'").fetchall()
    stored = Counter(json.loads(payload)["nonce"] for (payload,) in rows)
    count.stored = len(stored)
    published = {nonce for one in gateways for nonce in one.sent}
    count.at_quality_two = sum(len(one.at_quality_two) for one in gateways)
    count.check(published == stored.keys(), f"lost: {sorted(published - stored.keys())}")
    count.check(max(stored.values()) == 1, "stored more than once")
    count.check(count.yes_meanwhile == 0, "said yes without a database")
    count.connections = sum(one.connections for one in gateways)
    count.check(count.connections == GATEWAYS, "somebody was hung up on")
    count.alerts = db.execute("SELECT count(*) FROM alerts").fetchall()[0][0]
    count.check(count.alerts == len(published), "not one alert a press")


def main() -> int:
    """Run it on a database of its own; 0 when nothing was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--keepalive", type=int, default=15)
    given = parser.parse_args()
    logging.disable()
    with tempfile.TemporaryDirectory(prefix="nachtwacht-outage-") as folder:
        count = endure(Path(folder), given.seconds, given.keepalive)
    print(count)
    return 1 if count.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
