"""The streams of events as subscribers at the front door read them."""

import asyncio
from uuid import UUID

from hub.clock import Clock
from hub.feed import Bell, Feed
from hub.out.event import gap
from hub.sources.subscription import Granted
from hub.sources.subscription_delivery import Kept
from hub.store.out import Extent, Numbered
from hub.store.unit_of_work import Store


class DatabaseStreams:
    """Reads and keeps in the database; `url` is where this hub's pages are."""

    def __init__(
        self, store: Store, feed: Feed, clock: Clock, url: str, most_missed: int = 10_000
    ) -> None:
        self.store, self.feed, self.clock, self.url = store, feed, clock, url
        self.most_missed = most_missed
        self._running: set[asyncio.Task[None]] = set()

    def bell(self) -> Bell:
        """Open a bell that rings when there are new events."""
        return self.feed.bell("out")

    async def extent(self, organisation_id: UUID) -> Extent:
        """Say which positions of a stream can be read."""
        async with self.store.transaction() as uow:
            return await uow.out.extent(organisation_id)

    async def after(self, organisation_id: UUID, cursor: int, most: int) -> list[Numbered]:
        """Read events after a position, in order."""
        async with self.store.transaction() as uow:
            return list(await uow.out.after(organisation_id, cursor, most))

    async def kept(self, session_id: UUID) -> Kept | None:
        """Read how far a session's subscriber is."""
        async with self.store.transaction() as uow:
            row = await uow.out.listener(session_id)
        if row is None:
            return None
        return Kept(row.cursor, row.sent, {one: _read(how) for one, how in row.filters.items()})

    async def keep(self, session_id: UUID, organisation_id: UUID, kept: Kept) -> None:
        """Store how far it is; a cursor never goes back."""
        async with self.store.transaction() as uow:
            filters = {one: _written(how) for one, how in kept.filters.items()}
            await uow.out.keep_listener(
                session_id, organisation_id, kept.cursor, kept.sent, filters
            )

    def gap(self, organisation: str, after: int, until: int) -> str:
        """Write the event that tells a subscriber what to fetch."""
        return gap(organisation, after, until, self.clock(), self.url)

    def running(self, task: "asyncio.Task[None]") -> None:
        """Remember a subscriber, for `finish`."""
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def finish(self) -> None:
        """Wait until every subscriber that was told to end has kept how far it came."""
        if self._running:
            await asyncio.wait(self._running, timeout=5)


def _written(how: Granted) -> int | list[int]:
    """As a release that knows no identifiers reads it too, where there is none."""
    return [how.qos, how.number] if how.number else how.qos


def _read(how: int | list[int]) -> Granted:
    return Granted(how) if isinstance(how, int) else Granted(*how)
