"""The loop under every worker: woken by the feed, never later than what it knows to be due."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from hub.clock import system_clock
from hub.feed import Feed
from hub.store.tables import clients
from hub.store.unit_of_work import UnitOfWork
from hub.workers import Worker, do_or_put_aside, run
from tests.hub.house import furnish, known, open_house

FOR_EVER = 3600.0


async def test_who_is_patient_when_woken_does_what_is_due_in_time(database_url: str) -> None:
    feed, stepped = Feed(database_url), asyncio.Queue[datetime]()

    async def step(now: datetime) -> datetime:
        stepped.put_nowait(now)
        return now + timedelta(milliseconds=50)

    working = asyncio.create_task(
        run([Worker("patient", step, ("due",), FOR_EVER)], system_clock, feed)
    )
    async with asyncio.timeout(20):
        for _ in range(3):
            await stepped.get()
            feed.changed("due")
    working.cancel()
    await asyncio.wait({working})


async def test_what_comes_while_it_is_patient_is_one_step(database_url: str) -> None:
    feed, stepped = Feed(database_url), asyncio.Queue[datetime]()

    async def step(now: datetime) -> datetime:
        stepped.put_nowait(now)
        return now + timedelta(milliseconds=200)

    working = asyncio.create_task(
        run([Worker("patient", step, ("due",), FOR_EVER)], system_clock, feed)
    )
    async with asyncio.timeout(20):
        await stepped.get()
        for _ in range(5):
            feed.changed("due")
            await asyncio.sleep(0)
        await stepped.get()
    assert stepped.empty()
    working.cancel()
    await asyncio.wait({working})


async def test_a_row_that_somebody_else_holds_is_left_for_the_next_step(database_url: str) -> None:
    store, done, aside = open_house(database_url), list[UUID](), list[UUID]()
    await furnish(store)
    asked = sa.select(clients.c.id).where(clients.c.id == known("anne")).with_for_update()

    async def work(uow: UnitOfWork) -> None:
        done.append((await uow.db.execute(asked.with_for_update(nowait=True))).one().id)

    async def put_aside(_: UnitOfWork) -> None:
        aside.append(known("anne"))

    async with store.transaction() as other:
        await other.db.execute(asked)
        await do_or_put_aside(store, work, put_aside, client="held")
    assert (done, aside) == ([], [])
    await do_or_put_aside(store, work, put_aside, client="free")
    assert (done, aside) == ([known("anne")], [])
    await store.close()
