"""Cron-like work that no alert waits for: partitions made ahead, old messages dropped."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from hub.clock import Clock
from hub.contain import contained
from hub.store.housekeeping import AHEAD, drop_partitions, forget, make_partition, only_one
from hub.store.unit_of_work import Store

log = logging.getLogger(__name__)
DAY = timedelta(days=1)
KEYS_KEPT = timedelta(days=7)
PROVED_AT = 1  # o'clock, UTC
SUSPECTS_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long raw messages and numbered events are kept."""

    messages: timedelta
    events: timedelta


def scheduler(store: Store, clock: Clock, retention: Retention) -> AsyncIOScheduler:
    """Make the scheduler; memory store, late runs are run once, one hub at a time."""
    made = AsyncIOScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True}
    )
    made.add_job(tidy, IntervalTrigger(hours=1), args=(store, clock, retention))
    nightly = CronTrigger(hour=PROVED_AT, timezone="UTC")
    made.add_job(prove_everybody, nightly, args=(store, clock))
    return made


async def prove_everybody(store: Store, clock: Clock) -> None:
    """Let every care plan be proved again: windows, rosters and consents run out by themselves."""
    with contained("plans could not be set to be proved"):
        async with store.transaction() as uow:
            if await only_one(uow.db):
                await uow.proofs.everybody(clock())
                uow.touched.add("proofs due")


async def tidy(store: Store, clock: Clock, retention: Retention) -> None:
    """Make the coming days' partitions, drop those past `retention`, forget what has expired."""
    now = clock()
    with contained("housekeeping failed"):
        async with store.transaction() as uow:
            if not await only_one(uow.db):
                return
            for days in range(AHEAD):
                await make_partition(uow.db, _midnight(now) + days * DAY)
            dropped = await drop_partitions(uow.db, _midnight(now - retention.messages))
            await uow.messages.forget_keys(now - KEYS_KEPT)
            await uow.out.forget(now - retention.events)
            await uow.suspects.forget(now - SUSPECTS_KEPT)
            await forget(uow.db, now)
        log.info("housekeeping done", extra={"dropped": dropped})


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
