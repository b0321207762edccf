"""One hub for a rehearsal: every part of a real one but its sockets and its timers."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import FastAPI

from adapters.outbound import webhook
from hub.access.passwords import Passwords
from hub.clock import Clock
from hub.decoders.finding import load_adapters
from hub.decoders.reading import Reader
from hub.feed import Feed
from hub.incoming.intake import Intake
from hub.main import make_workers
from hub.rehearsal.region import ADAPTERS, PEPPER
from hub.road.deliver import Deliver, Send
from hub.routes import screens
from hub.routes.dependencies import Web
from hub.serving.stores import Stores
from hub.serving.web import create_app
from hub.store.unit_of_work import open_store
from hub.store.url import sqlalchemy_url
from hub.upkeep.health import ClockCheck, Pulse
from hub.upkeep.housekeeping import Retention, tidy
from hub.upkeep.watchdog import Watchdog
from hub.workers import Worker

URL = "http://hub.rehearsal"
KEPT = Retention(messages=timedelta(days=30), events=timedelta(days=30))
# These compare with, or tell, the world outside; there is none in a rehearsal.
LEFT_OUT = ("clock", "watchdog")
SIZES = {"deliver": 1}  # whatever is answered is stored in the order in which it was sent


@dataclass(frozen=True, slots=True)
class Given:
    """What a hub never makes itself: time, ids, luck, the way out, and who is told of commits.

    `more` are workers beside those of every hub. What workers cost is added to `spent`.
    """

    clock: Clock
    new_id: Callable[[], UUID]
    luck: Random
    send: Send
    told: Callable[..., None]
    spent: defaultdict[str, float]
    more: Sequence[Worker] = ()


class Hints:
    """Passes on what commits were about, and remembers which workers that wakes."""

    def __init__(self, workers: Sequence[Worker], told: Callable[..., None]) -> None:
        self.workers, self.told = workers, told
        self.count = 0
        self.woken = {one.name for one in workers}

    def __call__(self, *topics: str) -> None:
        """Something about these topics was committed."""
        self.count += 1
        self.woken |= {one.name for one in self.workers if set(one.topics) & set(topics)}
        self.told(*topics)


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub that runs; what it promised is in the database, and only there.

    `moments` is when each worker wants to be asked again, `spent` their seconds of the processor.
    """

    intake: Intake
    deliver: Deliver
    workers: Sequence[Worker]
    app: FastAPI
    hints: Hints
    spent: defaultdict[str, float]
    moments: dict[str, datetime | None] = field(default_factory=dict)

    async def step_to_quiet(self, now: datetime, most: int) -> datetime | None:
        """Step workers until none has anything to do; the earliest moment after `now`.

        As in a running hub a worker is asked when its moment has come or a hint woke it. Whatever
        is being sent is waited for, so that no answer comes at a moment of its own. Raises
        NeverQuiet after `most` rounds.
        """
        for _ in range(most):
            asked = [one for one in self.workers if self._is_awake(one, now)]
            if not asked:
                return min((one for one in self.moments.values() if one is not None), default=None)
            for worker in asked:
                self.hints.woken.discard(worker.name)
                began = time.process_time()
                self.moments[worker.name] = await worker.step(now)
                await self._all_sent()
                self.spent[worker.name] += time.process_time() - began
        raise NeverQuiet

    def _is_awake(self, worker: Worker, now: datetime) -> bool:
        moment = self.moments.get(worker.name)
        return worker.name in self.hints.woken or (moment is not None and moment <= now)

    async def _all_sent(self) -> None:
        before = self.hints.count
        await self.deliver.finish()
        if self.hints.count != before:
            self.hints.woken.add("deliver")


class NeverQuiet(Exception):
    """The workers always have something left to do at this very moment."""


@asynccontextmanager
async def open_pools(url: str) -> AsyncIterator[Stores]:
    """Open the connections of hubs to come, to a migrated database of rehearsals.

    They outlive a hub: a connection between steps holds nothing, and opening anew takes longer
    than most nights.
    """
    opened = partial(open_store, sqlalchemy_url(url), statement_timeout=600)
    stores = Stores(**{name: opened(size=SIZES.get(name, 2)) for name in Stores.__slots__})
    for name in Stores.__slots__:
        sa.event.listen(getattr(stores, name).engine.sync_engine, "connect", _without_a_clock)
    try:
        yield stores
    finally:
        for name in Stores.__slots__:
            await getattr(stores, name).close()


def _without_a_clock(connection: Any, _: object) -> None:
    """Wait for ever: what a busy machine takes must not change what happens in the night."""
    with closing(connection.cursor()) as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 0")
        cursor.execute("SET lock_timeout = 0")
    connection.commit()


@asynccontextmanager
async def running_hub(stores: Stores, given: Given) -> AsyncIterator[Hub]:
    """Run a hub on these connections; leaving is as sudden as a kill, but between steps."""
    async with AsyncExitStack() as stack:
        intake = Intake(
            stores.intake,
            stores.bulk,
            Reader(stores.intake, load_adapters(ADAPTERS), given.new_id),
        )
        deliver = Deliver(stores.deliver, {"webhook": webhook}, given.send, PEPPER, URL)
        check = ClockCheck(stores.work, None)
        every = make_workers(stores, deliver, check, Watchdog(stores.work, given.send, ""), URL)
        workers = [*(one for one in every if one.name not in LEFT_OUT), *given.more]
        hints = Hints(workers, given.told)
        for name in Stores.__slots__:
            getattr(stores, name).told = hints
        await tidy(stores.work, given.clock, KEPT)
        taking_in = asyncio.create_task(intake.run())
        stack.push_async_callback(_ended, taking_in)
        yield Hub(intake, deliver, workers, _app(given, stores, stack), hints, given.spent)


def _app(given: Given, stores: Stores, stack: AsyncExitStack) -> FastAPI:
    passwords = Passwords()
    stack.callback(passwords.close)
    parts = Web(
        store=stores.pages,
        clock=given.clock,
        feed=Feed(""),  # no screen is open, so nobody listens
        passwords=passwords,
        random=given.luck.randbytes,
        pepper=PEPPER,
        pulse=Pulse(),
        compare_clocks=False,
        rehearsal=True,
    )
    return create_app(parts, screens.ROUTERS)


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
