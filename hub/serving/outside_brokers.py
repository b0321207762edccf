"""Every outside broker a hub listens to: made from the file of brokers, run together."""

import asyncio
import os
import random
import socket
from collections.abc import Mapping
from typing import Any, Protocol

from hub.clock import Clock
from hub.decoders.reading import Reader
from hub.incoming.intake import TELEMETRY_RESTS, Intake
from hub.serving.outages import Outages
from hub.settings import Settings
from hub.sources.broker import BrokerSource
from hub.sources.broker_connection import Given
from hub.sources.broker_file import read_brokers
from hub.sources.door_shared import Refused
from hub.store.brokers import FencedStore, Lease
from hub.store.unit_of_work import Store
from hub.workers import Worker


class Pools(Protocol):
    """The pools that are needed here; each lease stores through those of the road in."""

    @property
    def intake(self) -> Store: ...
    @property
    def bulk(self) -> Store: ...
    @property
    def work(self) -> Store: ...


class OutsideBrokers:
    """The sources and the worker of all outside brokers in the settings. Raises BadBrokers."""

    def __init__(
        self, settings: Settings, stores: Pools, reader: Reader, clock: Clock, report: Refused
    ) -> None:
        def make_intake(lease: Lease) -> Intake:
            fenced = FencedStore(stores.intake, lease), FencedStore(stores.bulk, lease)
            return Intake(*fenced, reader, TELEMETRY_RESTS)

        holder = f"{socket.gethostname()}/{os.getpid()}"
        luck = random.SystemRandom().random
        given = Given(stores.work, make_intake, clock, report, holder, luck)
        brokers = read_brokers(settings.brokers)
        self.sources = [BrokerSource(one, given) for one in brokers]
        self.workers = [Worker("outages", Outages(stores.work, brokers).step, ())] * bool(brokers)

    async def run(self) -> None:
        """Listen to all of them until cancelled."""
        async with asyncio.TaskGroup() as group:
            for source in self.sources:
                group.create_task(source.run())

    def forget(self) -> None:
        """Drop what is remembered of the registry."""
        for source in self.sources:
            source.forget()

    def figures(self) -> Mapping[str, Mapping[str, Any]]:
        """What went through each, by its name."""
        return {one.broker.name: one.figures for one in self.sources}
