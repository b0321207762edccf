"""The sessions of one hub's front door, kept in the database so that every hub knows them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from hub.clock import Clock
from hub.contain import contained
from hub.sources.door_terms import WILL_GRACE
from hub.store.mqtt_packets import Confirmed, Release
from hub.store.mqtt_sessions import Closing, Opened, Opening
from hub.store.together import AT_ONCE, Together
from hub.store.unit_of_work import Store, UnitOfWork

NOTICED_WITHIN = timedelta(seconds=5)


class Sessions:
    """Opens, releases and closes together whatever comes at once.

    `hub_id` is this hub's life, `grace` how long a client that we lost has to come back.
    """

    def __init__(
        self, store: Store, clock: Clock, hub_id: UUID, grace: timedelta = WILL_GRACE
    ) -> None:
        self.store, self.clock, self.hub_id, self.grace = store, clock, hub_id, grace
        self._opening = Together(self._open, lambda one: one.name)
        self._releasing = Together(self._release, lambda one: (one.session_id, one.packet_id))
        self._ended: dict[Closing, Confirmed | None] = {}
        self._storing: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def open(self, opening: Opening) -> Opened:
        """Give a connection its session. ConnectionError when nobody can say just now."""
        return await self._opening.ask(opening)

    async def release(self, release: Release) -> bool:
        """Forget a packet id of QoS 2, on disk; False when none was in use. ConnectionError."""
        return await self._releasing.ask(release)

    def close(self, closing: Closing, confirmed: Confirmed | None) -> None:
        """Note that a connection ended, to be stored soon; never waits and never raises."""
        self._ended[closing] = confirmed
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store_soon())

    async def flush(self) -> None:
        """Store all endings; raises when the database is away, and they are kept."""
        async with self._one_at_a_time:
            while ended := self._some_ended():
                await self.store.retried(partial(self._close, ended=ended))
                self._stored(ended)

    def _some_ended(self) -> dict[Closing, Confirmed | None]:
        return dict(list(self._ended.items())[:AT_ONCE])

    def _stored(self, ended: dict[Closing, Confirmed | None]) -> None:
        for closing in ended:
            self._ended.pop(closing, None)

    async def _store_soon(self) -> None:
        with contained("ends of connections not stored yet"):
            await self.flush()

    async def _close(self, uow: UnitOfWork, ended: dict[Closing, Confirmed | None]) -> None:
        await uow.mqtt_packets.confirm([one for one in ended.values() if one is not None])
        now = self.clock()
        await uow.mqtt_sessions.close([self._considerate(one, now) for one in ended], now)

    def _considerate(self, closing: Closing, now: datetime) -> Closing:
        """While the database is away nobody can come back: a will waits until they had time to."""
        if closing.will_after is None or now - closing.ended_at < NOTICED_WITHIN:
            return closing
        return replace(closing, will_after=max(closing.will_after, self.grace))

    async def _open(self, openings: Sequence[Opening]) -> Sequence[Opened]:
        """Endings come first: what a client said when it left counts when it is back at once."""
        await self.flush()
        return await self.store.retried(lambda uow: self._open_all(uow, openings))

    async def _open_all(self, uow: UnitOfWork, openings: Sequence[Opening]) -> Sequence[Opened]:
        opened, elsewhere = await uow.mqtt_sessions.open(openings, self.hub_id, self.clock())
        if elsewhere:
            uow.touched.add("sessions")
        return [opened[one.name] for one in openings]

    async def _release(self, releases: Sequence[Release]) -> Sequence[bool]:
        known = await self.store.retried(lambda uow: uow.mqtt_packets.release(releases))
        return [(one.session_id, one.packet_id) in known for one in releases]
