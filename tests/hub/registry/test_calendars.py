"""Rosters as iCalendar: by the clock on the wall, bounded, and every mistake by its line."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from escalation.windows import NO_HOLIDAYS, Window
from hub.cli import main
from hub.registry.calendars import calendar_text, read_calendar
from hub.registry.rostering import Planned
from tests.hub.web.conftest import Town, town

__all__ = ["town"]
NOW = datetime(2026, 10, 20, tzinfo=UTC)
WITHIN = (NOW, NOW + timedelta(days=200))
NIGHTS = """BEGIN:VEVENT
UID:nacht
DTSTART;TZID=Europe/Amsterdam:20261019T230000
DTEND;TZID=Europe/Amsterdam:20261020T070000
RRULE:FREQ=DAILY
END:VEVENT
"""


def calendar(*events: str) -> bytes:
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{''.join(events)}END:VCALENDAR\n".encode()


def event(*lines: str, uid: str = "a") -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT", ""])


def spans(*events: str) -> list[tuple[str, str]]:
    planned, troubles = read_calendar(calendar(*events), WITHIN)
    assert not troubles, str(troubles[0])
    return [(f"{one.begins:%m-%dT%H:%M}", f"{one.ends:%m-%dT%H:%M}") for one in planned]


def told(*events: str) -> str:
    planned, (trouble,) = read_calendar(calendar(*events), WITHIN, "x.ics")
    assert not planned
    return str(trouble)


def test_a_night_shift_is_from_eleven_to_seven_also_when_the_clock_changes() -> None:
    found = spans(NIGHTS)
    assert ("10-23T21:00", "10-24T05:00") in found
    assert ("10-24T21:00", "10-25T06:00") in found  # nine hours: back to winter time
    assert ("10-25T22:00", "10-26T06:00") in found
    assert ("03-27T22:00", "03-28T05:00") in found  # seven hours: on to summer time
    assert ("03-28T21:00", "03-29T05:00") in found
    assert found[0] == ("10-19T21:00", "10-20T05:00")  # it runs when the calendar comes
    assert len(found) == 201


def test_a_duration_lasts_exactly_so_long() -> None:
    exact = NIGHTS.replace("DTEND;TZID=Europe/Amsterdam:20261020T070000", "DURATION:PT8H")
    assert ("10-24T21:00", "10-25T05:00") in spans(exact)


def test_weekdays_holes_moved_shifts_and_cancelled_ones_are_as_the_calendar_says() -> None:
    late = (
        "DTSTART;TZID=Europe/Amsterdam:20261026T150000",
        "DTEND;TZID=Europe/Amsterdam:20261026T230000",
    )
    found = spans(
        event(
            *late,
            "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261106T120000Z",
            "EXDATE;TZID=Europe/Amsterdam:20261028T150000",
        ),
        event(
            "RECURRENCE-ID;TZID=Europe/Amsterdam:20261102T150000",
            "DTSTART;TZID=Europe/Amsterdam:20261103T080000",
            "DTEND;TZID=Europe/Amsterdam:20261103T160000",
        ),
        event(*late, "STATUS:CANCELLED", uid="b"),
        event("DTSTART;VALUE=DATE:20261120", "DTEND;VALUE=DATE:20261121", uid="c"),
        event("DTSTART:20261121T080000", "DTEND:20261121T160000", uid="d"),
        event("DTSTART;TZID=W. Europe Standard Time:20261122T080000", "DURATION:PT1H", uid="e"),
    )
    assert found == [
        ("10-26T14:00", "10-26T22:00"),
        ("11-03T07:00", "11-03T15:00"),
        ("11-04T14:00", "11-04T22:00"),
        ("11-19T23:00", "11-20T23:00"),
        ("11-21T07:00", "11-21T15:00"),
        ("11-22T07:00", "11-22T08:00"),
    ]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["DTSTART:2026x", "DURATION:PT1H"], "DTSTART"),
        (["DURATION:PT1H"], "no DTSTART"),
        (["DTSTART:20261101T080000Z"], "no end"),
        (["DTSTART:20261101T080000Z", "DTEND:20261101T070000Z"], "ends before"),
        (["DTSTART:20261101T080000Z", "DURATION:P30D"], "over a week"),
        (["DTSTART;TZID=Ergens:20261101T080000", "DURATION:PT1H"], "no time zone 'Ergens'"),
        (["DTSTART:20261101T080000Z", "DURATION:PT1H", "RRULE:FREQ=SECONDLY"], "SECONDLY"),
        (["DTSTART:20261101T080000Z", "DURATION:PT1H",
          "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"], "BYMONTHDAY"),
        (["DTSTART:20261101T080000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYDAY=5MO"], "month"),
        (["DTSTART:00010101T080000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"], "five years"),
        (["DTSTART:20261101T080000Z", "DURATION:PT1H",
          "RRULE:FREQ=DAILY;INTERVAL=0"], "less than once"),
        (["DTSTART:20261101T080000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;INTERVAL=-3"], ""),
        (["DTSTART:20261101T080000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY", "EXDATE:x"], ""),
        (["DTSTART:99991231T235900Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=x"], ""),
        (["DTSTART:20261101T080000Z", "DURATION:PT1H", "RDATE:20261105T080000Z"], "RDATE"),
        (["DTSTART:20261101T080000Z", "DURATION:PT1H",
          "RRULE:FREQ=DAILY", "EXRULE:FREQ=WEEKLY"], "EXRULE"),
        (["DTSTART:20261101T080000Z", "DURATION:PT1H", "RRULE:FREQ=YEARLY"], "YEARLY"),
        (["DTSTART:20261101T080000Z", "DURATION:PT1H",
          "RRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-1"], "BYSETPOS"),
        (["DTSTART:20261101T080000Z", "DURATION:PT1H",
          "RECURRENCE-ID;RANGE=THISANDFUTURE:20261101T080000Z"], "RANGE"),
        (["DTSTART:20261101T080000Z", "DTSTART:20261102T080000Z", "DURATION:PT1H"], "several"),
        (["DTSTART:20261101T080000Z", "DURATION:PT1H", "UID:a"], "several"),
    ],
)  # fmt: skip
def test_an_event_that_cannot_be_is_told_by_its_line(lines: list[str], problem: str) -> None:
    said = told(event("DTSTART:20260101T000000Z", "DURATION:PT1H"), event(*lines, uid="b"))
    assert said.startswith("x.ics:9: ")
    assert problem in said


def test_two_events_of_one_name_are_refused_whichever_was_meant() -> None:
    said = read_calendar(calendar(NIGHTS, NIGHTS.replace("T230000", "T220000")), WITHIN, "x.ics")
    assert [str(one) for one in said[1]] == [
        "x.ics:10: another event has the same UID. Give each event a UID of its own."
    ]


@pytest.mark.parametrize("sent", [b"", b"hallo", b"\xff\xfe", b"BEGIN:VCALENDAR\n", b"x" * 2**21])
def test_bytes_that_are_no_calendar_are_refused(sent: bytes) -> None:
    planned, troubles = read_calendar(sent, WITHIN)
    assert not planned
    assert troubles


def test_a_calendar_that_was_cut_off_is_refused_wherever_it_was_cut() -> None:
    whole = calendar(NIGHTS, event("DTSTART:20261201T080000Z", "DURATION:PT1H")).rstrip()
    assert not read_calendar(whole, WITHIN)[1]
    kept = [at for at in range(len(whole)) if not read_calendar(whole[:at], WITHIN)[1]]
    assert not kept  # what is left out of a roster is taken away


def test_a_day_alone_says_which_time_of_a_rule_was_moved() -> None:
    found = spans(
        NIGHTS.replace("DAILY", "DAILY;COUNT=3"),
        event(
            "RECURRENCE-ID;VALUE=DATE:20261020",
            "DTSTART;TZID=Europe/Amsterdam:20261020T200000",
            "DURATION:PT8H",
            uid="nacht",
        ),
    )
    assert [begins for begins, _ in found] == ["10-19T21:00", "10-20T18:00", "10-21T21:00"]


times = some.integers(0, 24 * 12 - 1).map(lambda number: timedelta(minutes=5 * number))


@settings(deadline=None, max_examples=40)
@given(times, times, some.sampled_from([date(2026, 10, 23), date(2027, 3, 26)]))
@example(timedelta(hours=2.5), timedelta(hours=3.25), date(2027, 3, 26))
@example(timedelta(hours=2.5), timedelta(hours=2.75), date(2027, 3, 26))
@example(timedelta(hours=2.5), timedelta(hours=3.25), date(2026, 10, 23))
def test_a_repeated_shift_is_there_when_a_window_of_the_same_times_is(
    begins: timedelta, ends: timedelta, first: date
) -> None:
    """Also in the nights the clock changes: there is one idea of the clock on the wall."""
    midnight, day = datetime.combine(first, time()), timedelta(days=1)
    last = ends if ends > begins else ends + day
    shift = event(
        f"DTSTART;TZID=Europe/Amsterdam:{midnight + begins:%Y%m%dT%H%M%S}",
        f"DTEND;TZID=Europe/Amsterdam:{midnight + last:%Y%m%dT%H%M%S}",
        "RRULE:FREQ=DAILY;COUNT=5",
    )
    planned, troubles = read_calendar(calendar(shift), (NOW, NOW + timedelta(days=300)))
    window, zone = Window(begins, ends), ZoneInfo("Europe/Amsterdam")
    wanted = [window.span(first + number * day, zone, NO_HOLIDAYS) for number in range(5)]
    assert not troubles
    found = [(one.begins, one.ends) for one in planned]
    assert found == [one for one in wanted if one is not None and one[0] < one[1]]


@settings(deadline=None, max_examples=25)
@given(
    some.lists(
        some.builds(
            lambda name, minute, length: Planned(
                name, NOW + timedelta(minutes=minute), NOW + timedelta(minutes=minute + length)
            ),
            some.text(some.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1,
                      max_size=20).filter(lambda one: one == one.strip()),
            some.integers(0, 199 * 1440) | some.integers(5 * 1440, 6 * 1440),
            some.integers(1, 7 * 1440),
        ),
        max_size=4,
        unique_by=lambda one: one.name,
    )
)  # fmt: skip
def test_whatever_shifts_are_written_are_read_back_also_over_changes_of_the_clock(
    shifts: list[Planned],
) -> None:
    found, troubles = read_calendar(calendar_text(shifts, "team", NOW), WITHIN)
    assert not troubles, str(troubles[0])
    assert found == sorted(shifts, key=lambda one: (one.begins, one.name))


def test_a_hostile_calendar_costs_seconds_at_most() -> None:
    since = "DTSTART:20211101T000000Z"
    rules = [
        event(since, "DURATION:PT1M", "RRULE:FREQ=DAILY;COUNT=2000000000", uid=str(number))
        for number in range(200)
    ]
    began = process_time()
    _, troubles = read_calendar(calendar(*rules), WITHIN)
    assert troubles  # far too many shifts
    assert process_time() - began < 60
    _, (trouble,) = read_calendar(calendar(*rules, *rules), WITHIN)
    assert "at most" in trouble.remedy


@pytest.fixture
async def machine(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    town.now = NOW
    async with town.client("machine") as client:
        yield client


async def put(machine: httpx.AsyncClient, sent: bytes, query: str = "") -> dict[str, int]:
    answer = await machine.put(f"/api/v1/registry/calendars/team{query}", content=sent)
    assert answer.status_code == 200, answer.text
    counts: dict[str, int] = answer.json()["counts"]["shifts"]
    return counts


async def test_a_calendar_is_the_roster_from_now_on(town: Town, machine: httpx.AsyncClient) -> None:
    late = event("DTSTART:20261201T140000Z", "DTEND:20261201T220000Z", uid="laat")
    weeks = "?until=2026-12-31T00:00:00Z"
    assert (await put(machine, calendar(NIGHTS, late), f"{weeks}&dry_run=true"))["new"] == 74
    assert (await put(machine, calendar(NIGHTS, late), weeks))["new"] == 74
    again = await put(machine, calendar(NIGHTS, late), weeks)
    assert again == {"new": 0, "changed": 0, "unchanged": 74, "removed": 0}
    given = await machine.get("/api/v1/registry/calendars/team")
    assert given.headers["content-type"].startswith("text/calendar")
    back = await put(machine, given.content, weeks)
    assert back == {"new": 0, "changed": 0, "unchanged": 74, "removed": 0}
    assert (await put(machine, calendar(NIGHTS), weeks))["removed"] == 1
    town.passes(hours=22)  # 00:00 in Amsterdam: the first night runs
    gone = await put(machine, calendar(late), weeks)
    assert (gone["new"], gone["changed"], gone["removed"]) == (1, 1, 71)
    shown = await machine.get("/api/v1/registry/rosters/team")
    assert shown.json()["fields"]["known_until"] == "2026-12-31T00:00:00Z"


async def test_nobody_elses_roster_is_there(machine: httpx.AsyncClient) -> None:
    for contact in ("stranger", "nobody"):
        answer = await machine.put(f"/api/v1/registry/calendars/{contact}", content=calendar())
        assert answer.status_code == 404


def test_what_is_written_is_read_back() -> None:
    planned, _ = read_calendar(calendar(NIGHTS), WITHIN)
    assert read_calendar(calendar_text(planned, "team", NOW), WITHIN) == (planned, [])


async def test_the_command_brings_a_file_in_and_gives_it_back(
    town: Town, tmp_path: Path, database_url: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("NACHTWACHT_DATABASE_URL", database_url)
    file = tmp_path / "team.ics"
    file.write_bytes(calendar(event("DTSTART:20990101T080000Z", "DURATION:PT1H")))
    words = ["roster", "import", "brug/team", str(file), "--until", "2100-01-01"]
    assert await _run(words) == 0
    assert "Written." in capsys.readouterr().out
    assert await _run(["roster", "export", "brug/team"]) == 0
    assert "END:VCALENDAR" in capsys.readouterr().out
    file.write_bytes(calendar(event("DTSTART:20270101T080000Z")))
    assert await _run(words) == 1
    assert "team.ics:4: it has no end" in capsys.readouterr().err
    assert await _run(["roster", "export", "brug/nobody"]) == 1


async def _run(words: list[str]) -> int:
    return await asyncio.to_thread(main, words)
