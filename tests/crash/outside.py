"""Hubs that listen to an outside broker, through a tap."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from paho.mqtt.enums import MQTTProtocolVersion

from tests.conftest import Connection
from tests.crash.hubs import Hub
from tests.crash.publisher import Publisher, publishing
from tests.crash.region import GATEWAYS
from tests.crash.seen import ask
from tests.crash.tap import Tap, tapped
from tests.hub.brokers.outside import OutsideBroker, outside

PROTOCOLS = (MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5)


@dataclass
class Neighbourhood:
    """A broker with gateways that publish to it, and hubs that listen there."""

    broker: OutsideBroker
    tap: Tap
    gateways: list[Publisher]
    hubs: list[Hub] = field(default_factory=list)

    def publish(self, device: int, nonce: str, *, counted: bool = False) -> None:
        """Somebody presses; a pendant that counts proves its copies by itself."""
        proof = {"boot": "b1", "seq": device} if counted else {}
        said = {"kind": "alarm.button", **proof}
        self.gateways[device % GATEWAYS].publish(f"p-{device}", nonce, said)

    def holder(self, db: Connection) -> Hub | None:
        """The hub that holds the lease, if one of these does."""
        said = ask(
            db,
            "SELECT holder FROM broker_sessions WHERE expires_at > clock_timestamp()",
        )
        for hub in self.hubs:
            if said and hub.process is not None and said.endswith(f"/{hub.process.pid}"):
                return hub
        return None


@contextmanager
def neighbourhood(sort: str, folder: Path, url: str, hubs: int = 1) -> Iterator[Neighbourhood]:
    """A broker with four gateways, and hubs that are not started yet."""
    with ExitStack() as stack:
        broker = stack.enter_context(outside(sort, folder))
        tap = stack.enter_context(tapped(broker.port, newest=broker.protocol == "5"))
        newest = 2 if broker.protocol == "5" else 1
        gateways = [
            stack.enter_context(publishing(f"gw-{one}", broker.port, PROTOCOLS[one % newest]))
            for one in range(GATEWAYS)
        ]
        there = Neighbourhood(broker, tap, gateways)
        for number in range(hubs):
            hub = Hub(url, folder, f"hub-{number}")
            hub.environment["NACHTWACHT_BROKERS"] = str(_file(folder, broker, tap))
            stack.callback(hub.kill)
            there.hubs.append(hub)
        yield there


def _file(folder: Path, broker: OutsideBroker, tap: Tap) -> Path:
    path = folder / "brokers.toml"
    path.write_text(
        f'[[broker]]\nname = "{broker.sort}"\nurl = "mqtt://127.0.0.1:{tap.port}"\n'
        f'organisation = "zorg"\nprotocol = "{broker.protocol}"\n'
        'user = "nachtwacht"\npassword = "geheim"\n'
    )
    return path
