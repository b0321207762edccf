"""Runs every worker under one thin loop.

A worker is `async step(now) -> next moment or None`: it does all there is to do at `now` and
says when there will be something again. It owns no timer, so a rehearsal can step it by hand.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.clock import Clock
from hub.contain import contained
from hub.feed import LOOK_ANYWAY, Feed
from hub.store.unit_of_work import Store, UnitOfWork, held, lost

Step = Callable[[datetime], Awaitable[datetime | None]]
Work = Callable[[UnitOfWork], Awaitable[None]]
AFTER_A_FAILURE = 1.0
LEFT_OVER = 0.005  # what is due and was not done may be in another hub's hands


@dataclass(frozen=True, slots=True)
class Worker:
    """A step, and the topics of the feed that wake it.

    Woken, one with `patience` (in seconds) lets the calls and the screens go first, and does what
    comes meanwhile in the same step; what it knows to be due does not wait for that.
    """

    name: str
    step: Step
    topics: tuple[str, ...]
    patience: float = 0.0


async def run(workers: Sequence[Worker], clock: Clock, feed: Feed, scale: float = 1.0) -> None:
    """Run all workers until cancelled; one that fails is tried again and stops no other."""
    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(_keep_stepping(worker, clock, feed, scale), name=worker.name)


async def _keep_stepping(worker: Worker, clock: Clock, feed: Feed, scale: float) -> None:
    bell, loop = feed.bell(*worker.topics), asyncio.get_running_loop()
    while True:
        pause = AFTER_A_FAILURE
        with contained("worker failed", worker=worker.name):
            upcoming = await worker.step(clock())
            pause = _pause(upcoming, clock(), scale)
        until = loop.time() + pause
        if await bell.wait(pause):
            await asyncio.sleep(min(worker.patience, until - loop.time()))
            bell.hush()


def _pause(upcoming: datetime | None, now: datetime, scale: float) -> float:
    if upcoming is None:
        return LOOK_ANYWAY
    wait = (upcoming - now) / timedelta(seconds=scale)
    return min(wait if wait > 0 else LEFT_OVER, LOOK_ANYWAY)


async def step_to_quiet(workers: Sequence[Worker], now: datetime) -> datetime | None:
    """Step workers until none has anything to do at `now`; the earliest moment after it.

    One worker may make work for another that had already said when it wants to be asked again,
    so all are asked until they say the same twice.
    """
    said: list[datetime | None] = []
    while True:
        before, said = said, [await worker.step(now) for worker in workers]
        upcoming = min((one for one in said if one is not None), default=None)
        if said == before and (upcoming is None or upcoming > now):
            return upcoming


async def do_or_put_aside(store: Store, work: Work, put_aside: Work, **facts: str) -> None:
    """Do the work on one row; one that fails is put aside and holds up nothing else.

    A row that somebody else holds is left as it is, to be asked again in the next step. Raises
    ConnectionError when the database went away, which says nothing about the row.
    """
    with contained("row could not be worked on", **facts) as working:
        await store.retried(work)
    if working.error is None:
        return
    if lost(working.error):
        raise ConnectionError("the database went away") from working.error
    if held(working.error):
        return
    with contained("row could not be put aside", **facts):
        await store.retried(put_aside)
