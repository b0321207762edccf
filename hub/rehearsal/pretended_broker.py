"""What a hub on the virtual stage knows of its outside broker, which is not there.

The broker's messages come in at the front door; only that it is away, and back, is told as a
hub that listens to a real one tells it.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from hub.serving.outages import PATIENCE, Outages
from hub.sources.broker_file import Broker
from hub.store.brokers import Brokers, Lease
from hub.store.unit_of_work import Store
from hub.workers import Worker
from simulators.night import Fault, Night

NAME = "rehearsal"
STEADY = timedelta(seconds=10)  # so long has a connection held before it counts as well


def kept_by_gateways(night: Night) -> Night:
    """The same night for its links: what gateways cannot hand to the broker they say later."""
    down = [one for one in night.faults if one.what == "broker_down"]
    links = (Fault("link_down", "all", one.during, {"buffers": True}) for one in down)
    return replace(night, faults=(*night.faults, *links))


class PretendedBroker:
    """The worker that says when the broker of a night is away; one for all hubs of the night."""

    def __init__(self, store: Store, night: Night) -> None:
        down = (one.during for one in night.faults if one.what == "broker_down")
        self.spans = [(one.begins or night.start, one.ends or night.end) for one in down]
        owner = night.gateways[0].partition("/")[0]
        broker = Broker(name=NAME, url="mqtt://broker.rehearsal", organisation=owner)
        self.store, self.outages = store, Outages(store, [broker])
        self.lease: Lease | None = None

    @property
    def worker(self) -> Worker:
        """It, as a hub runs it."""
        return Worker("outages", self.step, ())

    async def step(self, now: datetime) -> datetime | None:
        """Note how the broker is, and tell what has to be told; the next moment it matters."""
        since = [begins for begins, ends in self.spans if begins <= now < ends + STEADY]
        async with self.store.transaction() as uow:
            brokers = Brokers(uow.db)
            self.lease = self.lease or await brokers.claim(NAME, "rehearsal")
            assert self.lease is not None  # nobody else asks for it
            await brokers.renew(self.lease, well=not since)
            if since:
                await brokers.troubled(self.lease, "Connection refused", min(since))
        await self.outages.step(now)
        return min((one for one in self._moments() if one > now), default=None)

    def _moments(self) -> list[datetime]:
        return [
            one
            for begins, ends in self.spans
            for one in (begins, begins + PATIENCE, ends, ends + STEADY)
        ]
