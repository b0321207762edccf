"""An outside broker that cannot be reached becomes an alert at the care centre."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from adapters.contract import Kind, Phase
from hub.road.happened import record_event
from hub.sources.broker_file import Broker
from hub.store.brokers import Brokers, Outage
from hub.store.events import Event
from hub.store.unit_of_work import Store, UnitOfWork

PATIENCE = timedelta(minutes=1)
LOOKS = timedelta(seconds=5)
_BROKERS = UUID("4f1c2f0b-7a58-4a4e-8f0e-2b1f1b8f6d3c")


class Outages:
    """The worker that tells the care centre of a broker that was away for a minute.

    Nobody behind it is heard meanwhile. When the broker is back the alert is taken back, as a
    device does. Any hub may tell: what is known of the brokers is in the database.
    """

    def __init__(self, store: Store, brokers: Collection[Broker]) -> None:
        self.store, self.brokers = store, {one.name: one for one in brokers}
        self._looked_at: datetime | None = None
        self._watching_since: datetime | None = None

    async def step(self, now: datetime) -> datetime | None:
        """Tell what has to be told; the moment to look again."""
        if not self.brokers:
            return None
        if self._looked_at is None or now - self._looked_at > 4 * LOOKS:
            self._watching_since = now
        await self.store.retried(lambda uow: self._tell(uow, now))
        self._looked_at = now
        return now + LOOKS

    def _has_watched(self, now: datetime) -> bool:
        """Whether it saw for long enough that nobody listens; not so after a start, or an outage.

        The sources of this very hub are then about to do so.
        """
        return self._watching_since is not None and now - self._watching_since >= PATIENCE

    async def _tell(self, uow: UnitOfWork, now: datetime) -> None:
        brokers = Brokers(uow.db)
        watched = self._has_watched(now)
        for outage in await brokers.outages(self.brokers.keys(), now, PATIENCE, watched=watched):
            broker = self.brokers[outage.name]
            organisation_id = await uow.gateways.organisation(broker.organisation)
            if organisation_id is None:  # nobody's board; the log and /health/figures say so
                continue
            event = _event(broker, outage, organisation_id, now)
            subject = uow.care.nobody(organisation_id, event.subject_id)
            await record_event(uow, event, subject)
            await brokers.told(outage.name, None if outage.told else now)
            uow.touched |= {"board", "due", "outbox"}


def _event(broker: Broker, outage: Outage, organisation_id: UUID, now: datetime) -> Event:
    """Make the event of an outage, or of its end; the same id for the same outage."""
    thing = uuid5(_BROKERS, broker.name)
    return Event(
        id=uuid5(thing, f"{outage.since}/{outage.told}/{now}"),
        organisation_id=organisation_id,
        subject_id=thing,
        kind=Kind.VENDOR_SILENT,
        phase=Phase.END if outage.told else Phase.START,
        occurred_at=outage.since or now,
        received_at=now,
        adapter="hub",
        withdraws=outage.told,
        explanation="" if outage.told else _explained(broker, outage),
    )


def _explained(broker: Broker, outage: Outage) -> str:
    """Say in plain Dutch what is wrong; what the broker itself said stays as it is."""
    why = outage.trouble or "no hub holds its session"
    return (
        f"De verbinding met broker {broker.name} ({broker.host}:{broker.port}) is weg: {why}."
        " Alarmen die daarlangs komen, komen nu niet binnen. Waarschuw de technische dienst."
    )
