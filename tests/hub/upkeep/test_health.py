"""Is a hub fit to serve, and is its "yes" worth what it should be."""

import sqlalchemy as sa

from hub.upkeep.health import Pulse, durability, ready
from tests.hub.house import House


async def test_it_says_when_a_power_cut_could_lose_what_was_answered(house: House) -> None:
    wrong = await durability(house.store)  # the tests' own server trades safety for speed
    assert any(line.startswith("fsync is off") for line in wrong)


async def test_an_older_hub_keeps_serving_beside_newer_tables(house: House) -> None:
    assert (await ready(house.store, Pulse(), ("0001",), None, 0.0)).ok


async def test_a_hub_whose_tables_are_missing_is_not_ready(house: House) -> None:
    found = await ready(house.store, Pulse(), ("9999",), None, 0.0)
    assert not found.ok
    assert found.checks["migrations"].startswith("at 0")


async def test_a_hub_whose_clock_is_off_is_not_ready(house: House) -> None:
    async with house.store.transaction() as uow:
        theirs = (await uow.db.execute(sa.text("SELECT clock_timestamp()"))).scalar_one()
    found = await ready(house.store, Pulse(), (), theirs.replace(year=2000), 0.0)
    assert "apart" in found.checks["clock"]
