"""Modes in a recording: from when they were known until they ended, whoever ended them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from hub.rehearsal import report
from hub.rehearsal.database import empty
from hub.rehearsal.play import rehearse
from hub.rehearsal.record.modes import as_they_were
from hub.rehearsal.record.night import Wanted, reading, record
from hub.store import tables as t
from hub.store.unit_of_work import open_store
from hub.store.url import sqlalchemy_url
from simulators.night_file import find
from simulators.night_reading import load

BEGINS = datetime(2026, 1, 12, 22, 30, tzinfo=UTC)
ENDS = BEGINS + timedelta(hours=8)
ANNA, SOMEBODY = UUID(int=1), UUID(int=2)


def hours(number: float) -> datetime:
    return BEGINS + timedelta(hours=number)


def mode(begins: float, ends: float, **more: Any) -> dict[str, Any]:
    row = {
        "id": uuid4(),
        "client_id": ANNA,
        "mode": "away",
        "begins_at": hours(begins),
        "ends_at": hours(ends),
        "set_at": hours(begins),
        "set_by_id": SOMEBODY,
        "ended_at": None,
        "ended_by_id": None,
    }
    return row | more


def told(*rows: dict[str, Any]) -> list[tuple[datetime, datetime]]:
    found, _ = as_they_were(rows, BEGINS, ENDS)
    assert all(one["ended_at"] is None for one in found)
    return [(one["begins_at"], one["ends_at"]) for one in found]


def test_a_mode_that_somebody_ended_ends_by_itself_at_that_moment() -> None:
    ended = mode(-5, 40, ended_at=hours(3), ended_by_id=SOMEBODY)
    assert told(ended) == [(hours(-5), hours(3))]


def test_nobody_knew_of_a_mode_before_it_was_set() -> None:
    assert told(mode(-5, 40, set_at=hours(2))) == [(hours(2), hours(40))]


def test_what_was_over_before_and_what_came_after_is_not_of_the_night() -> None:
    assert told(mode(-9, -2), mode(-9, 5, ended_at=hours(-1)), mode(9, 20)) == []


def test_one_that_was_set_anew_goes_on() -> None:
    first = mode(-1, 4, ended_at=hours(2))
    assert told(first, mode(2, 6)) == [(hours(-1), hours(6))]


def test_one_that_was_set_again_after_an_end_is_left_out_and_counted() -> None:
    found, left_out = as_they_were([mode(0, 1), mode(3, 4)], BEGINS, ENDS)
    assert [one["begins_at"] for one in found] == [hours(0)]
    assert left_out.total() == 1


def test_a_visit_that_a_device_told_of_comes_again_by_what_it_says() -> None:
    visit = {"mode": "carer_present", "set_by_id": None}
    assert told(mode(1, 2, **visit)) == []
    assert told(mode(-1, 2, **visit)) == [(hours(-1), hours(2))]


async def test_a_recorded_mode_mutes_until_it_was_ended_and_nobody_wrote_why(
    database_url: str, tmp_path: Path
) -> None:
    night = load(find("hospital_but_moving"))
    await rehearse(night, database_url)
    store = open_store(sqlalchemy_url(database_url), size=1, statement_timeout=10)
    at = night.start + timedelta(minutes=100)  # 00:10, when somebody begins to walk about
    async with store.transaction() as uow:
        ended = sa.update(t.modes).values(ended_at=at, note="haalt haar bril", place="keuken")
        await uow.db.execute(ended)
    await store.close()
    async with reading(database_url) as read_only:
        wanted = Wanted(night.start, night.end, night.zone)
        recording = await record(read_only, wanted, b"a key of this test", "test")
    assert not [word for word in ("bril", "keuken") if word in recording.text]
    file = tmp_path / "recorded.yaml"
    file.write_text(recording.text)
    empty(database_url)
    again = await rehearse(load(file), database_url)
    muted = [one for one in again.happened if one.kind == "lifestyle.movement_while_away"]
    assert not muted, "\n".join(report.lines(again, whole=True))
    assert [one for one in again.happened if one.kind == "alarm.button"]
