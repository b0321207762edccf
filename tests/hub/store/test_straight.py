"""What goes straight to psycopg keeps the promises of a connection of the store."""

import threading
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy.exc import DBAPIError

from hub.store.unit_of_work import Store, UnitOfWork, lost, open_store
from tests.conftest import connected

Trip = Callable[[UnitOfWork], Awaitable[None]]
STILL = threading.Event()  # never set: a process that stands still, event loop and all
IDLE = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"


async def _reads(uow: UnitOfWork) -> None:
    await uow.straight.together((b"SELECT 1", {}), (b"SELECT 2", {}))


async def _writes(uow: UnitOfWork) -> None:
    async with uow.straight.one_trip():
        await uow.straight.run(b"SELECT 1", {})
        await uow.straight.run(b"SELECT 2", {})


async def stands_still_after(trip: Trip, database_url: str, store: Store) -> None:
    with connected(database_url) as others:
        async with store.transaction() as uow:
            await trip(uow)
            STILL.wait(3)
            assert others.execute(IDLE).fetchone() == (0,)
            await trip(uow)


@pytest.mark.parametrize("trip", [_reads, _writes])
async def test_a_process_that_stands_still_after_a_trip_holds_its_transaction_for_two_seconds(
    trip: Trip, database_url: str
) -> None:
    store = open_store(database_url, size=1, statement_timeout=5)
    with pytest.raises(DBAPIError) as stopped:
        await stands_still_after(trip, database_url, store)
    assert lost(stopped.value)
    await store.close()
