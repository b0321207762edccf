"""The road in: batches of messages become events and alerts; "yes" is said after the commit.

Messages that can ring go at once, in arrival order per device, in small transactions; the rest
goes in bulk, so that telemetry never slows an alarm down.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from hub.contain import contained
from hub.decoders.heard import Heard
from hub.decoders.reading import Reader
from hub.incoming.lane import Lane
from hub.incoming.last_resort import record_raw
from hub.incoming.recording import (
    record_alarms,
    record_broken,
    record_quarantined,
    record_telemetry,
    tell_refused,
)
from hub.incoming.ringing import Ringing
from hub.incoming.suspects import settle
from hub.sources.arrival import Arrival, Receipt
from hub.store.unit_of_work import Store, away

ALARMS_AT_ONCE = 20
TELEMETRY_AT_ONCE = 500
TELEMETRY_RESTS = 0.02  # seconds in which a busy hub gathers what nobody waits for

CULPRITS = (
    (record_broken, "the hub could not store what this says"),
    (record_quarantined, "nothing can be decided about this"),
    (record_raw, "nothing can be decided about this"),
)


async def store_telemetry(store: Store, heard: Sequence[Heard]) -> None:
    """Store in bulk; devices whose state brings news go whole, in order, as alarms do."""
    told: Sequence[Heard] = ()
    with contained("telemetry could not be stored at once", size=len(heard)) as storing:
        told = await store.retried(lambda uow: record_telemetry(uow, heard))
    if storing.error is not None:
        _raise_if_away(storing.error)
        told = heard
    refused = {one.arrival.principal.gateway_id: one for one in heard if one.refused}
    for one in refused.values():  # they are stored, and shown, by now
        with contained("refusal could not be told", message=str(one.id)):
            await store.retried(partial(tell_refused, heard=one))
    for start in range(0, len(told), ALARMS_AT_ONCE):
        await store_alarms(store, told[start : start + ALARMS_AT_ONCE])


async def store_alarms(store: Store, heard: Sequence[Heard]) -> None:
    """Store in one transaction; what fails on its data is halved until the culprit is alone.

    Raises ConnectionError when the database is away or busy, which says nothing about the data.
    """
    with contained("messages could not be stored together", size=len(heard)) as storing:
        await store.retried(lambda uow: record_alarms(uow, heard))
    if storing.error is None:
        return
    _raise_if_away(storing.error)
    if len(heard) == 1:
        await _store_culprit(store, heard[0], storing.error)
        return
    half = len(heard) // 2
    await store_alarms(store, heard[:half])
    await store_alarms(store, heard[half:])


async def _store_culprit(store: Store, heard: Heard, error: Exception) -> None:
    """Store what cannot be stored as it is, with as much of the truth as the database takes.

    First as rejected, about its client. Where nothing can be decided about the client, as the care
    data are broken, about its device. Where nothing can be decided at all, raw.
    """
    for record, said in CULPRITS:
        why = f"{said}: {type(error).__name__}"
        with contained("message could not be stored", message=str(heard.id)) as storing:
            await store.retried(partial(record, heard=heard, why=why))
        if storing.error is None:
            return
        _raise_if_away(storing.error)
        error = storing.error
    raise ConnectionError("the message cannot be stored") from error


def _raise_if_away(error: Exception) -> None:
    """Never take a lost connection for poison."""
    if away(error):
        raise ConnectionError("the database cannot be reached") from error


class Intake:
    """Takes arrivals in from every source. `run` must be running.

    `rest` is for how long, in seconds, telemetry is gathered between two batches.
    """

    def __init__(self, store: Store, bulk_store: Store, reader: Reader, rest: float = 0.0) -> None:
        self.store, self.reader = store, reader
        self.ringing = Ringing(partial(store_alarms, store), ALARMS_AT_ONCE)
        self.telemetry = Lane(partial(store_telemetry, bulk_store), TELEMETRY_AT_ONCE, rest)

    async def run(self) -> None:
        """Store what comes until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.ringing.run())
            group.create_task(self.telemetry.run())

    async def take_in(self, arrival: Arrival) -> Receipt:
        """Store one message; answers after the commit. Raises ConnectionError: try again."""
        heard = await self.take(arrival)
        return Receipt.REFUSED if heard.refused else Receipt.STORED

    async def take(self, arrival: Arrival) -> Heard:
        """Do what `take_in` does; what was heard of it."""
        heard = await self._hear(arrival)
        await (self.ringing if heard.can_ring else self.telemetry).put(heard)
        if heard.suspect:
            with contained("suspect could not be settled", message=str(heard.id)):
                await settle(self.store, heard)
        return heard

    async def _hear(self, arrival: Arrival) -> Heard:
        try:
            return await self.reader.hear(arrival)
        except (DBAPIError, NoConnectionFree, OSError) as error:
            raise ConnectionError("the database cannot be reached") from error
