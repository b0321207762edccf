"""The road in: what becomes of every kind of message."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from hub.store import tables as t
from tests.hub.house import MINUTE, PRINCIPAL, House, known

Z2M = "in/zorg/gw1/zigbee2mqtt/zigbee2mqtt"


async def outcomes(house: House) -> list[tuple[str, str]]:
    rows = await house.rows(sa.select(t.messages.c.outcome, t.messages.c.reason))
    return [(row.outcome, row.reason.partition(":")[0]) for row in rows]


async def test_the_same_press_delivered_five_times_is_one_alert_and_rings_once(
    house: House,
) -> None:
    for _ in range(5):
        await house.press(boot="7f", seq=12)
    (alert,) = await house.alerts()
    assert alert.state["repeats"] == 0
    assert len(await outcomes(house)) == 5


async def test_a_second_press_without_proof_of_copy_joins_and_warns_again(house: House) -> None:
    await house.press()
    house.now += MINUTE
    await house.press()
    (alert,) = await house.alerts()
    assert alert.state["repeats"] == 1


async def test_a_press_after_the_alert_was_resolved_opens_a_new_one(house: House) -> None:
    await house.press()
    await house.resolves(await house.only_alert())
    house.now += MINUTE
    await house.press()
    assert [alert.status for alert in await house.alerts()] == ["resolved", "calling"]


async def test_an_alarm_from_an_unregistered_device_is_shown_at_once_with_its_gateway(
    house: House,
) -> None:
    await house.press("pendant-99")
    (alert,) = await house.alerts()
    assert (alert.priority, alert.gateway_id) == ("P1", known("gateway"))
    assert alert.state["marks"] == ["unknown_device"]
    assert alert.state["plan"]["steps"][0]["level"] == "care_centre"
    assert await outcomes(house) == [("decoded", "unknown_device")]


async def test_an_unreadable_message_of_a_pendant_may_be_a_call_for_help(house: House) -> None:
    await house.receives("in/zorg/gw1/native/pendant-1", b'{"kind": ')
    (alert,) = await house.alerts()
    assert (alert.kind, alert.priority) == ("technical.undecodable", "P2")
    assert alert.state["plan"]["steps"][0]["level"] == "care_centre"
    ((outcome, _),) = await outcomes(house)
    assert outcome == "rejected"


async def test_an_unreadable_message_of_a_sensor_waits_for_the_technical_desk(
    house: House,
) -> None:
    await house.receives(f"{Z2M}/bed-1", b"\xff\xfe")
    (alert,) = await house.alerts()
    assert (alert.lane, alert.priority) == ("queue", "T")
    await house.passes(timedelta(hours=8))
    assert house.called() == []


async def test_a_topic_outside_the_gateways_own_is_stored_as_refused(house: House) -> None:
    await house.receives("in/zorg/gw2/native/pendant-1", {"kind": "alarm.button"})
    assert await outcomes(house) == [("refused", "topic is outside in/zorg/gw1/#")]


async def test_what_a_listener_publishes_is_refused_with_the_remedy(house: House) -> None:
    listener = replace(PRINCIPAL, gateway="record", adapters=frozenset(), listens=True)
    await house.receives("in/zorg/record/native/p1", {"kind": "alarm.button"}, principal=listener)
    ((outcome, reason),) = await outcomes(house)
    assert outcome == "refused"
    assert "use a gateway" in reason


async def test_a_gateway_that_is_refused_is_work_for_the_technical_desk_once_an_hour(
    house: House,
) -> None:
    for _ in range(3):
        await house.receives("in/zorg/gw1/natvie/pendant-1", {"kind": "alarm.button"})
    (alert,) = await house.alerts()
    assert (alert.kind, alert.lane, alert.gateway_id) == (
        "technical.undecodable",
        "queue",
        known("gateway"),
    )
    assert alert.state["repeats"] == 0


async def test_an_adapter_the_gateway_does_not_have_is_refused(house: House) -> None:
    only_native = replace(PRINCIPAL, adapters=frozenset({"native"}))
    await house.receives(f"{Z2M}/sos", {"action": "emergency"}, principal=only_native)
    ((outcome, reason),) = await outcomes(house)
    assert outcome == "refused"
    assert "zigbee2mqtt" in reason


async def test_nul_and_broken_text_in_a_topic_do_no_harm(house: House) -> None:
    await house.receives("in/zorg/gw1/native/pendant\0-1", {"kind": "alarm.button"})
    (row,) = await house.rows(sa.select(t.messages.c.topic))
    assert "\0" not in row.topic
    assert len(await house.alerts()) == 1


async def test_smoke_in_a_shared_home_is_one_alert_naming_both(house: House) -> None:
    smoke = {"smoke": False, "battery": 90}
    await house.receives(f"{Z2M}/smoke-1", smoke)
    assert await house.alerts() == []
    await house.receives(f"{Z2M}/smoke-1", smoke | {"smoke": True})
    (alert,) = await house.alerts()
    assert set(alert.client_ids) == {known("bert"), known("carla")}
    assert alert.state["plan"]["steps"][0]["level"] == "care_centre"
    await house.receives(f"{Z2M}/smoke-1", smoke)
    (alert,) = await house.alerts()
    assert alert.resolved_at is None
    assert "withdrawn" in alert.state["marks"]


async def test_when_both_of_a_couple_press_the_second_goes_first_to_who_has_the_first(
    house: House,
) -> None:
    await house.press("pendant-2")
    first = await house.only_alert()
    await house.passes(MINUTE)
    await house.accepts(first, "nurse", eta=10 * MINUTE)
    await house.quiet()
    house.called()
    await house.press("pendant-3")
    await house.quiet()
    assert len(await house.alerts()) == 2
    assert house.called() == []  # the nurse has no way of her own here; nobody new is called


async def test_a_low_battery_is_the_technical_desks_and_closes_itself(house: House) -> None:
    for percent in (90, 4, 90):
        await house.receives(f"{Z2M}/bed-1", {"contact": True, "battery": percent})
    alerts = await house.alerts()
    assert {alert.lane for alert in alerts} == {"queue"}
    assert {alert.status for alert in alerts} == {"resolved"}


async def test_mains_lost_for_a_moment_is_nothing_and_for_longer_is_work(house: House) -> None:
    topic = "in/zorg/gw1/native/mains-1"
    lost, back = ({"channel": "mains_lost", "active": active} for active in (True, False))
    await house.receives(topic, lost)
    await house.passes(10 * MINUTE)
    await house.receives(topic, back)
    await house.passes(60 * MINUTE)
    assert await house.alerts() == []
    await house.receives(topic, lost)
    await house.passes(16 * MINUTE)
    assert [alert.kind for alert in await house.alerts()] == ["technical.mains_lost"]


@pytest.mark.parametrize(
    "back",
    [
        {"kind": "technical.mains_restored"},
        {"kind": "technical.mains_restored", "withdraws": True},
        {"kind": "technical.mains_lost", "withdraws": True},
    ],
    ids=["restored", "restored, as a withdrawal", "no longer lost"],
)
async def test_mains_told_of_as_something_that_happened_wait_and_close_like_a_state(
    house: House, back: dict[str, object]
) -> None:
    topic, lost = "in/zorg/gw1/native/mains-1", {"kind": "technical.mains_lost"}
    await house.receives(topic, lost)
    await house.passes(10 * MINUTE)
    await house.receives(topic, back)
    await house.passes(60 * MINUTE)
    assert await house.alerts() == []
    await house.receives(topic, lost)
    await house.passes(10 * MINUTE)
    await house.receives(topic, lost)  # the quarter of an hour is not begun anew
    await house.passes(6 * MINUTE)
    (alert,) = await house.alerts()
    assert (alert.kind, alert.status) == ("technical.mains_lost", "calling")
    await house.receives(topic, back)
    (alert,) = await house.alerts()
    assert (alert.status, alert.outcome) == ("resolved", "technical")


async def test_mains_that_are_back_at_one_device_say_nothing_of_another(house: House) -> None:
    for device in ("mains-1", "pendant-1"):
        await house.receives(f"in/zorg/gw1/native/{device}", {"kind": "technical.mains_lost"})
    await house.passes(16 * MINUTE)
    await house.receives("in/zorg/gw1/native/mains-1", {"kind": "technical.mains_restored"})
    still = [one.device_id for one in await house.alerts() if one.resolved_at is None]
    assert still == [known("pendant-1")]


async def test_a_late_alarm_is_never_dropped_and_opens_at_the_centre(house: House) -> None:
    at = (house.now - timedelta(minutes=40)).isoformat()
    await house.press(at=at)
    (alert,) = await house.alerts()
    assert alert.state["late"]
    assert [step["level"] for step in alert.state["plan"]["steps"]] == ["care_centre"]


async def test_a_press_that_nobody_said_yes_to_is_shown_as_not_assured(house: House) -> None:
    await house.press("pendant-1")
    (assured,) = await house.alerts()
    await house.receives("in/zorg/gw1/native/stranger", {"kind": "alarm.button"}, qos=0)
    (other,) = [alert for alert in await house.alerts() if alert.id != assured.id]
    assert "not_assured" not in assured.state["marks"]
    assert "not_assured" in other.state["marks"]


async def test_a_clock_that_runs_ahead_is_not_believed(house: House) -> None:
    await house.press(at=(house.now + timedelta(days=1)).isoformat())
    pressed = sa.select(t.events).where(t.events.c.kind == "alarm.button")
    (event,) = await house.rows(pressed)
    assert (event.occurred_at, event.time_source) == (house.now, "received")


async def test_after_the_end_of_care_a_press_goes_to_the_centre_only(house: House) -> None:
    ended = sa.update(t.clients).values(care_ended_at=house.now)
    async with house.store.transaction() as uow:
        await uow.db.execute(ended.where(t.clients.c.id == known("anne")))
    await house.press()
    await house.passes(5 * MINUTE)
    assert set(house.called()) <= {"backup"}
    (alert,) = await house.alerts()
    assert "care_ended" in alert.state["marks"]


async def test_a_missed_dose_that_is_taken_after_all_closes_by_itself(house: House) -> None:
    house.now -= timedelta(hours=10)
    topic = "in/zorg/gw1/native/pendant-1"
    due = {"dose": "ochtend", "due": (house.now - timedelta(hours=1)).isoformat()}
    await house.receives(topic, {"kind": "medication.missed_dose", **due})
    assert [alert.priority for alert in await house.alerts()] == ["P3"]
    await house.receives(topic, {"kind": "medication.taken", **due})
    assert [alert.outcome for alert in await house.alerts()] == ["taken_late"]


async def test_an_agreement_that_cannot_be_read_leaves_the_default_plan(house: House) -> None:
    broken = {
        "id": known("broken"), "organisation_id": known("zorg"), "external_id": "broken",
        "name": "broken", "client_id": known("anne"), "body": {"steps": "none"},
        "valid": Range(house.now - timedelta(days=1)),
    }  # fmt: skip
    async with house.store.transaction() as uow:
        await uow.db.execute(sa.insert(t.agreements), [broken])
    await house.press()
    await house.passes(MINUTE)
    assert house.called() == ["night"]


async def test_a_contact_whose_ways_make_no_sense_is_skipped_and_the_alarm_goes_on(
    house: House,
) -> None:
    async with house.store.transaction() as uow:
        nonsense = sa.update(t.contacts).where(t.contacts.c.id == known("night"))
        await uow.db.execute(nonsense.values(ways=["telephone", {"way": 7}]))
    await house.press()
    await house.passes(5 * MINUTE)
    (alert,) = await house.alerts()
    assert alert.priority == "P1"
    assert "skip" in await house.journal(alert.id)


async def press_with_a_wrong_clock(house: House, pendant: str) -> None:
    house.reader.forget()
    house.now += timedelta(days=1, minutes=1)
    await house.press(pendant, at=(house.now + timedelta(days=2)).isoformat())


async def test_a_press_rings_as_what_it_is_whomever_its_device_was_bound_to_when_its_clock_went(
    house: House,
) -> None:
    whose = sa.update(t.devices).where(t.devices.c.id == known("pendant-1"))
    for client in (None, "anne", "bert"):
        await house.changes(whose.values(client_id=client and known(client)))
        await press_with_a_wrong_clock(house, "pendant-1")
    kinds = sorted(alert.kind for alert in await house.alerts())
    assert kinds == ["alarm.button"] * 3 + ["technical.clock_wrong"]
    assert {outcome for outcome, _ in await outcomes(house)} == {"decoded"}


async def test_a_strangers_press_rings_as_what_it_is_while_its_gateway_has_technical_work(
    house: House,
) -> None:
    await press_with_a_wrong_clock(house, "pendant-98")
    await press_with_a_wrong_clock(house, "pendant-99")
    kinds = sorted(alert.kind for alert in await house.alerts())
    assert kinds == ["alarm.button"] * 2 + ["technical.clock_wrong"]


async def test_what_strangers_say_that_nobody_can_read_is_one_work_of_their_gateway(
    house: House,
) -> None:
    for pendant in ("pendant-98", "pendant-99", "pendant-98"):
        await house.receives(f"in/zorg/gw1/native/{pendant}", b'{"kind": ')
    (alert,) = await house.alerts()
    assert (alert.priority, alert.subject_id) == ("T", known("gateway"))
    assert {outcome for outcome, _ in await outcomes(house)} == {"rejected"}
