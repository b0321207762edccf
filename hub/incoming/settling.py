"""Events on their way to alerts: settled together, in order, unless one must be first."""

from hub.decoders.heard import Heard
from hub.road.raising import raise_alerts
from hub.store.care import Subject
from hub.store.events import Event
from hub.store.unit_of_work import UnitOfWork


class Happened:
    """The events of one unit of work whose subjects are locked; none is stored before `settle`."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.uow = uow
        self._waiting: list[tuple[Event, Subject]] = []

    def add(self, event: Event, subject: Subject) -> None:
        """Note an event, to be settled after those before it."""
        self._waiting.append((event, subject))

    async def settle_of(self, heard: Heard) -> None:
        """Settle first what came of the same device before: what it says next may hang on it."""
        gateway_id = heard.arrival.principal.gateway_id
        device_id = None if heard.device is None else heard.device.id
        of = (gateway_id, device_id)
        if any((event.gateway_id, event.device_id) == of for event, _ in self._waiting):
            await self.settle()

    async def settle(self) -> None:
        """Store every event with the alert it opened, joined or took back."""
        happened, self._waiting = self._waiting, []
        await raise_alerts(self.uow, happened)
