"""How soon a night partner agreed to be there, beside its rung on the page of an alert."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from psycopg.types.range import Range

from escalation.windows import Window
from hub.screen.pages import render
from hub.store import tables as t
from hub.store.values import encode
from tests.hub.house import EVENING, House, known, viewer
from tests.hub.screen.test_board_reads import AMSTERDAM, page

LATELY, LATER = EVENING - timedelta(days=9), EVENING + timedelta(days=9)
SAID = "aanrijtijd afgesproken: binnen 20 min"
BY_DAY = encode(Window(timedelta(hours=8), timedelta(hours=17)))


async def agrees(house: House, name: str = "agreed", **fields: Any) -> None:
    """The night partner of the house agrees to be there within twenty minutes."""
    values = {
        "id": known(name),
        "organisation_id": known("zorg"),
        "served_by_id": known("nacht"),
        "role": "partner",
        "valid": Range(LATELY, LATER),
        "response_target": timedelta(minutes=20),
    }
    await house.changes(sa.insert(t.service_contracts).values(**{**values, **fields}))


async def said(house: House) -> dict[str, str]:
    """What the page says of every rung."""
    view = await page(house, await house.only_alert())
    return {one.short: one.target for one in view.ladder if one.target}


async def test_the_rung_of_the_partner_says_how_soon_it_is_there(house: House) -> None:
    await agrees(house)
    await house.press()
    assert await said(house) == {"nacht": SAID}
    await house.passes(timedelta(seconds=61))
    assert await said(house) == {"nacht": SAID}


async def test_of_two_agreements_that_hold_the_longest_is_said(house: House) -> None:
    await agrees(house)
    await agrees(house, "other", response_target=timedelta(seconds=1_830))
    await house.press()
    assert await said(house) == {"nacht": "aanrijtijd afgesproken: binnen 30:30 min"}


@pytest.mark.parametrize(
    "fields",
    [
        {"valid": Range(LATELY, EVENING - timedelta(days=1))},
        {"hours": BY_DAY},
        {"response_target": None},
    ],
    ids=["over", "at other hours", "nothing promised"],
)
async def test_what_is_not_agreed_now_is_not_said(house: House, fields: dict[str, Any]) -> None:
    await agrees(house, **fields)
    await house.press()
    assert await said(house) == {}


async def test_nothing_is_said_of_the_turn_of_a_partner_that_promised_nothing(house: House) -> None:
    other = {"id": known("uil"), "external_id": "uil", "name": "Uil", "sort": "partner"}
    await house.changes(sa.insert(t.organisations).values(**other))
    desk = {
        "id": known("uil/night"), "organisation_id": known("uil"), "external_id": "night",
        "name": "Uil", "sort": "team", "level": "night_partner", "ways": [],
    }  # fmt: skip
    await house.changes(sa.insert(t.contacts).values(**desk))
    await agrees(house, served_by_id=known("uil"))
    await house.press()
    assert await said(house) == {}


async def test_nothing_is_said_of_who_is_elsewhere(house: House) -> None:
    stays = {
        "id": known("stay"), "organisation_id": known("zorg"), "client_id": known("anne"),
        "mode": "elsewhere", "begins_at": LATELY, "ends_at": LATER, "set_at": LATELY,
    }  # fmt: skip
    await house.changes(sa.insert(t.modes).values(**stays))
    await agrees(house)
    await house.press()
    assert await said(house) == {}


async def test_the_page_shows_it(house: House) -> None:
    await agrees(house)
    await house.press()
    view = await page(house, await house.only_alert())
    facts = {"view": view, "viewer": viewer(), "me": viewer().contact_id, "ended_at": None}
    more = {"tab": "alarm", "now": house.now, "local": AMSTERDAM, "once": uuid4()}
    assert SAID in render("alert_parts.html", **facts, **more, form_token="")
