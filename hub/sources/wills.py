"""Takes in the wills of clients that were lost, when their moment has come."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid5

from hub.sources.arrival import Arrival, Delivery, Receipt
from hub.sources.withheld import TakeIn
from hub.store.mqtt_sessions import DueWill
from hub.store.unit_of_work import Store

CLAIMED_FOR = timedelta(seconds=30)
AT_ONCE = 100


class Wills:
    """A worker. A will is taken in as a message of its gateway, with the source `will`.

    It is claimed first: of several hubs one takes it in, and another where that one dies. Taken
    in twice it is a copy. The will of a gateway that is disabled is dropped.
    """

    def __init__(self, store: Store, take_in: TakeIn) -> None:
        self.store, self.take_in = store, take_in

    async def step(self, now: datetime) -> datetime | None:
        """Take in every will that is due at `now`; the moment of the next."""
        while due := await self._claim(now):
            await asyncio.gather(*(self._publish(one, now) for one in due))
        async with self.store.transaction() as uow:
            return await uow.mqtt_sessions.next_will_at()

    async def _claim(self, now: datetime) -> "list[DueWill]":
        async with self.store.transaction() as uow:
            return list(await uow.mqtt_sessions.claim_wills(now, now + CLAIMED_FOR, AT_ONCE))

    async def _publish(self, due: DueWill, now: datetime) -> None:
        if due.principal is not None:
            await self._take_in(due, now)
        async with self.store.transaction() as uow:
            await uow.mqtt_sessions.will_done(due)

    async def _take_in(self, due: DueWill, now: datetime) -> Receipt:
        assert due.principal is not None
        will = due.will
        return await self.take_in(
            Arrival(
                due.principal,
                will.topic,
                bytes.fromhex(will.payload),
                will.qos,
                now,
                duplicate=True,  # which counts only where it was stored before
                content_type=will.content_type,
                user_properties=will.user_properties,
                delivery=Delivery(uuid5(due.session_id, f"will {due.generation}"), 0, 0, 0),
                source="will",
            )
        )
