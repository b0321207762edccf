"""Nights on which everything goes wrong at once: whatever happens, somebody is called."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from escalation.agreements import Override
from escalation.decision import Verdict
from escalation.model import Level, Priority, Step
from escalation.triggers import AllWell, Arrived, Declined, Extended, Forwarded, Released
from hub.store import tables as t
from hub.store.values import encode
from tests.hub.house import EVENING, MINUTE, House, actor, agreement, known

DAUGHTER, TEAM = Level.INFORMAL_CAREGIVER, Level.OWN_TEAM
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
EVERYBODY = (
    ("daughter", "zorg"),
    ("team", "zorg"),
    ("backup", "zorg"),
    ("night", "nacht"),
    ("desk", "centre"),
)


async def agrees(house: House, body: Any) -> None:
    """Anne and her provider agree on this."""
    valid = Range(EVENING - DAY, None)
    row = {"id": known("agreed"), "organisation_id": known("zorg"), "client_id": known("anne"),
           "external_id": "agreed", "name": "agreed", "body": body, "valid": valid}  # fmt: skip
    await house.changes(sa.insert(t.agreements).values(**row))


@pytest.fixture
async def first_the_daughter(house: House) -> House:
    """Anne's daughter is called first, then the team, then the centre."""
    await agrees(house, agreement(("alarm.*",), DAUGHTER, TEAM))
    return house


async def pressed(house: House) -> UUID:
    await house.press()
    await house.quiet()
    return await house.only_alert()


async def only(house: House) -> Any:
    (alert,) = await house.alerts()
    return alert


async def rings(house: House, alert_id: UUID) -> int:
    return (await house.journal(alert_id)).count("ring")


async def somebody_is_called(house: House, alert_id: UUID, length: timedelta) -> bool:
    """Whether the centre rings or a telephone does, within this time."""
    rang = await rings(house, alert_id)
    house.called()
    await house.passes(length)
    return bool(house.called()) or await rings(house, alert_id) > rang


# --- people who do not do what they said ----------------------------------------------------


async def test_who_accepts_and_vanishes_is_asked_once_and_then_others_are_called(
    first_the_daughter: House,
) -> None:
    house = first_the_daughter
    alert_id = await pressed(house)
    await house.accepts(alert_id, "daughter", eta=10 * MINUTE)
    house.called()
    await house.passes(15 * MINUTE)
    assert house.called() == ["daughter"]  # "nog onderweg?"
    await house.passes(MINUTE)
    assert house.called() == ["team"]
    assert (await only(house)).status == "calling"


async def test_when_everybody_declines_the_centre_rings_at_once_and_goes_on(
    first_the_daughter: House,
) -> None:
    house = first_the_daughter
    alert_id = await pressed(house)
    for who in ("daughter", "team"):
        await house.answers(alert_id, Declined(id=uuid4(), by=actor(who)))
    assert await rings(house, alert_id) == 1
    assert await somebody_is_called(house, alert_id, MINUTE)


async def test_custody_given_back_is_never_the_end(first_the_daughter: House) -> None:
    house = first_the_daughter
    alert_id = await pressed(house)
    for who in ("daughter", "team", "nurse"):
        await house.accepts(alert_id, who)
        await house.answers(alert_id, Released(id=uuid4(), by=actor(who)))
        await house.quiet()
    assert (await only(house)).due_at is not None
    assert await somebody_is_called(house, alert_id, 2 * MINUTE)


async def test_silence_of_a_nurse_on_site_rings_the_centre_again_and_again(house: House) -> None:
    alert_id = await pressed(house)
    await house.passes(MINUTE)
    await house.answers(alert_id, Arrived(id=uuid4(), by=actor("nurse")))
    await house.passes(46 * MINUTE)
    assert "no_reaction" in {row.why for row in await _rings(house, alert_id)}
    assert await somebody_is_called(house, alert_id, 50 * MINUTE)
    assert (await only(house)).status == "on_site"


async def test_more_time_asked_for_over_and_over_does_not_keep_the_backup_from_hearing(
    house: House,
) -> None:
    alert_id = await pressed(house)
    await house.passes(MINUTE)
    await house.accepts(alert_id, "nurse")
    for _ in range(8):
        more = Extended(id=uuid4(), by=actor("nurse"), more=10**6 * MINUTE)
        await house.answers(alert_id, more)
        await house.passes(4 * MINUTE)
    assert "backup" in house.called()


async def test_a_claim_nobody_follows_up_rings_again(house: House) -> None:
    alert_id = await pressed(house)
    await house.claims(alert_id)
    assert await somebody_is_called(house, alert_id, 3 * MINUTE)


async def test_a_forward_to_nobody_returns_to_the_desk(house: House) -> None:
    alert_id = await pressed(house)
    await house.claims(alert_id)
    steps = (Step(Level.TECHNICAL_DESK, 600 * MINUTE), Step(DAUGHTER, 10**6 * MINUTE, (uuid4(),)))
    await house.answers(alert_id, Forwarded(id=uuid4(), by=actor("anna"), steps=steps))
    assert await somebody_is_called(house, alert_id, 3 * MINUTE)


async def test_all_is_well_on_a_p1_never_silences_it(first_the_daughter: House) -> None:
    house = first_the_daughter
    alert_id = await pressed(house)
    for _ in range(5):
        answer = await house.answers(alert_id, AllWell(id=uuid4(), by=actor("daughter")))
        assert answer.verdict is Verdict.DONE
        await house.passes(MINUTE)
    assert (await only(house)).status == "calling"
    assert await somebody_is_called(house, alert_id, 3 * MINUTE)


# --- telephones and people who are not there ------------------------------------------------


async def test_a_dead_telephone_climbs_at_once(first_the_daughter: House) -> None:
    house = first_the_daughter
    house.telephones.status = {"daughter": 410, "team": 404}
    alert_id = await pressed(house)
    assert house.called() == ["daughter", "team"]
    assert await rings(house, alert_id) == 1


async def test_with_everybody_away_the_centre_still_rings(first_the_daughter: House) -> None:
    house = first_the_daughter
    rows = [
        {"id": uuid4(), "organisation_id": known(organisation), "contact_id": known(who),
         "during": Range(None, None)}
        for who, organisation in EVERYBODY
    ]  # fmt: skip
    await house.changes(sa.insert(t.absences).values(rows))
    alert_id = await pressed(house)
    assert await rings(house, alert_id) == 1
    assert await somebody_is_called(house, alert_id, MINUTE)


async def test_a_client_without_contacts_or_team_is_the_centres(house: House) -> None:
    await agrees(house, agreement(("*",), DAUGHTER, TEAM))
    await house.changes(sa.delete(t.client_contacts))
    await house.changes(sa.update(t.clients).values(team_id=None))
    assert await rings(house, await pressed(house)) == 1


async def test_without_a_care_centre_the_backup_is_called_at_once(house: House) -> None:
    await house.changes(sa.delete(t.service_contracts))
    await pressed(house)
    assert house.called() == ["backup"]


async def test_a_link_sent_again_on_the_second_day_opens(house: House) -> None:
    await pressed(house)
    await house.passes(26 * 60 * MINUTE)
    links = await house.rows(sa.select(t.links.c.expires_at))
    assert links
    assert all(one.expires_at > house.now for one in links)


# --- agreements that make no sense ----------------------------------------------------------


@pytest.mark.parametrize("wish", [Priority.I, Priority.T])
async def test_an_agreement_that_wants_no_alarm_still_gets_one(
    house: House, wish: Priority
) -> None:
    overrides = encode((Override("*", wish),))
    await agrees(house, {**agreement(("*",), DAUGHTER), "overrides": overrides})
    await pressed(house)
    assert house.called() == ["daughter"]


A_CALL = {"level": "informal_caregiver", "wait": 60}


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "nothing",
        {"kinds": None, "steps": None},
        {"kinds": ["*"], "steps": []},
        {"kinds": ["*"], "steps": [{**A_CALL, "wait": 10**14}]},
        {"kinds": ["*"], "steps": [{**A_CALL, "wait": -5, "needed": -3}]},
        {"kinds": ["*"], "steps": [{**A_CALL, "needed": 10**30}]},
        {"kinds": ["*"], "steps": [{**A_CALL, "who": ["nobody"]}]},
        {"kinds": ["*"], "steps": [A_CALL], "window": {"begins": 1e15, "ends": 1e15}},
        {"kinds": ["*"], "steps": [A_CALL], "time_zone": "../../etc/passwd"},
    ],
)
async def test_whatever_an_agreement_says_a_press_is_a_p1_of_that_client(
    house: House, body: Any
) -> None:
    await agrees(house, body)
    alert_id = await pressed(house)
    alert = await only(house)
    assert (alert.kind, alert.priority, alert.subject_id) == ("alarm.button", "P1", known("anne"))
    await house.passes(2 * MINUTE)
    assert await rings(house, alert_id) >= 1


async def test_an_agreement_and_an_absence_of_all_times_count_as_such(house: House) -> None:
    await agrees(house, agreement(("*",), DAUGHTER, TEAM))
    away = {"id": uuid4(), "organisation_id": known("zorg"), "contact_id": known("daughter"),
            "during": Range(None, None)}  # fmt: skip
    await house.changes(sa.insert(t.absences).values(**away))
    await house.changes(sa.text("UPDATE absences SET during = '[-infinity, infinity]'"))
    await house.changes(sa.text("UPDATE agreements SET valid = '[-infinity, infinity]'"))
    await pressed(house)
    assert house.called() == ["team"]


# --- devices, gateways and homes ------------------------------------------------------------


async def test_of_two_unknown_pendants_behind_one_gateway_each_is_its_own_alert(
    house: House,
) -> None:
    await house.press("stranger-1")
    await house.press("stranger-2")
    await house.press("stranger-2")
    found = sorted((one.priority, one.state["repeats"]) for one in await house.alerts())
    assert found == [("P1", 0), ("P1", 1)]


async def test_resolved_and_pressed_again_within_the_same_second_rings_anew(house: House) -> None:
    alert_id = await pressed(house)
    await house.resolves(alert_id)
    await house.press()
    (again,) = [one for one in await house.alerts() if one.status == "calling"]
    assert again.id != alert_id
    assert await rings(house, again.id) == 1


async def test_a_pendant_that_sends_its_own_number_as_the_id_of_every_press_rings_each_time(
    house: House,
) -> None:
    await house.press(id="pendant-1")
    await house.press(id="pendant-1")
    await house.resolves(await house.only_alert())
    await house.passes(3 * MINUTE)
    await house.press(id="pendant-1")
    assert len(await house.alerts()) == 2


@pytest.mark.parametrize("more", [{"duplicate": True}, {"replayed": True}])
async def test_a_press_its_transport_sends_again_is_a_copy_however_late(
    house: House, more: Any
) -> None:
    await house.press(id="1")
    await house.resolves(await house.only_alert())
    await house.passes(60 * MINUTE)
    topic = "in/zorg/gw1/native/pendant-1"
    await house.receives(topic, {"kind": "alarm.button", "id": "1"}, **more)
    assert len(await house.alerts()) == 1


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z", 0, False, ""])
async def test_a_moment_that_cannot_be_true_does_not_stop_an_alarm(house: House, at: Any) -> None:
    await house.press(at=at)
    (alert,) = [one for one in await house.alerts() if one.lane == "alarm"]
    assert (alert.kind, alert.priority, alert.subject_id) == ("alarm.button", "P1", known("anne"))
    assert await rings(house, alert.id) == 1


async def test_an_old_press_a_broker_kept_opens_at_the_centre(first_the_daughter: House) -> None:
    house = first_the_daughter
    topic = "in/zorg/gw1/native/pendant-1"
    await house.receives(topic, {"kind": "alarm.button"}, replayed=True)
    alert = await only(house)
    assert {"late", "replayed"} <= set(alert.state["marks"])
    assert await rings(house, alert.id) == 1


async def test_a_pendant_moved_to_another_client_no_longer_speaks_for_the_first(
    house: House,
) -> None:
    alert_id = await pressed(house)
    moved = sa.update(t.devices).where(t.devices.c.external_id == "pendant-1")
    await house.changes(moved.values(client_id=known("bert")))
    house.reader.forget()
    await house.press()
    (second,) = [one for one in await house.alerts() if one.id != alert_id]
    assert second.subject_id == known("bert")


async def test_a_press_after_the_end_of_care_goes_to_the_centre_alone(
    first_the_daughter: House,
) -> None:
    house = first_the_daughter
    await house.changes(sa.update(t.clients).values(care_ended_at=house.now))
    alert_id = await pressed(house)
    assert await rings(house, alert_id) == 1
    assert house.called() == []


async def test_smoke_in_a_home_names_everybody_who_lives_there(house: House) -> None:
    await house.receives("in/zorg/gw1/zigbee2mqtt/smoke-1", {"smoke": True})
    alert = await only(house)
    assert set(alert.client_ids) == {known("bert"), known("carla")}
    assert await rings(house, alert.id) == 1


async def test_a_second_alert_of_a_client_goes_to_who_is_coming_and_then_climbs(
    house: House,
) -> None:
    await house.receives("in/zorg/gw1/zigbee2mqtt/smoke-1", {"smoke": True})
    smoke = await house.only_alert()
    await house.passes(MINUTE)
    await house.accepts(smoke, "night", eta=20 * MINUTE)
    house.called()
    await house.press("pendant-2")
    await house.quiet()
    assert house.called() == ["night"]
    (press,) = [one for one in await house.alerts() if one.id != smoke]
    assert await rings(house, press.id) == 1
    assert await somebody_is_called(house, press.id, 2 * MINUTE)


# --- the hub itself -------------------------------------------------------------------------


async def test_after_twenty_minutes_down_a_p1_rings_the_centre_at_once(
    first_the_daughter: House,
) -> None:
    house = first_the_daughter
    alert_id = await pressed(house)
    house.called()
    house.now += 20 * MINUTE
    await house.quiet()
    assert house.called() == ["team"]
    assert await rings(house, alert_id) == 1


async def test_a_clock_that_went_back_does_nothing_twice_and_nothing_too_late(
    house: House,
) -> None:
    alert_id = await pressed(house)
    house.now -= 30 * SECOND
    assert await house.quiet() is not None
    assert await rings(house, alert_id) == 1
    assert await somebody_is_called(house, alert_id, 2 * MINUTE)


async def _rings(house: House, alert_id: UUID) -> Any:
    why = t.journal.c.facts["why"].astext.label("why")
    asked = sa.select(why).where(t.journal.c.alert_id == alert_id, t.journal.c.what == "ring")
    return await house.rows(asked)
