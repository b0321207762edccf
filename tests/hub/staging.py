"""Halts whoever is to be in the middle of something, by holding a lock they need."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import sqlalchemy as sa

from hub.sources.arrival import Arrival
from hub.store.unit_of_work import Store
from tests.hub.house import PRINCIPAL, House

T = TypeVar("T")
WAITERS = sa.text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@asynccontextmanager
async def held(store: Store, table: sa.Table) -> AsyncIterator[None]:
    """Hold every row of a table, so that whoever adds one that refers to it comes to a halt."""
    async with store.transaction() as uow:
        await uow.db.execute(sa.select(table.c.id).with_for_update())
        yield


async def until_waiting(store: Store, count: int = 1) -> None:
    """Until so many sessions wait for a lock."""
    async with asyncio.timeout(10):
        waiting = 0
        while waiting < count:
            async with store.transaction() as uow:
                waiting = (await uow.db.execute(WAITERS)).scalar_one()


async def begun(store: Store, work: Coroutine[Any, Any, T], count: int = 1) -> Awaitable[T]:
    """Start something, and return once it is the last of `count` that wait for a lock."""
    task = asyncio.create_task(work)
    await until_waiting(store, count)
    return task


def said(house: House, kind: str) -> Arrival:
    body = json.dumps({"kind": kind}).encode()
    topic = "in/zorg/gw1/native/pendant-1"
    return Arrival(PRINCIPAL, topic, body, qos=1, received_at=house.now)
