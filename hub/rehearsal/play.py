"""Plays a night on the virtual stage: the region put in, the night played, expectations judged."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa

from hub.rehearsal import expecting
from hub.rehearsal.account import CROWDED, STEP_BY_STEP, Account, Pace
from hub.rehearsal.building import open_pools
from hub.rehearsal.progress import Progress, in_silence
from hub.rehearsal.record.registry import furnishing
from hub.rehearsal.virtual_playing import Playing
from hub.serving.stores import Stores
from hub.store import tables as t
from hub.store.unit_of_work import Store
from simulators.night import Night


class NotEmpty(Exception):
    """The database holds something: a rehearsal wants one of its own."""


async def rehearse(
    night: Night, url: str, seed: int | None = None, until: datetime | None = None
) -> Account:
    """Play a night on an empty, migrated database; the same seed gives the same account.

    `until` ends it sooner, and then no expectation is judged. Raises NotEmpty.
    """
    async with open_pools(url) as pools:
        return await rehearse_on(pools, night, seed, until)


async def rehearse_on(
    pools: Stores,
    night: Night,
    seed: int | None = None,
    until: datetime | None = None,
    pace: Pace | None = None,
    progress: Progress | None = None,
) -> Account:
    """Do what `rehearse` does, on connections that are open already, at this or its own pace."""
    pace = pace or (CROWDED if night.is_crowd else STEP_BY_STEP)
    began, worked = time.perf_counter(), time.process_time()
    await _furnish(pools.work, night)
    given = night.seed if seed is None else seed
    rehearsal = Playing(night, given, pools, pace, progress or in_silence())
    with _errors_heard(rehearsal.failed):
        await rehearsal.run(until or night.end)
    ledger, broken = rehearsal.ledger, rehearsal.broken
    if until is None:
        still_open = sum(one.resolved_at is None for one in ledger.alerts.values())
        broken += expecting.judge(night, ledger.happened, still_open)
    return Account(
        night=night,
        seed=given,
        happened=ledger.happened,
        broken=sorted(broken, key=lambda one: one.at),
        journal=ledger.account(),
        messages=rehearsal.stage.published,
        calls=len(rehearsal.stage.sent),
        alerts=len(ledger.alerts),
        steps=rehearsal.steps,
        seconds=time.perf_counter() - began,
        until=until,
        ledger=ledger,
        heard=rehearsal.stage.heard,
        posted=rehearsal.listening.posted,
        processor=time.process_time() - worked,
        spent=rehearsal.spent,
    )


async def _furnish(store: Store, night: Night) -> None:
    async with store.transaction() as uow:
        if (await uow.db.execute(sa.select(t.organisations.c.id).limit(1))).first() is not None:
            raise NotEmpty("the database of a rehearsal must be empty")
        for table, listed in furnishing(night):
            await uow.db.execute(sa.insert(table), listed)


@contextmanager
def _errors_heard(failed: Callable[[str], None]) -> Iterator[None]:
    """Whatever the hub logs as an error is told, with the error itself."""
    handler = _Errors(failed)
    logger = logging.getLogger("hub")
    before = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = before


class _Errors(logging.Handler):
    def __init__(self, failed: Callable[[str], None]) -> None:
        super().__init__(logging.ERROR)
        self.failed = failed

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        why = "" if error is None else f": {type(error).__name__}: {error}".splitlines()[0]
        self.failed(record.getMessage() + why)
