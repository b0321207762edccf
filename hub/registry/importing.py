"""Imports: many records at once, judged on what is there at one moment, and written at another.

Reading and comparing tens of thousands of records takes seconds, in which no transaction is open
and nobody waits. What is then written is written only if all that was read is there as it was.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from hub.access.viewer import Viewer
from hub.registry.activating import TRIES, Think, Unsettled, carried_in
from hub.registry.bringing import begin, look, never_seen
from hub.registry.comparing import compare
from hub.registry.outcome import Outcome, Refused, Who, new_ids
from hub.registry.records import Record
from hub.store.registered import Seal
from hub.store.unit_of_work import Store, UnitOfWork, away, lost

May = Callable[[UnitOfWork, Sequence[Record]], Awaitable[None]]


class _Moved(Exception):
    """Something that was read is not there as it was."""


async def anybody(_uow: UnitOfWork, _records: Sequence[Record]) -> None:
    """Whoever runs a command on the machine itself may change everything."""


async def import_records(
    store: Store,
    records: Sequence[Record],
    who: Who,
    now: datetime,
    think: Think = asyncio.to_thread,
    viewer: Viewer | None = None,
    may: May = anybody,
    *,
    dry_run: bool = False,
) -> Outcome:
    """Write all of these records or none; a dry run does the same and takes it back.

    `may` raises when one of them is not theirs to change. Raises Refused with every trouble, also
    the errors in the plans that agreements make, and Unsettled.
    """
    new_id, fresh = new_ids(), never_seen()
    for _ in range(TRIES):
        async with store.transaction(viewer) as uow:
            await uow.registered.only_look()
            await may(uow, records)
            found = await look(uow.registered, records)
            seal = await uow.registered.seal()
        judged = await asyncio.to_thread(compare, records, found, new_id, now)

        async def work(uow: UnitOfWork, judged: Outcome = judged, seal: Seal = seal) -> Outcome:
            await uow.registered.take_time()
            await uow.registered.hold()
            if not await uow.registered.still(seal):
                raise _Moved
            return await begin(uow.registered, judged, now, fresh)

        with suppress(_Moved), _in_nobodys_way():
            return await _carried_in(store, work, who, now, think, viewer, dry_run=dry_run)
    raise Unsettled


async def _carried_in(
    store: Store,
    work: Callable[[UnitOfWork], Awaitable[Outcome]],
    who: Who,
    now: datetime,
    think: Think,
    viewer: Viewer | None,
    *,
    dry_run: bool,
) -> Outcome:
    try:
        return await carried_in(store, work, who, now, think, viewer, dry_run=dry_run)
    except Refused as refused:
        if refused.outcome.troubles:
            raise
        return refused.outcome


@contextmanager
def _in_nobodys_way() -> Iterator[None]:
    """An alarm that has a client for too long, or another's import, goes before."""
    try:
        yield
    except DBAPIError as error:
        if lost(error) or not away(error):
            raise
        raise _Moved from error
