"""Parts of the day on holidays, and in the nights the clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from escalation.windows import DAY, Holidays, OnHolidays, Window

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
HOUR = timedelta(hours=1)
CHRISTMAS: Holidays = {
    date(2026, 12, 24): 18 * HOUR,  # a Thursday; the evening counts
    date(2026, 12, 25): timedelta(),
    date(2026, 12, 26): timedelta(),
}
EASTER: Holidays = {date(2027, 3, 28): timedelta(), date(2027, 3, 29): timedelta()}
WORKDAYS = frozenset(range(5))


def local(moment: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=AMSTERDAM, fold=fold).astimezone(UTC)


OFFICE = Window(7 * HOUR, 23 * HOUR, WORKDAYS, OnHolidays.NEVER)
FREE = Window(7 * HOUR, 23 * HOUR, frozenset({5, 6}), OnHolidays.ALSO)
NIGHT = Window(23 * HOUR, 7 * HOUR)
FEAST = Window(17 * HOUR, 2 * HOUR, holidays=OnHolidays.ONLY)


@pytest.mark.parametrize(
    ("moment", "covered"),
    [
        ("2026-12-23 17:30", "office"),
        ("2026-12-24 06:59", "night"),
        ("2026-12-24 07:00", "office"),
        ("2026-12-24 17:30", "office"),
        ("2026-12-24 17:59", "office"),
        ("2026-12-24 18:00", "free feast"),
        ("2026-12-24 23:30", "night feast"),
        ("2026-12-25 01:59", "night feast"),
        ("2026-12-25 02:00", "night"),
        ("2026-12-25 12:00", "free"),
        ("2026-12-26 17:00", "free feast"),
        ("2026-12-27 01:00", "night feast"),  # of the 26th, on which it began
        ("2026-12-27 12:00", "free"),
        ("2026-12-27 18:00", "free"),
        ("2026-12-28 12:00", "office"),
    ],
)
def test_a_holiday_counts_from_the_hour_at_which_it_starts(moment: str, covered: str) -> None:
    windows = {"office": OFFICE, "free": FREE, "night": NIGHT, "feast": FEAST}
    found = [
        name for name, one in windows.items() if one.covers(local(moment), AMSTERDAM, CHRISTMAS)
    ]
    assert found == covered.split()


@pytest.mark.parametrize(
    ("moment", "fold", "covered"),
    [
        ("2027-03-27 22:59", 0, "free"),
        ("2027-03-27 23:00", 0, "night"),
        ("2027-03-28 01:59", 0, "night"),  # the next minute is 03:00
        ("2027-03-28 03:00", 0, "night"),
        ("2027-03-28 06:59", 0, "night"),
        ("2027-03-28 07:00", 0, "free"),  # Easter Sunday
        ("2027-03-29 12:00", 0, "free"),  # Easter Monday: a workday, were it no holiday
        ("2027-03-30 12:00", 0, "office"),
        ("2026-10-25 02:20", 0, "night"),
        ("2026-10-25 02:20", 1, "night"),
        ("2026-10-25 07:00", 0, "free"),
    ],
)
def test_day_and_night_are_right_when_the_clock_changes(
    moment: str, fold: int, covered: str
) -> None:
    windows = {"office": OFFICE, "free": FREE, "night": NIGHT}
    at = local(moment, fold)
    assert [name for name, one in windows.items() if one.covers(at, AMSTERDAM, EASTER)] == [covered]


def test_a_holiday_changes_nothing_where_the_weekday_counts() -> None:
    usual = Window(7 * HOUR, 23 * HOUR, WORKDAYS)
    assert usual.covers(local("2026-12-25 12:00"), AMSTERDAM, CHRISTMAS)
    assert not usual.covers(local("2026-12-26 12:00"), AMSTERDAM, CHRISTMAS)


def test_a_window_for_holidays_alone_is_narrower_than_any_other() -> None:
    an_hour = Window(12 * HOUR, 13 * HOUR, frozenset({0}))
    whole_feast = Window(timedelta(), DAY, holidays=OnHolidays.ONLY)
    assert whole_feast.width < an_hour.width < Window(12 * HOUR, 13 * HOUR).width


windows = some.builds(
    lambda begins, ends, days, rule: Window(begins * HOUR / 2, ends * HOUR / 2, days, rule),
    some.integers(0, 48),
    some.integers(0, 48),
    some.frozensets(some.integers(0, 6), min_size=1),
    some.sampled_from(OnHolidays),
)
years = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC))


@given(windows, some.sampled_from(years), some.integers(0, 30 * 24 * 4))
def test_the_times_it_happens_are_the_moments_it_covers(
    window: Window, begins: datetime, quarters: int
) -> None:
    calendar = {**CHRISTMAS, date(2026, 3, 29): 6 * HOUR}
    at = begins + quarters * HOUR / 4
    spans = list(window.spans((begins, begins + 31 * DAY), AMSTERDAM, calendar))
    covered = any(one[0] <= at < one[1] for one in spans)
    assert covered is window.covers(at, AMSTERDAM, calendar)


@given(some.integers(0, 400 * 24 * 4), some.integers(1, 47), some.integers(1, 47))
def test_workdays_and_free_days_together_are_every_moment_once(
    quarters: int, begins: int, starts: int
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + quarters * HOUR / 4
    calendar = {**CHRISTMAS, **EASTER, at.date(): starts * HOUR / 2}
    day = (begins * HOUR / 2, 24 * HOUR)
    night = (timedelta(), begins * HOUR / 2)
    sorts = ((WORKDAYS, OnHolidays.NEVER), (frozenset({5, 6}), OnHolidays.ALSO))
    parts = [Window(*hours, days, rule) for hours in (day, night) for days, rule in sorts]
    assert sum(one.covers(at, AMSTERDAM, calendar) for one in parts) == 1
