"""Doses that are due: not taken, or a dispenser that says nothing at all."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from hub.decoders.finding import load_adapters
from hub.decoders.reading import Reader
from hub.sources.arrival import Principal
from hub.store import tables as t
from hub.waiting.supervision import Supervise
from hub.workers import Worker
from tests.hub.house import MINUTE, PRINCIPAL, House, known

HOUR = 60 * MINUTE
TOPIC = "in/zorg/gw1/dispenser/dispenser-1"
MORNING = datetime.fromisoformat("2026-01-13T06:00:00+00:00")  # 07:00 in Amsterdam
EIGHT = "2026-01-13T08:00:00+01:00"
AS_DISPENSER = Principal(
    PRINCIPAL.gateway_id, PRINCIPAL.organisation_id, "zorg", "gw1", frozenset({"dispenser"})
)


@pytest.fixture
async def kitchen(house: House) -> House:
    """Anne's dispenser stands in her kitchen; it is seven in the morning."""
    house.now = MORNING
    house.reader = Reader(house.store, load_adapters(("dispenser",)), uuid4)
    house.workers.append(Worker("supervise", Supervise(house.store).step, ()))
    row = {
        "id": known("dispenser-1"), "organisation_id": known("zorg"), "external_id": "dispenser-1",
        "gateway_id": known("gateway"), "adapter": "dispenser", "key": "dispenser-1",
        "client_id": known("anne"), "role": "dispenser", "room": "keuken",
    }  # fmt: skip
    await house.changes(sa.insert(t.devices).values(**row))
    await house.changes(sa.update(t.clients).values(options={}))  # her rhythm is another matter
    return house


async def says(house: House, event: str, **more: Any) -> None:
    body = {"event": event, "at": house.now.isoformat(), "id": str(uuid4()), **more}
    await house.receives(TOPIC, body, principal=AS_DISPENSER)


async def later(house: House, length: timedelta) -> None:
    """Time passes, and what is due is looked at when it is over; nobody notes who listens."""
    house.now += length
    await house.quiet()


async def plans(house: House, **options: Any) -> None:
    """The registry says when the dispenser gives."""
    change = sa.update(t.devices).where(t.devices.c.id == known("dispenser-1"))
    await house.changes(change.values(options=options))


async def kinds(house: House) -> list[tuple[str, str]]:
    return [(one.kind, one.priority) for one in await house.alerts() if one.resolved_at is None]


async def explanation(house: House, kind: str) -> str:
    (said,) = [one.explanation for one in await house.alerts() if one.kind == kind]
    return str(said)


async def test_a_dose_that_is_offered_and_not_taken_is_missed_after_75_minutes(
    kitchen: House,
) -> None:
    await later(kitchen, HOUR)
    await says(kitchen, "dose_due", dose={"id": "d1", "due_at": EIGHT})
    await later(kitchen, 74 * MINUTE)
    assert await kinds(kitchen) == []
    await later(kitchen, MINUTE)
    assert await kinds(kitchen) == [("medication.missed_dose", "P3")]
    said = await explanation(kitchen, "medication.missed_dose")
    assert said == "Dosis van 08:00 niet ingenomen; 75 min gewacht."


async def test_after_45_minutes_a_reminder_is_kept_and_nobody_is_called(kitchen: House) -> None:
    await later(kitchen, HOUR)
    await says(kitchen, "dose_due", dose={"id": "d1", "due_at": EIGHT})
    await later(kitchen, 45 * MINUTE)
    (event,) = await kitchen.rows(sa.select(t.events).where(t.events.c.phase == "update"))
    assert (event.kind, event.alert_id) == ("medication.dispensed", None)
    assert event.value["explanation"] == "Dosis van 08:00 na 45 min nog niet ingenomen."
    assert kitchen.called() == []


async def test_medicine_that_cannot_wait_is_missed_after_45_minutes_at_high_priority(
    kitchen: House,
) -> None:
    await later(kitchen, HOUR)
    dose = {"id": "d1", "due_at": EIGHT, "time_critical": True, "missed_after_minutes": 45}
    await says(kitchen, "dose_due", dose=dose)
    await later(kitchen, 46 * MINUTE)
    assert await kinds(kitchen) == [("medication.missed_dose", "P2")]


@pytest.mark.parametrize("settled", ["dose_taken", "dose_dispensed", "dose_refused"])
async def test_a_dose_that_is_settled_is_nothing(kitchen: House, settled: str) -> None:
    await later(kitchen, HOUR)
    await says(kitchen, "dose_due", dose={"id": "d1", "due_at": EIGHT})
    await later(kitchen, 20 * MINUTE)
    await says(kitchen, settled, dose={"id": "d1"})
    await says(kitchen, "dose_due", dose={"id": "d1", "due_at": EIGHT})  # once more, late
    await later(kitchen, 3 * HOUR)
    assert await kinds(kitchen) == []


async def test_taken_after_all_closes_what_was_missed(kitchen: House) -> None:
    await later(kitchen, HOUR)
    await says(kitchen, "dose_due", dose={"id": "d1", "due_at": EIGHT})
    await later(kitchen, 80 * MINUTE)
    await says(kitchen, "dose_taken", dose={"id": "d1"})
    assert await kinds(kitchen) == []


async def test_a_dispenser_that_is_silent_while_a_dose_is_due_is_told_of_by_silence(
    kitchen: House,
) -> None:
    await says(kitchen, "schedule", doses=[{"id": "d1", "due_at": EIGHT}])
    await later(kitchen, HOUR + 9 * MINUTE)
    assert await kinds(kitchen) == []
    await later(kitchen, 2 * MINUTE)
    assert await kinds(kitchen) == [("medication.dispenser_offline", "P3")]
    assert await explanation(kitchen, "medication.dispenser_offline") == (
        "Dispenser niet gehoord sinds 07:00; niet bekend of de dosis van 08:00 is ingenomen."
    )
    await later(kitchen, 75 * MINUTE)
    assert ("medication.missed_dose", "P3") in await kinds(kitchen)
    assert "zwijgt" in await explanation(kitchen, "medication.missed_dose")


async def test_heard_again_is_told_to_whoever_looks_and_a_person_closes_it(
    kitchen: House,
) -> None:
    await says(kitchen, "schedule", doses=[{"id": "d1", "due_at": EIGHT}])
    await later(kitchen, HOUR + 15 * MINUTE)
    await says(kitchen, "dose_taken", dose={"id": "d1"})
    await later(kitchen, 2 * MINUTE)
    (alert,) = await kitchen.alerts()
    assert (alert.resolved_at, alert.kind) == (None, "medication.dispenser_offline")
    assert "withdrawn" in alert.state["marks"]
    await later(kitchen, 3 * HOUR)
    assert await kinds(kitchen) == [("medication.dispenser_offline", "P3")]


async def test_a_dispenser_that_was_never_heard_is_expected_by_the_registry(
    kitchen: House,
) -> None:
    await plans(kitchen, doses="08:00, 21:30", missed_after_minutes=45, time_critical=True)
    await kitchen.quiet()
    await later(kitchen, HOUR + 11 * MINUTE)
    assert await kinds(kitchen) == [("medication.dispenser_offline", "P3")]
    assert (await explanation(kitchen, "medication.dispenser_offline")).startswith(
        "Dispenser nog nooit gehoord"
    )
    await later(kitchen, 40 * MINUTE)
    assert ("medication.missed_dose", "P2") in await kinds(kitchen)


async def test_the_registrys_doses_come_back_every_day(kitchen: House) -> None:
    await plans(kitchen, doses="08:00")
    await kitchen.quiet()
    for _ in range(3):
        await later(kitchen, HOUR)
        await says(kitchen, "dose_taken")
        await later(kitchen, 11 * HOUR)
        await later(kitchen, 12 * HOUR)
    assert await kinds(kitchen) == []
    await later(kitchen, 3 * HOUR)
    assert [kind for kind, _ in await kinds(kitchen)] == [
        "medication.dispenser_offline", "medication.missed_dose",
    ]  # fmt: skip


async def test_a_dose_taken_out_of_the_plan_is_not_waited_for(kitchen: House) -> None:
    await plans(kitchen, doses="08:00 09:00")
    await kitchen.quiet()
    await plans(kitchen, doses="21:00")
    await later(kitchen, 2 * MINUTE)
    await later(kitchen, 6 * HOUR)
    assert await kinds(kitchen) == []
    await plans(kitchen)
    await later(kitchen, 2 * MINUTE)
    await later(kitchen, 24 * HOUR)
    assert await kinds(kitchen) == []


async def test_a_jam_is_work_for_the_desk_unless_a_dose_is_due(kitchen: House) -> None:
    await says(kitchen, "status", jam=True)
    assert await kinds(kitchen) == [("medication.jam", "T")]
    await says(kitchen, "status", jam=False)
    assert await kinds(kitchen) == []
    await later(kitchen, HOUR)
    await says(kitchen, "dose_due", dose={"id": "d1", "due_at": EIGHT})
    await says(kitchen, "status", jam=True)
    assert await kinds(kitchen) == [("medication.jam", "P3")]


async def test_after_the_hub_was_down_what_was_kept_comes_first(kitchen: House) -> None:
    await plans(kitchen, doses="08:00")
    await kitchen.passes(30 * MINUTE)
    kitchen.now += 2 * HOUR  # nobody listens
    kitchen.workers[-1] = Worker("supervise", Supervise(kitchen.store).step, ())
    await kitchen.passes(3 * MINUTE)
    assert await kinds(kitchen) == []
    await says(kitchen, "dose_taken", dose={"id": "d1", "due_at": EIGHT})
    await kitchen.passes(20 * MINUTE)
    assert await kinds(kitchen) == []


async def test_a_dispenser_without_a_client_is_told_of_too(kitchen: House) -> None:
    change = sa.update(t.devices).where(t.devices.c.id == known("dispenser-1"))
    await kitchen.changes(change.values(client_id=None, options={"doses": "08:00"}))
    await kitchen.quiet()
    await later(kitchen, HOUR + timedelta(minutes=11))
    assert await kinds(kitchen) == [("medication.dispenser_offline", "P3")]


async def test_a_dispenser_that_is_no_longer_in_use_waits_for_nothing(kitchen: House) -> None:
    await plans(kitchen, doses="08:00")
    await kitchen.quiet()
    change = sa.update(t.devices).where(t.devices.c.id == known("dispenser-1"))
    await kitchen.changes(change.values(ended_at=kitchen.now))
    await later(kitchen, 3 * HOUR)
    await later(kitchen, 24 * HOUR)
    assert await kinds(kitchen) == []


async def test_one_dose_that_is_taken_does_not_close_another_that_is_missed(
    kitchen: House,
) -> None:
    await later(kitchen, HOUR)
    await says(kitchen, "dose_due", dose={"id": "d1", "due_at": EIGHT})
    await later(kitchen, 76 * MINUTE)
    await says(kitchen, "dose_due", dose={"id": "d2", "due_at": kitchen.now.isoformat()})
    await says(kitchen, "dose_taken", dose={"id": "d2"})
    assert await kinds(kitchen) == [("medication.missed_dose", "P3")]
    await says(kitchen, "dose_taken", dose={"id": "d1"})
    assert await kinds(kitchen) == []


async def test_missed_that_comes_after_taken_rings_nobody(kitchen: House) -> None:
    await later(kitchen, HOUR)
    await says(kitchen, "dose_due", dose={"id": "d1", "due_at": EIGHT})
    await says(kitchen, "dose_taken", dose={"id": "d1"})
    await says(kitchen, "dose_missed", dose={"id": "d1"})
    assert await kinds(kitchen) == []
    await says(kitchen, "dose_missed", dose={"id": "d2"})
    assert await kinds(kitchen) == [("medication.missed_dose", "P3")]


async def test_nobody_is_called_about_a_dose_of_somebody_in_hospital(kitchen: House) -> None:
    mode = {
        "id": known("hospital"), "organisation_id": known("zorg"), "client_id": known("anne"),
        "mode": "hospital", "begins_at": kitchen.now, "set_at": kitchen.now,
        "ends_at": kitchen.now + 12 * HOUR,
    }  # fmt: skip
    await kitchen.changes(sa.insert(t.modes).values(**mode))
    await plans(kitchen, doses="08:00")
    await kitchen.quiet()
    await later(kitchen, 3 * HOUR)
    assert await kinds(kitchen) == []
    await later(kitchen, 10 * HOUR)
    assert await kinds(kitchen) == []
