"""A client's rhythm on the real road: limits of the registry, visits, couples, lost sensors."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from escalation.modes import Mode
from hub.store import tables as t
from hub.store.modes import ModeSet
from hub.waiting.supervision import Supervise
from hub.workers import Worker
from tests.hub.house import MINUTE, House, known

HOUR = timedelta(hours=1)
Z2M = "in/zorg/gw1/zigbee2mqtt"


def supervised(house: House) -> House:
    """The house, in which somebody looks who is silent and what the registry says now."""
    house.workers.append(Worker("supervise", Supervise(house.store).step, ()))
    return house


async def agrees(house: House, client: str = "anne", **options: Any) -> None:
    whose = t.clients.c.external_id == client
    await house.changes(sa.update(t.clients).where(whose).values(options=options))


async def says(house: House, sensor: str, *, active: bool) -> None:
    """A sensor says that somebody is there, or nobody; a door that it is open, or shut."""
    field = {"contact": not active} if sensor.startswith("door") else {"occupancy": active}
    await house.receives(f"{Z2M}/{sensor}", field)


async def asleep(house: House) -> None:
    await says(house, "bed-1", active=True)
    await says(house, "door-1", active=False)
    await says(house, "motion-1", active=False)


async def moves(house: House, sensor: str = "motion-1") -> None:
    await says(house, sensor, active=True)
    house.now += timedelta(seconds=20)
    await says(house, sensor, active=False)


async def visit(house: House, length: timedelta, mode: Mode = Mode.CARER_PRESENT) -> None:
    until = house.now + length
    new = ModeSet(
        uuid4(), known("zorg"), known("anne"), mode, house.now, until, known("anna")
    )  # fmt: skip
    async with house.store.transaction() as uow:
        await uow.care.lock({known("anne")}, set())
        await uow.modes.set(new, house.now)


async def told(house: House) -> list[tuple[str, str]]:
    return [(one.kind, one.explanation) for one in await house.alerts()]


async def test_not_up_by_the_time_the_registry_says(house: House) -> None:
    await agrees(house, up_by="09:30")
    await asleep(house)
    await house.passes(10 * HOUR + 29 * MINUTE)
    assert await told(house) == []
    await house.passes(2 * MINUTE)
    assert await told(house) == [
        (
            "lifestyle.not_up",
            "Om 09:30 nog niet op: sinds 07:00 geen beweging buiten de slaapkamer.",
        )
    ]
    (alert,) = await house.alerts()
    assert (alert.priority, alert.state["client_ids"]) == ("P3", [str(known("anne"))])


async def test_no_movement_for_as_long_as_the_registry_says_and_movement_takes_it_back(
    house: House,
) -> None:
    await agrees(house, inactive_hours=4)
    await asleep(house)
    house.now += 9 * HOUR
    await moves(house)
    await house.passes(4 * HOUR + MINUTE)
    ((kind, why),) = await told(house)
    assert kind == "lifestyle.inactivity"
    assert why.startswith("Geen beweging sinds 08:00, 4 uur 0 min.")
    await moves(house)
    await house.passes(MINUTE)
    assert "withdrawn" in await house.journal(await house.only_alert())


async def test_not_home_by_the_time_the_registry_says(house: House) -> None:
    await agrees(house, home_by="18:00")
    await asleep(house)
    house.now += 15 * HOUR
    await says(house, "door-1", active=True)
    await house.passes(4 * HOUR + MINUTE)
    assert [kind for kind, _ in await told(house)] == ["lifestyle.not_home"]


async def test_a_restart_in_the_middle_changes_nothing(house: House) -> None:
    await agrees(house, up_by="09:30")
    await asleep(house)
    await house.passes(10 * HOUR)
    again = House(house.store, house.now)
    await again.passes(29 * MINUTE)
    assert await told(again) == []
    await again.passes(2 * MINUTE)
    assert len(await told(again)) == 1


async def test_a_hub_that_was_stopped_over_the_moment_first_listens_for_an_hour(
    house: House,
) -> None:
    await agrees(house, up_by="09:30")
    await asleep(house)
    await supervised(house).passes(6 * MINUTE)
    again = supervised(House(house.store, house.now + 11 * HOUR - 6 * MINUTE))
    await again.passes(58 * MINUTE)
    assert await told(again) == []
    await again.passes(4 * MINUTE)
    assert len(await told(again)) == 1


async def test_a_limit_that_is_changed_counts_from_then(house: House) -> None:
    await agrees(house, up_by="09:30")
    await asleep(house)
    await house.passes(9 * HOUR)
    await agrees(house, up_by="12:00")
    async with house.store.transaction() as uow:
        await uow.supervision.arrange(house.now)
    await house.passes(3 * HOUR + 55 * MINUTE)
    assert await told(house) == []
    await house.passes(10 * MINUTE)
    assert [kind for kind, _ in await told(house)] == ["lifestyle.not_up"]


async def test_a_visit_ended_at_three_begins_the_wait_for_who_is_out_of_bed(house: House) -> None:
    await asleep(house)
    await house.passes(3 * HOUR)
    await visit(house, HOUR)
    await says(house, "bed-1", active=False)
    await house.passes(60 * MINUTE)
    assert await told(house) == []
    await house.passes(19 * MINUTE)
    assert await told(house) == []
    await house.passes(2 * MINUTE)
    assert [kind for kind, _ in await told(house)] == ["lifestyle.not_back_in_bed"]


async def test_a_visit_ended_by_hand_begins_it_at_once(house: House) -> None:
    await asleep(house)
    await house.passes(3 * HOUR)
    await visit(house, 10 * HOUR, Mode.RELATIVE_PRESENT)
    await says(house, "bed-1", active=False)
    await house.passes(30 * MINUTE)
    async with house.store.transaction() as uow:
        await uow.modes.end_of(known("anne"), Mode.RELATIVE_PRESENT, None, house.now)
    await house.passes(19 * MINUTE)
    assert await told(house) == []
    await house.passes(2 * MINUTE)
    assert len(await told(house)) == 1


async def test_a_carer_who_leaves_by_the_door_is_nobody_who_left_home(house: House) -> None:
    await asleep(house)
    await house.passes(3 * HOUR)
    await visit(house, HOUR)
    await says(house, "door-1", active=True)
    await house.passes(3 * HOUR)
    assert await told(house) == []


async def test_after_the_end_of_care_nothing_is_concluded(house: House) -> None:
    await agrees(house, up_by="09:30")
    await asleep(house)
    ended = sa.update(t.clients).where(t.clients.c.external_id == "anne")
    await house.changes(ended.values(care_ended_at=house.now))
    await house.passes(24 * HOUR)
    assert await told(house) == []


async def couple(house: House, *own: str) -> None:
    """Bert and Carla share a bedroom; these sensors are Bert's, the rest are of their home."""
    for name in ("bed-1", "motion-1", "door-1"):
        whose = {"client_id": known("bert")} if name in own else {"home_id": known("home-2")}
        change = sa.update(t.devices).where(t.devices.c.external_id == name)
        await house.changes(change.values({"client_id": None, "home_id": None} | whose))


async def test_of_a_couple_a_bed_of_the_home_tells_nothing_of_one_person(house: House) -> None:
    await couple(house)
    await asleep(house)
    await house.passes(3 * HOUR)
    await says(house, "bed-1", active=False)
    await house.passes(2 * HOUR)
    assert await told(house) == []


async def test_the_partners_movement_does_not_hide_who_is_out_of_their_own_bed(
    house: House,
) -> None:
    await couple(house, "bed-1")
    await asleep(house)
    await house.passes(3 * HOUR)
    await says(house, "bed-1", active=False)
    for _ in range(4):
        await house.passes(5 * MINUTE)
        await moves(house)
    await house.passes(MINUTE)
    (alert,) = await house.alerts()
    assert alert.state["client_ids"] == [str(known("bert"))]


async def test_of_a_couple_the_technical_desk_hears_what_is_not_watched(house: House) -> None:
    await couple(house, "bed-1")
    await agrees(house, "bert", inactive_hours=4)
    await agrees(house, "carla")
    await asleep(house)
    await house.passes(14 * HOUR)
    ((kind, why),) = await told(house)
    assert kind == "technical.not_watched"
    assert why == (
        "Niet bewaakt. Al lang geen beweging: er wonen er meer, en dit apparaat is van de woning,"
        " niet van één persoon."
    )


async def test_a_lost_sensor_is_told_with_what_is_not_watched_and_taken_back(house: House) -> None:
    supervised(house)
    await agrees(house, inactive_hours=2)
    change = sa.update(t.devices).where(t.devices.c.external_id == "motion-1")
    await house.changes(change.values(expected_interval=30 * MINUTE))
    await asleep(house)
    house.now += 9 * HOUR
    await house.passes(MINUTE)
    await moves(house)
    await house.passes(3 * HOUR)
    kinds = dict(await told(house))
    assert "technical.offline" in kinds
    assert "lifestyle.inactivity" in kinds or kinds["technical.not_watched"] == (
        "Niet bewaakt. Al lang geen beweging: bewegingsmelder meldt zich niet."
    )
    assert "technical.not_watched" in kinds
    await moves(house)
    await house.passes(10 * MINUTE)
    still = [one.kind for one in await house.alerts() if one.resolved_at is None]
    assert "technical.not_watched" not in still


async def test_a_sensor_that_was_never_heard_is_told_of_in_the_morning(house: House) -> None:
    async with house.store.transaction() as uow:
        await uow.supervision.arrange(house.now)
    await house.passes(10 * HOUR)
    assert await told(house) == []
    await house.passes(4 * HOUR)
    ((kind, why),) = await told(house)
    assert kind == "technical.not_watched"
    assert "Niet terug in bed: bedsensor meldt zich niet" in why


async def test_a_hub_that_was_down_for_eight_hours_misses_nobody(house: House) -> None:
    await agrees(house, inactive_hours=4, up_by="09:30")
    await asleep(house)
    await supervised(house).passes(6 * MINUTE)
    again = supervised(House(house.store, house.now + 11 * HOUR - 6 * MINUTE))
    await again.quiet()
    await moves(again)
    await again.passes(3 * HOUR)
    assert await told(again) == []
