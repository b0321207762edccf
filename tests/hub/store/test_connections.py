"""A connection that was used stays warm: a lone alarm finds its statements prepared and planned."""

import asyncio

import sqlalchemy as sa

from hub.store.care import About
from hub.store.unit_of_work import Store
from tests.hub.house import EVENING, House, known


async def whose(store: Store) -> int:
    """Which session of the server a unit of work has."""
    async with store.transaction() as uow:
        return int((await uow.db.execute(sa.text("SELECT pg_backend_pid()"))).scalar_one())


async def at_once(store: Store, count: int) -> set[int]:
    """Have so many units of work at the same moment, each with a session of its own."""
    here = asyncio.Barrier(count)

    async def one() -> int:
        async with store.transaction() as uow:
            await here.wait()
            return int((await uow.db.execute(sa.text("SELECT pg_backend_pid()"))).scalar_one())

    return set(await asyncio.gather(*(one() for _ in range(count))))


async def test_whoever_comes_alone_gets_the_connection_that_was_used_last(house: House) -> None:
    assert len(await at_once(house.store, 3)) == 3
    assert len({await whose(house.store) for _ in range(5)}) == 1


async def test_whom_to_call_is_planned_once_and_all_else_as_always(house: House) -> None:
    about = About(known("zorg"), known("home-1"), (known("anne"),), EVENING)
    async with house.store.transaction() as uow:
        for _ in range(8):
            await uow.care.known([about])
        mode = (await uow.db.execute(sa.text("SHOW plan_cache_mode"))).scalar_one()
        planned = sa.text(
            "SELECT sum(custom_plans) FROM pg_prepared_statements WHERE statement LIKE '%found AS%'"
        )
        custom = (await uow.db.execute(planned)).scalar_one()
    assert (mode, custom) == ("auto", 0)
