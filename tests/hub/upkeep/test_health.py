"""Is a hub fit to serve, and is its "yes" worth what it should be."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from hub.clock import system_clock
from hub.upkeep.health import ClockCheck, Pulse, durability, ready
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


@pytest.mark.parametrize("off", [timedelta(seconds=-30), timedelta(seconds=30)])
async def test_a_hub_whose_clock_is_off_is_not_ready_and_does_not_sweep(
    house: House, off: timedelta
) -> None:
    def clock() -> datetime:
        return system_clock() + off

    found = await ready(house.store, Pulse(), (), clock, 0.0)
    assert "apart" in found.checks["clock"]
    check = ClockCheck(house.store, clock)
    assert await check.step(clock()) is not None
    assert not check.trusted()


async def test_a_database_that_answers_late_is_no_wrong_clock(house: House) -> None:
    """Under load an answer may take seconds: then of all times alarms must go on climbing."""

    def read() -> Iterator[datetime]:
        yield system_clock() - timedelta(minutes=1)  # when the database was asked
        while True:
            yield system_clock() + timedelta(minutes=1)  # when it was heard

    moments = read()
    check = ClockCheck(house.store, lambda: next(moments))
    await check.step(system_clock())
    assert check.trusted()
