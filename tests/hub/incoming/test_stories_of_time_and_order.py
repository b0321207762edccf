"""Devices whose clocks, counters and gateways do as they like: nobody goes unheard."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.sources.arrival import Principal
from hub.store import tables as t
from tests.hub.house import MINUTE, House, known, open_house

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
Z2M = "in/zorg/gw1/zigbee2mqtt/zigbee2mqtt"
BED = "in/zorg/gw1/native/bed-9"


def at(moment: datetime) -> str:
    return moment.isoformat()


async def events(house: House) -> Sequence[Any]:
    return await house.rows(sa.select(t.events).order_by(t.events.c.received_at, t.events.c.kind))


async def kinds(house: House) -> list[str]:
    return [alert.kind for alert in await house.alerts()]


async def marks(house: House) -> list[list[str]]:
    return [alert.state["marks"] for alert in await house.alerts()]


async def bed_device(house: House) -> None:
    row = {
        "id": known("bed-9"), "organisation_id": known("zorg"), "external_id": "bed-9",
        "gateway_id": known("gateway"), "adapter": "native", "key": "bed-9", "role": "bed",
        "client_id": known("anne"), "room": "slaapkamer",
    }  # fmt: skip
    await house.changes(sa.insert(t.devices).values(**row))


async def in_bed(house: House) -> bool | None:
    rows = await house.rows(
        sa.select(t.device_states.c.active).where(
            t.device_states.c.device_id == known("bed-9"), t.device_states.c.channel == "bed"
        )
    )
    return rows[0].active if rows else None


# --- counters -------------------------------------------------------------------------------


@pytest.mark.parametrize("boots", [("7f", "80"), (None, None), ("7f", "7f")])
async def test_a_counter_that_starts_again_after_a_new_battery_swallows_no_press(
    house: House, boots: tuple[str | None, str | None]
) -> None:
    before, after = (dict[str, Any]({} if boot is None else {"boot": boot}) for boot in boots)
    await house.press(seq=1, **before)
    await house.resolves(await house.only_alert())
    house.now += HOUR
    await house.press(seq=1, **after)
    assert [alert.status for alert in await house.alerts()] == ["resolved", "calling"]


async def test_a_press_its_cancel_and_a_press_again_within_three_seconds_is_a_call_for_help(
    house: House,
) -> None:
    second = timedelta(seconds=1)
    await house.press(boot="7f", seq=1)
    house.now += second
    await house.press(boot="7f", seq=2, withdraws=True)
    house.now += second
    await house.press(boot="7f", seq=3)
    (alert,) = await house.alerts()
    assert (alert.resolved_at, alert.state["repeats"]) == (None, 1)
    assert (await house.journal(alert.id)).count("withdrawn") == 1
    await house.passes(10 * MINUTE)
    assert "backup" in house.called()


async def test_a_cancel_that_comes_in_after_a_newer_press_takes_nothing_back(house: House) -> None:
    await house.press(boot="7f", seq=1)
    await house.press(boot="7f", seq=3)
    await house.press(boot="7f", seq=2, withdraws=True)
    (alert,) = await house.alerts()
    assert "withdrawn" not in alert.state["marks"]
    assert [one.phase for one in await events(house)].count("end") == 1


async def test_a_contact_that_opens_closes_and_opens_is_as_it_was_left_in_any_order(
    house: House,
) -> None:
    told = [("bed", True, 1), ("bed", False, 2), ("bed", True, 3)]
    await bed_device(house)
    for channel, active, seq in (told[0], told[2], told[1], told[0]):
        body = {"channel": channel, "active": active, "boot": "a", "seq": seq}
        await house.receives(BED, body)
    assert await in_bed(house) is True


async def test_smoke_that_was_over_before_it_came_in_rings_once_and_stays_over(
    house: House,
) -> None:
    def smoke(active: bool, seq: int) -> dict[str, Any]:
        return {"channel": "smoke", "active": active, "boot": "a", "seq": seq}

    topic = "in/zorg/gw1/native/mains-1"
    await house.receives(topic, smoke(active=False, seq=1))
    await house.receives(topic, smoke(active=False, seq=3))
    await house.receives(topic, smoke(active=True, seq=2))
    assert await kinds(house) == ["alarm.smoke"]
    (state,) = await house.rows(sa.select(t.device_states))
    assert state.active is False
    await house.receives(topic, smoke(active=True, seq=4))
    (alert,) = await house.alerts()
    assert alert.state["repeats"] == 1


# --- clocks ---------------------------------------------------------------------------------


async def test_a_clock_that_stands_still_is_not_believed_and_told_of_once_a_day(
    house: House,
) -> None:
    stopped = at(house.now)
    await house.press(at=stopped, seq=1)
    for hour in range(1, 4):
        house.now += HOUR
        await house.press(at=stopped, seq=1 + hour)
    told = [one for one in await events(house) if one.kind == "alarm.button"]
    assert [one.time_source for one in told] == ["device", "received", "received", "received"]
    assert [one.late for one in told] == [False] * 4
    assert [one.value.get("clock_said") for one in told[1:]] == [stopped] * 3
    assert sorted(await kinds(house)) == ["alarm.button", "technical.clock_wrong"]
    (wrong,) = [one for one in await house.alerts() if one.kind == "technical.clock_wrong"]
    assert (wrong.lane, wrong.device_id) == ("queue", known("pendant-1"))


@pytest.mark.parametrize("off", [timedelta(minutes=3), DAY, -30 * DAY, -9000 * DAY])
async def test_a_clock_from_the_future_or_from_long_ago_counts_for_nothing(
    house: House, off: timedelta
) -> None:
    await house.press(at=at(house.now + off))
    press, _ = sorted(await events(house), key=lambda one: one.kind)
    assert (press.occurred_at, press.time_source, press.late) == (house.now, "received", False)
    assert sorted(await kinds(house)) == ["alarm.button", "technical.clock_wrong"]
    assert ["clock_wrong"] in await marks(house)


async def test_a_clock_two_minutes_ahead_is_still_believed(house: House) -> None:
    await house.press(at=at(house.now + 2 * MINUTE))
    assert await kinds(house) == ["alarm.button"]


async def test_a_clock_in_a_wrong_zone_is_found_out_by_its_second_press(house: House) -> None:
    for _ in range(2):
        await house.press(at=at(house.now - HOUR))
        house.now += 20 * MINUTE
    first, second, *_ = [one for one in await events(house) if one.kind == "alarm.button"]
    assert (first.late, second.late, second.time_source) == (True, False, "received")


async def test_what_a_gateway_kept_comes_in_with_its_own_moments_marked_late(
    house: House,
) -> None:
    for hours in (3, 2, 1):
        await house.press(at=at(house.now - hours * HOUR), boot="7f", seq=10 - hours)
        house.now += timedelta(seconds=1)
    told = await events(house)
    assert [one.time_source for one in told] == ["device"] * 3
    assert [one.late for one in told] == [True] * 3
    assert await kinds(house) == ["alarm.button"]


async def test_a_moment_without_a_zone_is_in_the_zone_of_its_device(house: House) -> None:
    there = sa.update(t.devices).where(t.devices.c.id == known("pendant-1"))
    await house.changes(there.values(time_zone="America/Paramaribo"))
    local = (house.now - 3 * HOUR).replace(tzinfo=None)  # what a clock in Paramaribo shows
    await house.press(at=local.isoformat())
    (event,) = await events(house)
    assert (event.occurred_at, event.time_source) == (house.now, "device")


@pytest.mark.parametrize("hour_by_utc", [0, 1], ids=["the first time", "the second time"])
async def test_a_press_in_the_hour_that_comes_twice_rings_by_whichever_clock(
    house: House, hour_by_utc: int
) -> None:
    house.now = datetime(2026, 10, 25, hour_by_utc, 30, tzinfo=UTC)  # half past two, both times
    await house.press(at="2026-10-25T02:30:00")
    await house.resolves(await house.only_alert())
    house.now += HOUR
    await house.press(at="2026-10-25T02:30:00", seq=2)
    pressed = [one for one in await house.alerts() if one.kind == "alarm.button"]
    assert [one.status for one in pressed] == ["resolved", "calling"]


async def test_a_technical_alert_once_a_day_stays_so_over_restarts_and_two_hubs(
    house: House, database_url: str
) -> None:
    ahead: dict[str, Any] = {"at": at(house.now + 2 * DAY)}
    await house.press(**ahead)
    for alert in await house.alerts():
        await house.resolves(alert.id)
    other = House(open_house(database_url), house.now + 23 * HOUR)
    await other.press(**ahead)
    await other.store.close()
    assert (await kinds(house)).count("technical.clock_wrong") == 1
    house.now += 25 * HOUR
    await house.press(**ahead)
    assert (await kinds(house)).count("technical.clock_wrong") == 2


async def test_a_battery_that_comes_and_goes_is_told_once_a_day_and_not_forgotten(
    house: House,
) -> None:
    for percent in (90, 4, 90, 4, 90, 4):
        await house.receives(f"{Z2M}/bed-1", {"contact": True, "battery": percent})
        house.now += MINUTE
    assert [one.status for one in await house.alerts()] == ["resolved"]
    await house.passes(DAY)
    assert len(await house.alerts()) == 2


async def test_a_low_battery_said_with_every_message_is_one_alert_a_day(house: House) -> None:
    low = {"kind": "technical.battery_low"}
    for _ in range(3):
        await house.receives("in/zorg/gw1/native/pendant-1", low)
        for alert in await house.alerts():
            await house.resolves(alert.id)
        house.now += HOUR
    assert len(await house.alerts()) == 1
    house.now += DAY
    await house.receives("in/zorg/gw1/native/pendant-1", low)
    assert len(await house.alerts()) == 2


# --- late and again -------------------------------------------------------------------------


async def test_a_bed_exit_that_was_kept_for_hours_rings_late_and_sets_no_state(
    house: House,
) -> None:
    await bed_device(house)
    await house.receives(BED, {"channel": "bed", "active": True})
    kept = {"at": at(house.now - 3 * HOUR)}
    await house.receives(BED, {"channel": "bed", "active": False, **kept})
    assert await in_bed(house) is True
    await house.passes(HOUR)
    assert await kinds(house) == []  # no rule wakes anybody for a bed that was left at eight
    await house.receives(BED, {"kind": "alarm.bed_exit", "at": at(house.now - 3 * HOUR)})
    (alert,) = await house.alerts()
    assert alert.state["late"]


async def test_a_bed_whose_clock_is_an_hour_slow_is_still_watched(house: House) -> None:
    await bed_device(house)
    for active in (True, True, False):
        body = {"channel": "bed", "active": active, "at": at(house.now - HOUR)}
        await house.receives(BED, body)
        house.now += 5 * MINUTE
    assert await in_bed(house) is False
    await house.passes(HOUR)
    assert await kinds(house) == ["lifestyle.not_back_in_bed"]


async def test_a_press_sent_again_after_midnight_is_the_same_press(house: House) -> None:
    house.now = datetime(2026, 1, 12, 23, 59, 50, tzinfo=UTC)
    press: dict[str, Any] = {"boot": "7f", "seq": 4, "at": at(house.now)}
    await house.press(**press)
    for later in (timedelta(seconds=20), HOUR):
        house.now += later
        await house.press(**press)
    (alert,) = await house.alerts()
    assert alert.state["repeats"] == 0
    assert len(await house.rows(sa.select(t.messages.c.id))) == 3


async def test_a_press_played_again_after_a_lost_session_is_never_silent(house: House) -> None:
    await house.press(replayed=True, boot="7f", seq=4)
    (alert,) = await house.alerts()
    assert alert.state["late"]
    assert alert.state["plan"]["steps"][0]["level"] == "care_centre"
    house.now += HOUR
    await house.press(replayed=True, boot="7f", seq=4)
    (alert,) = await house.alerts()
    assert alert.state["repeats"] == 0


async def test_a_key_used_again_for_another_message_is_a_new_event_and_told_of(
    house: House,
) -> None:
    await house.press(id="a-1", value={"room": "bad"})
    await house.press(id="a-1", value={"room": "keuken"})
    assert sorted(await kinds(house)) == ["alarm.button", "technical.key_reused"]
    pressed = [one for one in await house.alerts() if one.kind == "alarm.button"]
    assert pressed[0].state["repeats"] == 1
    house.now += HOUR
    await house.press(id="a-1", value={"room": "hal"})
    assert len([one for one in await events(house) if one.kind == "technical.key_reused"]) == 1


async def test_the_same_id_at_two_organisations_is_two_presses(house: House) -> None:
    other = Principal(known("gw-elsewhere"), known("elsewhere"), "elsewhere", "gw1",
                      frozenset({"native"}))  # fmt: skip
    await house.changes(
        sa.insert(t.organisations).values(
            id=known("elsewhere"), external_id="elsewhere", name="Elders", sort="provider"
        )
    )
    await house.changes(
        sa.insert(t.gateways).values(
            id=known("gw-elsewhere"), organisation_id=known("elsewhere"), external_id="gw1",
            secret_hash=b"x", adapters=["native"],
        )
    )  # fmt: skip
    await house.press(id="a-1")
    await house.receives("in/elsewhere/gw1/native/pendant-1", {"kind": "alarm.button", "id": "a-1"},
                         principal=other)  # fmt: skip
    assert {one.organisation_id for one in await house.alerts()} == {
        known("zorg"), known("elsewhere"),
    }  # fmt: skip
    assert "technical.key_reused" not in await kinds(house)


async def test_the_same_id_at_two_gateways_or_two_devices_is_two_presses(house: House) -> None:
    gateway = Principal(known("gw2"), known("zorg"), "zorg", "gw2", frozenset({"native"}))
    await house.changes(
        sa.insert(t.gateways).values(
            id=known("gw2"), organisation_id=known("zorg"), external_id="gw2",
            secret_hash=b"x", adapters=["native"],
        )
    )  # fmt: skip
    press = {"kind": "alarm.button", "id": "a-1"}
    await house.receives("in/zorg/gw1/native/pendant-1", press)
    await house.receives("in/zorg/gw1/native/pendant-2", press)
    await house.receives("in/zorg/gw2/native/pendant-1", press, principal=gateway)
    assert await kinds(house) == ["alarm.button"] * 3
    assert [one.state["repeats"] for one in await house.alerts()] == [0, 0, 0]


async def test_a_key_with_the_same_bytes_long_after_is_a_possible_repeat_and_rings(
    house: House,
) -> None:
    await house.press(id="pendant-1")  # its own number, not one of a message
    await house.resolves(await house.only_alert())
    house.now += HOUR
    await house.press(id="pendant-1")
    assert await marks(house) == [[], ["possible_repeat"]]


async def test_the_id_a_sender_gave_proves_a_copy_while_its_alert_is_open(house: House) -> None:
    await house.press(key="message-1")
    house.now += HOUR
    await house.press(key="message-1")
    (alert,) = await house.alerts()
    assert alert.state["repeats"] == 0
    await house.resolves(alert.id)
    await house.press(key="message-1")
    assert await marks(house) == [[], ["possible_repeat"]]


async def test_the_id_a_sender_gave_proves_nothing_of_other_bytes(house: House) -> None:
    await house.receives("in/zorg/gw1/native/pendant-1", {"kind": "alarm.button"}, key="m-1")
    await house.receives("in/zorg/gw1/native/pendant-1", {"kind": "alarm.fall"}, key="m-1")
    assert sorted(await kinds(house)) == ["alarm.button", "technical.key_reused"]


@pytest.mark.parametrize(
    ("later", "marked"), [(5 * MINUTE, ["possible_repeat"]), (HOUR, list[str]())]
)
async def test_a_press_without_an_id_soon_after_one_was_resolved_may_be_a_repeat_and_rings(
    house: House, later: timedelta, marked: list[str]
) -> None:
    await house.press()
    await house.resolves(await house.only_alert())
    house.now += later
    await house.press()
    assert await marks(house) == [[], marked]
    assert (await house.alerts())[-1].status == "calling"


@pytest.mark.parametrize("said", ["x", "2026-01-01T00:00:00", 5])
async def test_what_a_device_tells_under_the_hubs_own_names_is_never_taken_for_the_hubs(
    house: House, said: Any
) -> None:
    await house.press(value={"clock_said": said, "series": "7f", "number": "many"})
    house.now += 5 * MINUTE
    await house.press(at=at(house.now - 20 * MINUTE), boot="7f", seq=1)
    await house.press(boot="7f", seq=2, withdraws=True)
    (alert,) = await house.alerts()
    assert (alert.kind, alert.state["repeats"]) == ("alarm.button", 1)
    assert "withdrawn" in alert.state["marks"]
