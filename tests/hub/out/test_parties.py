"""Whoever is a party to an alert is told of it, in a stream of its own, and of no other."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import jsonschema
import sqlalchemy as sa

from escalation.model import Level
from escalation.triggers import Arrived
from hub.store import tables as t
from tests.hub.house import MINUTE, House, actor, agreement, known
from tests.hub.out.stream import number, read, types

SCHEMA = json.loads(Path("hub/out/schema.json").read_text())


async def a_night(house: House) -> None:
    """The daughter declines by silence, the night partner is called, comes and ends it."""
    body = agreement(
        ("alarm.button",), Level.INFORMAL_CAREGIVER, Level.NIGHT_PARTNER, Level.CARE_CENTRE
    )
    await house.changes(
        sa.insert(t.agreements).values(
            id=uuid4(), organisation_id=known("zorg"), external_id="a", client_id=known("anne"),
            name="a", body=body, valid=sa.text("'[2020-01-01,2040-01-01)'::tstzrange"),
        )
    )  # fmt: skip
    await house.press()
    await number(house)
    await house.passes(3 * MINUTE)
    await number(house)
    alert_id = await house.only_alert()
    await house.accepts(alert_id, "daughter")
    await house.accepts(alert_id, "nurse", eta=timedelta(minutes=5))
    await house.answers(alert_id, Arrived(id=uuid4(), by=actor("nurse")))
    await house.resolves(alert_id, "nurse")
    await number(house)


async def test_owner_and_centre_are_told_the_whole_and_a_partner_from_its_call_on(
    house: House,
) -> None:
    await a_night(house)
    owner, centre, partner = [await read(house, whose=one) for one in ("zorg", "centre", "nacht")]
    assert types(owner) == types(centre)
    assert types(owner)[0] == "opened"
    assert types(partner) == types(owner)[-len(partner) :]
    assert 0 < len(partner) < len(owner)
    assert partner[0]["data"]["contact"]["contact"] == "night"  # what made it a party
    for stream in (owner, centre, partner):
        counted = list(range(1, len(stream) + 1))
        assert [one["alertsequence"] for one in stream] == counted
        assert [int(one["position"]) for one in stream] == counted
        assert {one["source"] for one in stream} == {"/organisations/zorg"}
    ids = [one["id"] for stream in (owner, centre, partner) for one in stream]
    assert len(set(ids)) == len(ids)


async def test_a_party_is_told_neither_equipment_nor_who_the_family_is(house: House) -> None:
    await a_night(house)
    owner, centre = await read(house), await read(house, whose="centre")
    assert owner[0]["data"]["device"] == "pendant-1"
    assert "daughter" in json.dumps(owner)
    told = json.dumps(centre + await read(house, whose="nacht"))
    for private in ("daughter", "pendant-1", "gw1"):
        assert private not in told
    called = next(one for one in centre if one["type"].endswith(".called"))
    assert called["data"]["contact"] == {"organisation": "zorg", "level": "informal_caregiver"}
    assert "nurse" in told
    checked = jsonschema.Draft202012Validator(SCHEMA)
    for one in centre:
        checked.validate(one)


async def test_who_has_no_part_in_an_alert_hears_nothing_of_it(house: House) -> None:
    await house.press()
    await number(house)
    assert await read(house, whose="nacht") == []
    assert types(await read(house, whose="centre"))[0] == "opened"


async def test_parties_numbered_while_others_are_called_have_no_holes(house: House) -> None:
    for pendant in ("pendant-1", "pendant-2", "pendant-3"):
        await house.press(pendant)
        await number(house)
        await house.passes(MINUTE)
    for alert in await house.alerts():
        await house.claims(alert.id)
        await house.accepts(alert.id, "night")
        await house.resolves(alert.id, "night")
        await number(house)
    for whose in ("zorg", "centre", "nacht"):
        stream = await read(house, whose=whose)
        assert [int(one["position"]) for one in stream] == list(range(1, len(stream) + 1))
        for subject in {one["subject"] for one in stream}:
            own = [one["alertsequence"] for one in stream if one["subject"] == subject]
            assert own == list(range(1, len(own) + 1))


async def test_a_webhook_of_a_party_is_promised_its_events(house: House) -> None:
    await house.changes(
        sa.insert(t.out_webhooks).values(
            id=uuid4(), organisation_id=known("centre"), external_id="desk",
            url="https://centre.test/hook", types=["opened"], created_at=house.now,
        )
    )  # fmt: skip
    await house.press()
    await number(house)
    (promised,) = await house.rows(sa.select(t.out_deliveries))
    assert promised.organisation_id == known("centre")
