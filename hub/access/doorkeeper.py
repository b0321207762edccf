"""Whoever may no longer speak at the front door is shown out while connected, too."""

from datetime import datetime, timedelta

from hub.sources.door import Door
from hub.store.unit_of_work import Store

LOOKS = timedelta(seconds=30)


class Doorkeeper:
    """The worker that hangs up on gateways that were disabled and certificates that were revoked.

    Within half a minute; a connection that is let in meanwhile is checked by itself.
    """

    def __init__(self, store: Store, door: Door) -> None:
        self.store, self.door = store, door
        self._looks_at: datetime | None = None

    async def step(self, now: datetime) -> datetime | None:
        """Look who is inside; the moment of the next look."""
        if self._looks_at is None or now >= self._looks_at:
            inside = self.door.gateways()
            async with self.store.transaction() as uow:
                allowed = await uow.gateways.enabled(inside)
            self.door.show_out(inside - allowed)
            self._looks_at = now + LOOKS
        return self._looks_at
