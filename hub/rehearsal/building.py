"""One hub for a rehearsal: every part of a real one but its sockets and its timers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

from fastapi import FastAPI

from adapters.outbound import webhook
from hub.access.passwords import Passwords
from hub.clock import Clock
from hub.deliver import Deliver, Send
from hub.feed import Feed
from hub.health import ClockCheck, Pulse
from hub.housekeeping import tidy
from hub.intake import Intake
from hub.main import Stores, make_workers, sqlalchemy_url
from hub.reading import Reader
from hub.rehearsal.region import ADAPTERS, PEPPER
from hub.routes import screens
from hub.routes.dependencies import Web
from hub.store.unit_of_work import open_store
from hub.translation import load_adapters
from hub.watchdog import Watchdog
from hub.web import create_app
from hub.workers import Worker

URL = "http://hub.rehearsal"
KEPT = timedelta(days=30)
# These compare with, or tell, the world outside; there is none in a rehearsal.
LEFT_OUT = ("clock", "watchdog")
SIZES = {"deliver": 1}  # whatever is answered is stored in the order in which it was sent


@dataclass(frozen=True, slots=True)
class Given:
    """What a hub never makes itself: time, ids, luck, the way out, and who is told of commits."""

    clock: Clock
    new_id: Callable[[], UUID]
    luck: Random
    send: Send
    told: Callable[..., None]


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub that runs; what it promised is in the database, and only there."""

    intake: Intake
    deliver: Deliver
    workers: Mapping[str, Worker]
    app: FastAPI
    commits: "Commits"

    async def step_to_quiet(self, now: datetime, most: int) -> datetime | None:
        """Step workers until none has anything to do; the earliest moment after `now`.

        Quiet is a whole round in which nothing was committed. Whatever is being sent is waited
        for, so that no answer comes at a moment of its own. Raises NeverQuiet after `most` rounds.
        """
        for _ in range(most):
            before = self.commits.count
            moments = [await worker.step(now) for worker in self.workers.values()]
            await self.deliver.finish()
            upcoming = min((one for one in moments if one is not None), default=None)
            if self.commits.count == before and (upcoming is None or upcoming > now):
                return upcoming
        raise NeverQuiet


class NeverQuiet(Exception):
    """The workers always have something left to do at this very moment."""


class Commits:
    """Counts the commits that concern anybody, and passes on what they were about."""

    def __init__(self, told: Callable[..., None]) -> None:
        self.count, self.told = 0, told

    def __call__(self, *topics: str) -> None:
        """One more, about these topics."""
        self.count += 1
        self.told(*topics)


@asynccontextmanager
async def open_pools(url: str) -> AsyncIterator[Stores]:
    """Open the connections of hubs to come, to a migrated database of rehearsals.

    They outlive a hub: a connection between steps holds nothing, and opening anew takes longer
    than most nights.
    """
    opened = partial(open_store, sqlalchemy_url(url), statement_timeout=30)
    stores = Stores(**{name: opened(size=SIZES.get(name, 2)) for name in Stores.__slots__})
    try:
        yield stores
    finally:
        for name in Stores.__slots__:
            await getattr(stores, name).close()


@asynccontextmanager
async def running_hub(stores: Stores, given: Given) -> AsyncIterator[Hub]:
    """Run a hub on these connections; leaving is as sudden as a kill, but between steps."""
    async with AsyncExitStack() as stack:
        commits = Commits(given.told)
        for name in Stores.__slots__:
            getattr(stores, name).told = commits
        intake = Intake(
            stores.intake,
            stores.bulk,
            Reader(stores.intake, load_adapters(ADAPTERS), given.new_id),
        )
        deliver = Deliver(stores.deliver, {"webhook": webhook}, given.send, PEPPER, URL)
        check = ClockCheck(stores.work, compare=False)
        workers = make_workers(stores, deliver, check, Watchdog(stores.work, given.send, ""))
        await tidy(stores.work, given.clock, KEPT)
        taking_in = asyncio.create_task(intake.run())
        stack.push_async_callback(_ended, taking_in)
        yield Hub(
            intake,
            deliver,
            {one.name: one for one in workers if one.name not in LEFT_OUT},
            _app(given, stores, stack),
            commits,
        )


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
