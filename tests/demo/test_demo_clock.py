"""The demo's clock starts in the evening and never runs backwards."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub.demo_clock import first_evening, resumed, write_down

REAL = datetime(2026, 7, 14, 9, 30, tzinfo=UTC)


def real() -> datetime:
    return REAL


def test_the_first_start_is_this_evening_in_dutch_time() -> None:
    assert first_evening(REAL) == datetime(2026, 7, 14, 20, 50, tzinfo=UTC)


def test_the_next_start_goes_on_after_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    before = resumed(path, 6.0, None, real)
    write_down(before, path)
    assert resumed(path, 6.0, None, real)() > before()


def test_it_also_goes_on_after_the_last_moment_in_the_database(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    write_down(resumed(path, 6.0, None, real), path)
    latest = first_evening(REAL) + timedelta(hours=2)
    assert resumed(path, 6.0, latest, real)() > latest


def test_it_runs_at_the_speed_it_says(tmp_path: Path) -> None:
    moments = [REAL, REAL, REAL + timedelta(seconds=10)]
    clock = resumed(tmp_path / "clock", 6.0, None, lambda: moments.pop(0))
    assert clock() == first_evening(REAL) + timedelta(minutes=1)
