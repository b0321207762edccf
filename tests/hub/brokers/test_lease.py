"""One hub holds a broker's session; whoever lost it can store nothing."""

import asyncio

import pytest
import sqlalchemy as sa

from hub.store import tables as t
from hub.store.brokers import Brokers, FencedStore, Lease, LeaseLost
from tests.hub.house import House
from tests.hub.staging import begun

ENDED = sa.update(t.broker_sessions).values(expires_at=sa.text("'-infinity'"))


async def claim(house: House, holder: str) -> Lease | None:
    async with house.store.transaction() as uow:
        return await Brokers(uow.db).claim("main", holder)


async def must_claim(house: House, holder: str) -> Lease:
    lease = await claim(house, holder)
    assert lease is not None
    return lease


async def renew(house: House, lease: Lease) -> None:
    async with house.store.transaction() as uow:
        await Brokers(uow.db).renew(lease)


async def test_one_hub_holds_the_lease_until_it_lets_go_or_its_time_ends(house: House) -> None:
    first = await must_claim(house, "hub-a")
    assert await claim(house, "hub-b") is None
    async with house.store.transaction() as uow:
        await Brokers(uow.db).release(first)
    second = await must_claim(house, "hub-b")
    await house.changes(ENDED)
    third = await must_claim(house, "hub-a")
    assert first.fence < second.fence < third.fence


async def test_two_hubs_that_ask_at_once_get_one_lease(house: House) -> None:
    await must_claim(house, "hub-a")
    await house.changes(ENDED)
    given = await asyncio.gather(*(claim(house, f"hub-{one}") for one in range(5)))
    assert sum(one is not None for one in given) == 1


async def test_a_hub_that_lost_the_lease_can_neither_renew_nor_store(house: House) -> None:
    old = await must_claim(house, "hub-a")
    await house.changes(ENDED)
    await must_claim(house, "hub-b")
    with pytest.raises(LeaseLost):
        await renew(house, old)
    with pytest.raises(LeaseLost):
        async with FencedStore(house.store, old).transaction():
            raise AssertionError("stored under a lease that was lost")
    async with house.store.transaction() as uow:
        await Brokers(uow.db).release(old)  # too late, and harmless
    assert await claim(house, "hub-c") is None


async def test_a_lease_that_ended_unnoticed_is_still_held(house: House) -> None:
    lease = await must_claim(house, "hub-a")
    await house.changes(ENDED)
    await renew(house, lease)
    assert await claim(house, "hub-b") is None


async def test_taking_over_waits_for_what_is_being_stored(house: House) -> None:
    old = await must_claim(house, "hub-a")
    async with FencedStore(house.store, old).transaction() as uow:
        await uow.db.execute(sa.update(t.clients).values(name="Stored before"))
        await renew(house, old)  # which waits for nobody
        async with house.store.transaction() as another:
            await another.db.execute(ENDED)
        taking = await begun(house.store, claim(house, "hub-b"))
    assert await taking is not None
    with pytest.raises(LeaseLost):
        await renew(house, old)


async def test_whoever_stores_while_the_lease_is_taken_over_is_stopped(house: House) -> None:
    old = await must_claim(house, "hub-a")

    async def store_under_the_old_lease() -> None:
        async with FencedStore(house.store, old).transaction() as uow:
            await uow.db.execute(sa.update(t.clients).values(name="Stored after"))

    async with house.store.transaction() as uow:
        await uow.db.execute(ENDED)
        assert await Brokers(uow.db).claim("main", "hub-b") is not None
        storing = await begun(house.store, store_under_the_old_lease())
    with pytest.raises(LeaseLost):
        await storing
    names = await house.rows(sa.select(t.clients.c.name))
    assert "Stored after" not in {row.name for row in names}
