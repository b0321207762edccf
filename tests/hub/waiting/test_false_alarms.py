"""Six alarms in a week that were nothing are work for the team, told once."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from escalation.model import Outcome
from escalation.triggers import Resolved
from hub.waiting.false_alarms import FalseAlarms
from hub.workers import Worker
from tests.hub.house import MINUTE, House, actor, known

DAY = timedelta(days=1)


async def presses(house: House, times: int, outcome: Outcome, every: timedelta = DAY / 2) -> None:
    """Somebody presses, and an operator says how it ended."""
    for _ in range(times):
        await house.press()
        (alert,) = [one for one in await house.alerts() if one.lane == "alarm" and one.due_at]
        trigger = Resolved(id=uuid4(), by=actor("anna"), outcome=outcome)
        await house.answers(alert.id, trigger)
        house.now += every


async def told(house: House) -> list[str]:
    await FalseAlarms(house.store).step(house.now)
    kind = "technical.false_alarms"
    return [one.explanation for one in await house.alerts() if one.kind == kind]


async def test_six_in_a_week_are_told_once_with_the_reason_and_a_date(house: House) -> None:
    await presses(house, 5, Outcome.ACCIDENTAL)
    assert await told(house) == []
    await presses(house, 1, Outcome.SENSOR_FALSE)
    (why,) = await told(house)
    assert why == (
        "In 7 dagen 6 keer alarm zonder dat er iets aan de hand was (5 keer per ongeluk, 1 keer"
        " sensor onterecht), het laatst op 15-1 om 11:00. Bespreek uiterlijk do 22-01 met de"
        " cliënt hoe het apparaat gebruikt wordt."
    )
    assert await told(house) == [why]
    (alert,) = [one for one in await house.alerts() if one.lane == "queue"]
    assert (alert.priority, alert.device_id) == ("T", known("pendant-1"))
    assert house.called() == []


async def test_real_alarms_and_tests_do_not_count(house: House) -> None:
    for outcome in (Outcome.REAL_EMERGENCY, Outcome.SOCIAL, Outcome.TEST):
        await presses(house, 3, outcome, every=MINUTE)
    await presses(house, 5, Outcome.ACCIDENTAL, every=MINUTE)
    assert await told(house) == []


async def test_six_over_a_longer_time_are_nothing_odd(house: House) -> None:
    await presses(house, 8, Outcome.ACCIDENTAL, every=1.5 * DAY)
    assert await told(house) == []


async def test_after_it_was_told_counting_begins_anew(house: House) -> None:
    await presses(house, 6, Outcome.ACCIDENTAL, every=MINUTE)
    assert len(await told(house)) == 1
    (alert,) = [one for one in await house.alerts() if one.lane == "queue"]
    await house.resolves(alert.id)
    house.now += MINUTE
    await presses(house, 5, Outcome.ACCIDENTAL, every=MINUTE)
    assert len(await told(house)) == 1
    await presses(house, 1, Outcome.ACCIDENTAL, every=MINUTE)
    assert len(await told(house)) == 2


async def test_two_hubs_tell_it_once(house: House) -> None:
    await presses(house, 6, Outcome.ACCIDENTAL, every=MINUTE)
    hubs = [FalseAlarms(house.store) for _ in range(2)]
    await asyncio.gather(*(one.step(house.now) for one in hubs))
    assert len(await told(house)) == 1


async def test_nothing_to_count_asks_for_no_look(house: House) -> None:
    worker = FalseAlarms(house.store)
    assert await worker.step(house.now) is None
    await presses(house, 1, Outcome.ACCIDENTAL, every=11 * MINUTE)
    assert await worker.step(house.now) == house.now + 10 * MINUTE


async def test_it_is_seen_while_time_passes(house: House) -> None:
    house.workers.append(Worker("false alarms", FalseAlarms(house.store).step, ()))
    await presses(house, 6, Outcome.ACCIDENTAL, every=MINUTE)
    await house.passes(11 * MINUTE)
    assert [one.kind for one in await house.alerts() if one.lane == "queue"] == [
        "technical.false_alarms"
    ]
