"""An ordinary day looks like the days of recorded homes."""

import json
from datetime import date, timedelta
from itertools import pairwise

from simulators.routine import Home, moment, ordinary_day, without
from simulators.stage import split

HOME = Home("anna", "zorg/gw1", "bed", "deur", "slaapkamer", "badkamer", "woonkamer")
EVENING = date(2026, 1, 14)
LONG_OUT = timedelta(minutes=15)


def test_the_same_evening_is_the_same_day_again() -> None:
    assert ordinary_day(HOME, EVENING, 3) == ordinary_day(HOME, EVENING, 3)


def test_another_home_changes_nobody_elses_day() -> None:
    alone = ordinary_day(HOME, EVENING, 3)
    ordinary_day(Home("jan", "zorg/gw1", "bed-jan"), EVENING, 3)
    assert ordinary_day(HOME, EVENING, 3) == alone


def test_an_ordinary_toilet_trip_is_shorter_than_the_shortest_limit() -> None:
    for seed in range(40):
        told = [one for one in ordinary_day(HOME, EVENING, seed) if one.topic.endswith("/bed")]
        night = told[1:]  # the first says at noon that nobody is in bed
        trips = [
            (one, two) for one, two in pairwise(night) if not json.loads(one.payload)["contact"]
        ]
        assert all(two.at - one.at < LONG_OUT for one, two in trips)


def test_a_home_sends_about_as_much_as_a_recorded_one() -> None:
    per_day = [len(ordinary_day(HOME, EVENING, seed)) for seed in range(10)]
    assert all(100 < count < 1_060 for count in per_day)


def test_a_moment_before_noon_is_the_morning_after() -> None:
    assert moment(EVENING, "23:00") < moment(EVENING, "03:00") < moment(EVENING, "11:00")


def test_the_hour_that_comes_twice_is_counted_once() -> None:
    october = date(2026, 10, 24)
    assert moment(october, "07:00") - moment(october, "23:00") == timedelta(hours=9)


def test_somebody_who_starts_late_reports_the_present_state_and_no_old_press() -> None:
    day = ordinary_day(HOME, EVENING, 3)
    now = moment(EVENING, "23:30")
    present, coming = split(day, now)
    assert {one.topic.rpartition("/")[2] for one in present} >= {"bed", "woonkamer"}
    assert all(one.at > now for one in coming)


def test_a_scene_gets_a_quiet_house() -> None:
    start, end = moment(EVENING, "23:00"), moment(EVENING, "23:50")
    day = without(ordinary_day(HOME, EVENING, 3), start, end)
    assert not [one for one in day if start <= one.at < end]
