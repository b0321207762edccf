"""`nachtwacht brokers`: tries every outside broker, and leaves the hubs' own sessions alone."""

import asyncio
import socket
import ssl
from pathlib import Path

from hub.sources.broker_file import Broker, read_brokers
from hub.sources.broker_wire import Refused, Wire


def check(path: Path | None) -> int:
    """Try each connection of the file and say what became of it; 1 when one failed.

    Raises BadBrokers.
    """
    brokers = read_brokers(path)
    if not brokers:
        print("No outside brokers: NACHTWACHT_BROKERS names no file, or an empty one.")
        return 0
    return asyncio.run(_check_all(brokers))


async def _check_all(brokers: tuple[Broker, ...]) -> int:
    failed = 0
    for broker in brokers:
        try:
            await _check(broker)
        except OSError as error:
            failed += 1
            said = str(error) or type(error).__name__
            print(f"{broker.name}: FAILED at {broker.host}:{broker.port}: {said}{_remedy(error)}")
        else:
            granted = ", ".join(broker.subscribe)
            print(f"{broker.name}: {broker.host}:{broker.port} lets us in and grants {granted}.")
    if not failed:
        print("Now let a device press its button: a broker may grant what its rules let through")
        print("nothing for.")
    return 1 if failed else 0


def _remedy(error: OSError) -> str:
    """What to do, for those that do not say so themselves."""
    if isinstance(error, Refused):
        return ""
    found = (words for kind, words in _REMEDIES if isinstance(error, kind))
    return ". " + next(found, _LOOK)


_REMEDIES: tuple[tuple[type[OSError], str], ...] = (
    (socket.gaierror, "Correct the host in `url`; this machine's name server does not know it"),
    (
        ConnectionRefusedError,
        "Start the broker, or correct the port in `url`",
    ),
    (TimeoutError, "Correct the host in `url`, or let this machine through the firewall"),
    (ssl.SSLError, "It speaks no TLS there, or another: try mqtt:// or another port in `url`"),
)
_LOOK = (
    "See the broker's own log. Is it a plain MQTT port (mqtt://), or one with TLS (mqtts://)?"
    " Does it speak this `protocol`?"
)


async def _check(broker: Broker) -> None:
    wire = Wire(broker, lambda _message: None, lasting=False)
    try:
        await wire.open()
        wire.go_on()
        await wire.subscribe()
    finally:
        wire.close()
