"""A device given to another client rings for nobody there until a test press is seen."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from escalation.modes import Mode
from hub.store import tables as t
from hub.store.modes import ModeSet
from tests.hub.house import House, known


async def moves(house: House) -> None:
    """Bert is given the pendant that was somebody else's."""
    mine = sa.update(t.devices).where(t.devices.c.id == known("pendant-2"))
    await house.changes(mine.values(untested_since=house.now))


async def tests_it(house: House) -> None:
    """Somebody says that they are testing at Bert's, for a quarter of an hour."""
    mode = ModeSet(
        uuid4(), known("zorg"), known("bert"), Mode.TEST, house.now,
        house.now + timedelta(minutes=15), None,
    )  # fmt: skip
    async with house.store.transaction() as uow:
        await uow.modes.set(mode, house.now)


async def is_tested(house: House) -> bool:
    asked = sa.select(t.devices.c.untested_since).where(t.devices.c.id == known("pendant-2"))
    (row,) = await house.rows(asked)
    return row.untested_since is None


async def test_before_it_is_tested_the_centre_alone_hears_of_a_press(house: House) -> None:
    await moves(house)
    await house.press("pendant-2")
    await house.passes(timedelta(minutes=25))
    (alert,) = await house.alerts()
    assert (alert.priority, alert.client_ids) == ("P1", [])
    assert "untested_device" in alert.state["marks"]
    assert "nog niet getest" in alert.explanation
    assert not set(house.called()) & {"team", "night", "daughter"}
    assert not await is_tested(house)


@pytest.mark.parametrize("says_so", [True, False])
async def test_a_press_while_somebody_tests_is_the_test_and_rings_for_nobody(
    house: House, *, says_so: bool
) -> None:
    await moves(house)
    await tests_it(house)
    await house.press("pendant-2", test=says_so)
    (alert,) = await house.alerts()
    assert (alert.lane, alert.client_ids) == ("queue", [known("bert")])
    assert await is_tested(house)


async def test_after_the_test_a_press_is_the_new_clients(house: House) -> None:
    await moves(house)
    await tests_it(house)
    await house.press("pendant-2")
    await house.passes(timedelta(minutes=20))
    house.reader.forget()
    await house.press("pendant-2")
    assert [row.client_ids for row in await house.alerts() if row.lane == "alarm"] == [
        [known("bert")]
    ]


async def test_a_word_of_a_test_outside_a_test_proves_nothing(house: House) -> None:
    await moves(house)
    await house.press("pendant-2", test=True)
    (alert,) = await house.alerts()
    assert (alert.lane, alert.client_ids) == ("alarm", [])
    assert not await is_tested(house)


async def test_what_is_no_press_proves_nothing(house: House) -> None:
    await moves(house)
    await tests_it(house)
    await house.receives("in/zorg/gw1/native/pendant-2", {"kind": "technical.battery_low"})
    assert not await is_tested(house)
