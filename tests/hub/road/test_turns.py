"""A night stays with whoever's turn it began in: turns change at the region's service hour."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from escalation.model import Level
from hub.plans.files import CareFiles, horizon
from hub.plans.who import who
from hub.store import tables as t
from hub.store.care import About
from hub.store.care_files import read_rows
from tests.hub.house import House, known
from tests.hub.plans.test_plans import agrees

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SEVEN = timedelta(hours=7)


def local(said: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=AMSTERDAM, fold=fold).astimezone(UTC)


async def takes_turns(house: House, changes: datetime, service_hour: timedelta | None) -> None:
    """The night partner until this moment, and from then on the centre's own partner team."""
    region = sa.update(t.regions).where(t.regions.c.id == known("region"))
    await house.changes(region.values(service_hour=service_hour))
    other = {"id": known("owls"), "external_id": "owls", "name": "Uilen", "sort": "partner"}
    await house.changes(sa.insert(t.organisations).values(other))
    team = {
        "id": known("owl"),
        "organisation_id": known("owls"),
        "external_id": "owl",
        "sort": "team",
        "name": "Uilen",
        "level": "night_partner",
        "ways": [{"way": "webhook", "address": "http://127.0.0.1:9/owl"}],
    }
    await house.changes(sa.insert(t.contacts).values(team))
    await house.changes(sa.delete(t.turns))
    for partner, during in (
        ("nacht", Range(None, changes)),
        ("owls", Range(changes, None)),
    ):
        row = {
            "id": known(f"turn-{partner}"),
            "region_id": known("region"),
            "partner_id": known(partner),
            "during": during,
        }
        await house.changes(sa.insert(t.turns).values(row))


async def called(house: House, at: datetime) -> set[str]:
    """Which partner is called at a moment, as the hub does it and as a proof foretells it."""
    async with house.store.transaction() as uow:
        about = About(known("zorg"), known("home-1"), (known("anne"),), at)
        ((people,), _) = await uow.care.known([about])
        rows = await read_rows(uow.db, [known("anne")], *horizon(at, 2))
    care = next(iter(CareFiles(rows, at)))
    rungs = who(care, "alarm.button", at).rungs
    told = {one.id for rung in rungs for one in rung.contacts if rung.level == Level.NIGHT_PARTNER}
    done = {row.id for row in people if row.level == Level.NIGHT_PARTNER}
    assert told == done, at
    return {name for name in ("night", "owl") if known(name) in done}


@pytest.mark.parametrize(
    ("changes", "at", "whose"),
    [
        ("2026-01-13 00:00", "2026-01-12 23:59", "night"),
        ("2026-01-13 00:00", "2026-01-13 00:00", "night"),  # the night began in the old turn
        ("2026-01-13 00:00", "2026-01-13 06:59", "night"),
        ("2026-01-13 00:00", "2026-01-13 07:00", "owl"),
        ("2026-01-13 07:00", "2026-01-13 06:59", "night"),
        ("2026-01-13 07:00", "2026-01-13 07:00", "owl"),
        ("2026-01-13 12:00", "2026-01-14 06:59", "night"),
        ("2027-03-28 00:00", "2027-03-28 06:59", "night"),  # the clock goes forward, at Easter
        ("2027-03-28 00:00", "2027-03-28 07:00", "owl"),
        ("2026-10-25 00:00", "2026-10-25 02:20", "night"),  # and back: this comes twice
        ("2026-10-25 00:00", "2026-10-25 06:59", "night"),
        ("2026-10-25 00:00", "2026-10-25 07:00", "owl"),
        ("2026-12-24 18:00", "2026-12-25 06:59", "night"),
    ],
)
async def test_a_turn_changes_at_the_service_hour(
    house: House, changes: str, at: str, whose: str
) -> None:
    await agrees(house, "own", Level.NIGHT_PARTNER, Level.CARE_CENTRE)
    await takes_turns(house, local(changes), SEVEN)
    for fold in (0, 1):
        assert await called(house, local(at, fold)) == {whose}


async def test_without_a_service_hour_it_changes_when_it_says(house: House) -> None:
    await agrees(house, "own", Level.NIGHT_PARTNER, Level.CARE_CENTRE)
    await takes_turns(house, local("2026-01-13 00:00"), None)
    assert await called(house, local("2026-01-12 23:59")) == {"night"}
    assert await called(house, local("2026-01-13 00:00")) == {"owl"}
