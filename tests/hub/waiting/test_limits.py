"""The limits of a client's rhythm: what cannot be meant is refused with its name and a remedy."""

from datetime import time, timedelta
from typing import Any

import pytest

from hub.waiting.limits import limits_of, wrong_limits


def test_limits_as_the_registry_says_them() -> None:
    options = {"out_of_bed_minutes": 30, "up_by": "9:30", "inactive_hours": 4, "home_by": "18:00"}
    assert list(wrong_limits(options)) == []
    limits = limits_of(options, "Europe/Amsterdam")
    assert (limits.wait, limits.up_by) == (timedelta(minutes=30), time(9, 30))
    assert (limits.inactive_for, limits.home_by) == (timedelta(hours=4), time(18))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("up_by", "half tien"), ("up_by", "03:00"), ("up_by", "25:00"), ("up_by", 9.5),
        ("home_by", "23:30"), ("home_by", "9" * 5000 + ":00"), ("inactive_hours", "4"),
        ("inactive_hours", 13), ("inactive_hours", True), ("inactive_hours", float("nan")),
        ("out_of_bed_minutes", "20"), ("out_of_bed_minutes", -1),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_named_and_watched_by_nobody(name: str, value: Any) -> None:
    ((problem, remedy),) = wrong_limits({name: value})
    assert problem.startswith(name)
    assert "such as" in remedy
    limits = limits_of({name: value}, "Europe/Amsterdam")
    assert limits.by_day == ()
