"""`nachtwacht brokers`: tries every outside broker, and leaves the hubs' own sessions alone."""

import asyncio
from pathlib import Path

from hub.sources.broker_file import Broker, read_brokers
from hub.sources.broker_wire import Wire


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
            print(f"{broker.name}: FAILED at {broker.host}:{broker.port}: {error}")
        else:
            granted = ", ".join(broker.subscribe)
            print(f"{broker.name}: {broker.host}:{broker.port} lets us in and grants {granted}.")
    if not failed:
        print("Now let a device press its button: a broker may grant what its rules let through")
        print("nothing for.")
    return 1 if failed else 0


async def _check(broker: Broker) -> None:
    wire = Wire(broker, lambda _message: None, lasting=False)
    try:
        await wire.open()
        wire.go_on()
        await wire.subscribe()
    finally:
        wire.close()
