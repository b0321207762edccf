"""Care plans out of the database: proved, told in sentences, and the same as the hub does."""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from escalation.care_file import CareFile
from escalation.model import Level
from escalation.windows import OnHolidays, Window
from hub.plans import command
from hub.plans.files import CareFiles, horizon
from hub.plans.who import who
from hub.store import tables as t
from hub.store.care_files import read_rows
from tests.hub.house import EVENING, MINUTE, House, agreement, known

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
Ask = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def ask(house: House, database_url: str, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run `nachtwacht plan` on the house: its exit status and what it says."""

    async def run(*arguments: str) -> tuple[int, str]:
        commands = argparse.ArgumentParser().add_subparsers()
        given = command.add_parser(commands).parse_args(arguments)
        status = await asyncio.to_thread(command.main, given, database_url, house.now)
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


async def agrees(house: House, name: str, *levels: Level, **more: Any) -> None:
    kinds = more.pop("kinds", ("*",))
    row = {
        "id": known(name),
        "organisation_id": known("zorg"),
        "external_id": name,
        "name": name,
        "client_id": known("anne"),
        "body": agreement(kinds, *levels, **more) | {"consent": CONSENT},
        "valid": Range(house.now - 9 * DAY, None),
    }
    await house.changes(sa.insert(t.agreements).values(row))


CONSENT = {"by": "client", "given_at": "2026-01-01T12:00:00+00:00", "measures": ["gps", "door"]}


async def away(house: House, name: str, begins: datetime, ends: datetime | None) -> None:
    row = {
        "id": known(f"away-{name}"),
        "organisation_id": known("zorg"),
        "contact_id": known(name),
        "during": Range(begins, ends),
    }
    await house.changes(sa.insert(t.absences).values(row))


async def works(house: House, name: str, begins: datetime, ends: datetime) -> None:
    """Somebody works by roster, and this is all of it."""
    owner = {"organisation_id": known("zorg"), "contact_id": known(name)}
    await house.changes(sa.insert(t.rosters).values(id=known("roster"), known_until=ends, **owner))
    during = Range(begins, ends)
    row = {"id": known("shift"), "external_id": "shift", "during": during, **owner}
    await house.changes(sa.insert(t.shifts).values(row))


async def file_of(house: House, client: str = "anne") -> CareFile:
    async with house.store.transaction() as uow:
        rows = await read_rows(uow.db, [known(client)], *horizon(house.now, 30))
    return next(iter(CareFiles(rows, house.now)))


async def test_a_house_in_order_is_proved_closed(house: House, ask: Ask) -> None:
    await agrees(house, "own", Level.INFORMAL_CAREGIVER, Level.OWN_TEAM, Level.CARE_CENTRE)
    assert await ask("check", "--client", "anne", "--days", "30") == (
        0,
        "1 client: 0 errors, 0 warnings, 0 notes.\n",
    )


async def test_an_error_is_told_in_a_sentence_and_ends_with_1(house: House, ask: Ask) -> None:
    slow = (Level.INFORMAL_CAREGIVER, Level.INFORMAL_CAREGIVER)
    evening = Window(20 * HOUR, 21 * HOUR)
    await agrees(house, "slow", *slow, wait=7 * MINUTE, window=evening, kinds=("alarm.button",))
    status, said = await ask("check", "--client", "zorg/anne", "--days", "3")
    assert status == 1
    assert (
        "anne: error: di 13-01-2026 20:00-21:00 (en nog 2 keer): professional pas na 14:00 min,"
        " hooguit 5:00 min is afgesproken (Alarmknop ingedrukt). Maak de wachttijden korter"
    ) in said


async def test_an_absence_is_told_in_english_or_as_json(house: House, ask: Ask) -> None:
    await agrees(house, "own", Level.OWN_TEAM, Level.CARE_CENTRE)
    await away(house, "team", house.now + HOUR, house.now + 2 * HOUR)
    _, said = await ask("--language", "en", "check", "--client", "anne", "--days", "2")
    assert "nobody at step 1 (own team): team (absent)" in said
    status, lines = await ask("check", "--client", "anne", "--days", "2", "--json")
    found = [json.loads(one) for one in lines.splitlines()]
    empty = next(one for one in found if one["code"] == "empty_step")
    assert (status, empty["witness"]) == (0, (house.now + HOUR).isoformat())


async def test_what_is_wrong_as_it_is_written_is_told_without_an_hour(
    house: House, ask: Ask
) -> None:
    await agrees(house, "own", Level.OWN_TEAM, Level.CARE_CENTRE)
    without = agreement(("*",), Level.OWN_TEAM, Level.CARE_CENTRE)
    await house.changes(sa.update(t.agreements).values(body=without))
    _, said = await ask("check", "--client", "anne", "--days", "2")
    assert said.startswith("anne: warning: Bij 'own' staat geen toestemming. Leg vast")


async def test_everybody_is_checked_where_nobody_is_named(house: House, ask: Ask) -> None:
    _, said = await ask("check", "--days", "2")
    assert "3 clients: " in said


@pytest.mark.parametrize(("asked", "told"), [("nobody", "no client in care is called nobody")])
async def test_a_name_nobody_has_is_said_so(ask: Ask, asked: str, told: str) -> None:
    status, said = await ask("check", "--client", asked)
    assert (status, told in said) == (2, True)


async def test_an_agreement_that_cannot_be_read_is_an_error(house: House, ask: Ask) -> None:
    await agrees(house, "broken", Level.OWN_TEAM)
    await house.changes(sa.update(t.agreements).values(body={"kinds": 7}))
    status, said = await ask("check", "--client", "anne", "--days", "2")
    assert (status, "'broken' kan niet gelezen worden" in said) == (1, True)


async def test_who_is_called_is_what_the_hub_does(house: House) -> None:
    ladder = (Level.INFORMAL_CAREGIVER, Level.OWN_TEAM, Level.NIGHT_PARTNER, Level.CARE_CENTRE)
    await agrees(house, "own", *ladder, kinds=("alarm.button",))
    await away(house, "team", house.now - HOUR, house.now + HOUR)
    care = await file_of(house)
    foretold = who(care, "alarm.button", house.now)
    await house.press()
    for before, rung in zip((None, *foretold.rungs), foretold.rungs[:4], strict=False):
        earlier = timedelta() if before is None else before.after
        await house.passes(rung.after - earlier)
        if rung.contacts and rung.level is not Level.CARE_CENTRE:
            called = {known(name) for name in house.called()}
            assert {one.id for one in rung.contacts} <= called
    assert [one.reason for rung in foretold.rungs for one in rung.skipped] == ["absent"]


async def test_who_is_called_at_a_moment_is_told_step_by_step(house: House, ask: Ask) -> None:
    await agrees(house, "own", Level.OWN_TEAM, Level.CARE_CENTRE)
    local = "2026-01-13T02:00"
    await away(house, "team", house.now, house.now + 9 * HOUR)
    status, said = await ask("who", "--client", "anne", "--at", local, "--kind", "alarm.fall")
    assert (status, said.splitlines()[:2]) == (
        0,
        [
            "2026-01-13 02:00+01:00 alarm.fall: P1, own",
            "1.  0:00 min eigen team: (team: afwezig)",
        ],
    )


@pytest.mark.parametrize(
    ("local", "shown"),
    [
        ("2026-10-25T02:20", "2026-10-25 02:20+02:00"),
        ("2026-10-25T02:20+01:00", "2026-10-25 02:20+01:00"),
        ("2027-03-28T02:30", "2027-03-28 03:30+02:00"),
    ],
)
async def test_in_the_nights_the_clock_changes_it_says_about_which_moment_it_speaks(
    house: House, ask: Ask, local: str, shown: str
) -> None:
    await agrees(house, "own", Level.OWN_TEAM, Level.CARE_CENTRE)
    _, said = await ask("who", "--client", "anne", "--at", local)
    assert said.startswith(f"{shown} alarm.button: ")


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        (("who", "--client", "anne", "--kind", "alarm.fal"), "alarm.fall"),
        (("who", "--client", "anne", "--at", "morgen"), "give 2026-12-24T18:00"),
        (("check", "--days", "many"), "from 1 to 400 days"),
    ],
)
async def test_an_argument_that_makes_no_sense_is_refused_with_its_remedy(
    ask: Ask, capsys: pytest.CaptureFixture[str], said: tuple[str, ...], remedy: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        await ask(*said)
    assert remedy in capsys.readouterr().err


async def test_a_roster_a_divert_and_a_holiday_count(house: House) -> None:
    await works(house, "team", EVENING - HOUR, EVENING + 9 * HOUR)
    feast = Window(timedelta(), DAY, holidays=OnHolidays.ONLY)
    await agrees(house, "usual", Level.OWN_TEAM, Level.CARE_CENTRE)
    await agrees(house, "feast", Level.CARE_CENTRE, window=feast)
    day = {"organisation_id": known("zorg"), "day": date(2026, 1, 14), "starts": 18 * HOUR}
    await house.changes(sa.insert(t.holidays).values(day))
    care = await file_of(house)
    assert care.known_until == EVENING + 9 * HOUR
    evening = datetime(2026, 1, 14, 16, 59, tzinfo=UTC)
    assert [who(care, "alarm.button", evening + one * MINUTE).plan for one in (0, 1)] == [
        "usual",
        "feast",
    ]
    first = who(care, "alarm.button", EVENING + 10 * HOUR).rungs[0]
    assert [one.reason for one in first.skipped] == ["off_duty"]
    divert = {
        "id": known("divert"),
        "organisation_id": known("zorg"),
        "contact_id": known("team"),
        "to_id": known("night"),
        "during": Range(EVENING, EVENING + HOUR),
    }
    await house.changes(sa.insert(t.diverts).values(divert))
    first = who(await file_of(house), "alarm.button", EVENING).rungs[0]
    assert [one.id for one in first.contacts] == [known("night")]
