"""The demo's clock starts in the evening and never runs backwards."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub.demo.moments import start_of, write_down

REAL = datetime(2026, 7, 14, 9, 30, tzinfo=UTC)


def test_the_first_start_is_this_evening_in_dutch_time(tmp_path: Path) -> None:
    start = start_of(tmp_path / "clock", 6.0, None, REAL)
    assert start == datetime(2026, 7, 14, 20, 50, tzinfo=UTC)


def test_the_next_start_goes_on_after_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    write_down(lambda: REAL, path)
    assert start_of(path, 6.0, None, REAL - timedelta(days=3)) > REAL


def test_it_also_goes_on_after_the_last_moment_in_the_database(tmp_path: Path) -> None:
    path, latest = tmp_path / "clock", REAL + timedelta(hours=2)
    write_down(lambda: REAL, path)
    assert start_of(path, 6.0, latest, REAL) > latest
