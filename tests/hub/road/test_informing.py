"""Who hears afterwards what happened, really sent, and not before the agreed hour."""

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from escalation.model import Level
from hub.store import tables as t
from tests.hub.house import MINUTE, House, agreement, known

HOUR = timedelta(hours=1)


async def agrees(house: House, *inform: Any) -> None:
    body = agreement(("*",), Level.CARE_CENTRE) | {"inform": list(inform)}
    row = {
        "id": known("own"),
        "organisation_id": known("zorg"),
        "external_id": "own",
        "name": "own",
        "client_id": known("anne"),
        "body": body,
        "valid": Range(house.now - HOUR, None),
    }
    await house.changes(sa.insert(t.agreements).values(row))


def daughter(when: str) -> dict[str, str]:
    return {"who": str(known("daughter")), "when": when}


async def press_and_end(house: House) -> None:
    await house.press()
    house.now += 4 * HOUR  # 03:00 in Amsterdam
    await house.resolves(await house.only_alert())
    await house.quiet()


def told(house: House) -> list[str]:
    calls = [json.loads(one.body) | {"url": one.url} for one in house.telephones.calls]
    house.telephones.calls.clear()
    informed = [one for one in calls if one["text"].startswith("Ter informatie: er was")]
    assert all(one["purpose"] == "tell" for one in informed)
    return [one["url"].rsplit("/", 1)[-1] for one in informed]


async def test_a_daughter_who_wants_to_know_at_once_is_told_at_once_and_once(house: House) -> None:
    await agrees(house, daughter("at_once"), daughter("at_once"))
    await press_and_end(house)
    assert told(house) == ["daughter"]
    await house.passes(12 * HOUR)
    assert told(house) == []


async def test_in_the_morning_is_half_past_seven_and_not_before(house: House) -> None:
    await agrees(house, daughter("in_the_morning"))
    await press_and_end(house)
    await house.passes(4 * HOUR + 29 * MINUTE)
    assert told(house) == []
    await house.passes(MINUTE)
    assert told(house) == ["daughter"]
    assert "informed" in await house.journal(await house.only_alert())


async def test_never_is_never(house: House) -> None:
    await agrees(house, daughter("never"))
    await press_and_end(house)
    await house.passes(24 * HOUR)
    assert told(house) == []


async def test_who_withdrew_their_consent_hears_nothing_more(house: House) -> None:
    await agrees(house, daughter("at_once"))
    await house.changes(sa.update(t.client_contacts).values(consent=False))
    await press_and_end(house)
    assert told(house) == []


@pytest.mark.parametrize(
    "nonsense", ["soon", {"who": "nobody"}, {"who": str(known("daughter")), "when": "later"}, 7]
)
async def test_a_line_nobody_can_read_keeps_no_alert_from_ending(
    house: House, nonsense: Any
) -> None:
    await agrees(house, nonsense)
    await press_and_end(house)
    (alert,) = await house.alerts()
    assert alert.resolved_at is not None


async def test_somebody_who_cannot_be_reached_is_in_the_account_all_the_same(house: House) -> None:
    await agrees(house, daughter("at_once"))
    await house.changes(sa.update(t.contacts).values(ways=[]))
    await press_and_end(house)
    assert told(house) == []
    assert "informed" in await house.journal(await house.only_alert())
