"""The loop under every worker: woken by the feed, never later than what it knows to be due."""

import asyncio
from datetime import datetime, timedelta

from hub.clock import system_clock
from hub.feed import Feed
from hub.workers import Worker, run

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
