"""What holds for every unit of work, whatever is done in it."""

import asyncio

import pytest
from sqlalchemy.pool import AsyncAdaptedQueuePool

from hub.contain import contained
from hub.store.unit_of_work import Store, UnitOfWork, open_store
from hub.waiting.sweep import Sweep
from tests.hub.house import EVENING

ROUNDS = 60


async def _no_such_table(uow: UnitOfWork) -> None:
    await uow.straight.rows(b"SELECT 1 FROM tables_of_another_release", {})


async def _keep_failing(store: Store) -> None:
    while True:
        with contained("as a worker does"):
            await store.retried(_no_such_table)
        await asyncio.sleep(0)


async def test_a_worker_whose_statements_fail_ends_when_it_is_told_to(database_url: str) -> None:
    store = open_store(database_url, size=2, statement_timeout=5)
    for turns in range(ROUNDS):
        working = asyncio.create_task(_keep_failing(store))
        for _ in range(turns):
            await asyncio.sleep(0)
        working.cancel()
        async with asyncio.timeout(20):
            await asyncio.wait({working})
        assert working.cancelled()
    await store.close()


async def test_a_sweep_that_can_read_nothing_fails_once_and_is_not_asked_again_at_once(
    postgres: str,
) -> None:
    store = open_store(postgres, size=1, statement_timeout=5)
    with pytest.raises(ConnectionError):
        await Sweep(store).step(EVENING)
    await store.close()


async def test_closing_waits_for_whoever_was_told_to_stop_inside_a_transaction(
    database_url: str,
) -> None:
    store = open_store(database_url, size=2, statement_timeout=5)
    pool, asked = store.engine.pool, asyncio.Event()

    async def asks() -> None:
        async with store.transaction() as uow:
            await uow.straight.rows(b"SELECT 1", {})
            asked.set()
            await uow.straight.rows(b"SELECT pg_sleep(60)", {})

    asking = asyncio.create_task(asks())
    await asked.wait()
    asking.cancel()
    await store.close()
    assert asking.done()
    assert isinstance(pool, AsyncAdaptedQueuePool)
    assert pool.checkedout() == 0
