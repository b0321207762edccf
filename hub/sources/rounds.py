"""The front door's round, each second: who is alive, who left, who may no longer be here."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from hub.contain import contained
from hub.sources.door import Door
from hub.sources.mqtt.reasons import Reason
from hub.sources.sessions import Sessions
from hub.store.mqtt_hubs import STALE, Mine
from hub.store.mqtt_packets import Confirmed
from hub.store.unit_of_work import Store, UnitOfWork

TIDIED_EVERY = timedelta(minutes=1)
PACKETS_KEPT = timedelta(minutes=2)  # a hub that stood still may store a copy so long afterwards
MISSED_BEATS = STALE / 2
ON_THE_WAY = timedelta(seconds=5)


class Rounds:
    """A worker. What another hub did to our sessions is seen here, and ours to its.

    A hub is given up for lost once `STALE` passed without a beat, by the database's clock and by
    one that could beat itself all that time: after an outage of the database nobody is.
    """

    def __init__(self, store: Store, sessions: Sessions, door: Door) -> None:
        self.store, self.sessions, self.door = store, sessions, door
        self._beaten_since: datetime | None = None
        self._beaten_at: datetime | None = None
        self._tidied_at: datetime | None = None
        self._taken: dict[tuple[UUID, str], tuple[int, datetime]] = {}
        self._over = False

    async def begin(self) -> None:
        """Say that this hub is alive, before anybody can connect."""
        async with self.store.transaction() as uow:
            await uow.mqtt_hubs.beat(self.sessions.hub_id)

    async def step(self, now: datetime) -> None:
        """Go round once. Raises when the database is away; nothing is lost by that."""
        if self._over:
            return
        await self.sessions.flush()
        door = self.door
        confirmed = door.confirmed()
        taken, gone, changed = await self.store.retried(
            lambda uow: self._look(uow, confirmed.values(), door.mine(), now)
        )
        door.stored(confirmed)
        self._remember(taken, now)
        door.hang_up(self._is_older, Reason.SESSION_TAKEN_OVER)
        door.hang_up(gone.__contains__, Reason.SERVER_BUSY)
        door.show_out(changed)

    async def end(self) -> None:
        """Store what is left, and say that this hub has no connections any more."""
        self._over = True
        with contained("front door could not say goodbye"):  # others will find out
            await self._leave()

    async def _leave(self) -> None:
        await self.sessions.flush()
        async with self.store.transaction() as uow:
            await uow.mqtt_hubs.leave(self.sessions.hub_id)

    async def _look(
        self, uow: UnitOfWork, confirmed: Collection[Confirmed], mine: set[Mine], now: datetime
    ) -> tuple[set[Mine], set[Mine], set[UUID]]:
        hubs, hub_id = uow.mqtt_hubs, self.sessions.hub_id
        gone = set[Mine]()
        if await hubs.beat(hub_id):  # others gave us up for lost, and our sessions with us
            gone = mine - await hubs.adopt(mine, hub_id)
        if self._is_steady(now):
            await hubs.orphan(hub_id, now, self.sessions.grace)
        await uow.mqtt_packets.confirm(confirmed)
        if self._tidied_at is None or now - self._tidied_at >= TIDIED_EVERY:
            self._tidied_at = now
            await uow.mqtt_sessions.forget(now)
            await uow.mqtt_packets.tidy(now - PACKETS_KEPT)
        return set(await hubs.taken_from(hub_id)), gone, await hubs.changed_gateways(hub_id)

    def _remember(self, taken: Collection[Mine], now: datetime) -> None:
        """We are told once, and a client may be on its way in: let in, and not at the door yet."""
        kept = {who: one for who, one in self._taken.items() if now - one[1] < ON_THE_WAY}
        told = {(one.gateway_id, one.client_id): (one.generation, now) for one in taken}
        self._taken = kept | told

    def _is_older(self, one: Mine) -> bool:
        newer = self._taken.get((one.gateway_id, one.client_id))
        return newer is not None and one.generation < newer[0]

    def _is_steady(self, now: datetime) -> bool:
        """Whether we beat without a pause for as long as another must have been silent."""
        before, self._beaten_at = self._beaten_at, now
        if before is None or self._beaten_since is None or now - before > MISSED_BEATS:
            self._beaten_since = now
        return now - self._beaten_since > STALE
