"""A device given to another client rings for nobody there until a test press is seen."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from escalation.modes import Mode
from hub.decoders.heard import Heard
from hub.incoming.intake import store_alarms
from hub.sources.arrival import Arrival
from hub.store import tables as t
from hub.store.modes import ModeSet
from hub.waiting.pressed import CONFIRM_WITHIN, pressed_at, was_real, was_the_test
from tests.hub.house import PRINCIPAL, House, known

SECOND = timedelta(seconds=1)


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


async def says(house: House, *, ours: bool) -> bool:
    """Somebody says whether the press was the test; whether it still waited."""
    async with house.store.transaction() as uow:
        await uow.care.lock({known("bert")}, ())
        if ours:
            return await was_the_test(uow, known("pendant-2"))
        return await was_real(uow, known("pendant-2"), house.now)


async def rang(house: House) -> list[list[UUID]]:
    """Whom each alarm that rings is about."""
    return [row.client_ids for row in await house.alerts() if row.lane == "alarm"]


@pytest.mark.parametrize("says_so", [True, False])
async def test_a_press_while_somebody_tests_waits_on_the_board_for_their_word(
    house: House, *, says_so: bool
) -> None:
    await moves(house)
    await tests_it(house)
    await house.press("pendant-2", test=says_so)
    (alert,) = await house.alerts()
    assert (alert.lane, alert.client_ids) == ("queue", [known("bert")])
    assert not await is_tested(house)
    assert await says(house, ours=True)
    assert await is_tested(house)
    await house.passes(timedelta(minutes=20))
    assert await rang(house) == []
    assert house.called() == []


async def test_a_press_that_nobody_says_was_the_test_rings_as_an_unknown_wearers(
    house: House,
) -> None:
    await moves(house)
    await tests_it(house)
    await house.press("pendant-2")
    await house.passes(CONFIRM_WITHIN - SECOND)
    assert await rang(house) == []
    await house.passes(SECOND)
    assert await rang(house) == [[]]
    (alert,) = [row for row in await house.alerts() if row.lane == "alarm"]
    assert alert.priority == "P1"
    assert "untested_device" in alert.state["marks"]
    assert "vraag wie het draagt" in alert.explanation
    assert not await says(house, ours=True)
    assert not await is_tested(house)


async def test_whoever_tests_can_say_that_it_is_real(house: House) -> None:
    await moves(house)
    await tests_it(house)
    await house.press("pendant-2")
    assert await says(house, ours=False)
    assert await rang(house) == [[]]
    assert not await says(house, ours=False)
    await house.passes(timedelta(minutes=10))
    assert len(await rang(house)) == 1


async def test_a_second_press_before_anybodys_word_rings_at_once(house: House) -> None:
    await moves(house)
    await tests_it(house)
    await house.press("pendant-2")
    await house.press("pendant-2")
    assert await rang(house) == [[]]


async def test_two_presses_that_come_together_are_no_test(house: House) -> None:
    await moves(house)
    await tests_it(house)
    heard = [await arrives(house, key) for key in ("1", "2")]
    await store_alarms(house.store, heard)
    assert await rang(house) == [[]]


async def test_a_press_before_it_went_to_yet_another_is_no_test_there(house: House) -> None:
    await moves(house)
    await tests_it(house)
    await house.press("pendant-2")
    theirs = sa.update(t.devices).where(t.devices.c.id == known("pendant-2"))
    await house.changes(theirs.values(client_id=known("anne")))
    async with house.store.transaction() as uow:
        for client in ("bert", "anne"):
            assert await pressed_at(uow, known(client)) == []
    await house.passes(CONFIRM_WITHIN)
    assert await rang(house) == [[]]


async def arrives(house: House, key: str) -> Heard:
    """A press of the pendant comes in, and waits to be stored."""
    body = json.dumps({"kind": "alarm.button", "key": key}).encode()
    topic = "in/zorg/gw1/native/pendant-2"
    return await house.reader.hear(Arrival(PRINCIPAL, topic, body, qos=1, received_at=house.now))


async def test_after_the_test_a_press_is_the_new_clients(house: House) -> None:
    await moves(house)
    await tests_it(house)
    await house.press("pendant-2")
    await says(house, ours=True)
    await house.passes(timedelta(minutes=20))
    house.reader.forget()
    await house.press("pendant-2")
    assert await rang(house) == [[known("bert")]]


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


async def leaks(house: House, *, gas: bool) -> None:
    """The detector that was somebody else's says how it stands: of smoke first, then of gas."""
    said = {"smoke": False, "gas": gas, "battery": 90}
    await house.receives("in/zorg/gw1/zigbee2mqtt/smoke-1", said)


async def is_given_a_detector(house: House) -> None:
    mine = sa.update(t.devices).where(t.devices.c.id == known("smoke-1"))
    await house.changes(mine.values(untested_since=house.now))
    await tests_it(house)


async def test_a_call_beside_what_is_still_as_it_was_is_what_rings(house: House) -> None:
    await is_given_a_detector(house)
    await leaks(house, gas=True)
    await house.passes(CONFIRM_WITHIN)
    (alert,) = [row for row in await house.alerts() if row.lane == "alarm"]
    assert (alert.kind, alert.priority, alert.client_ids) == ("alarm.gas", "P1", [])
    assert "vraag wie het draagt" in alert.explanation


async def test_a_device_that_says_that_nothing_is_the_matter_was_not_pressed(house: House) -> None:
    await is_given_a_detector(house)
    for gas, waiting in ((False, 0), (True, 1), (False, 1)):
        await leaks(house, gas=gas)
        async with house.store.transaction() as uow:
            assert len(await pressed_at(uow, known("bert"))) == waiting
    await house.passes(CONFIRM_WITHIN)
    (alert,) = [row for row in await house.alerts() if row.lane == "alarm"]
    assert alert.kind == "alarm.gas"
