"""Luck is drawn per entity and purpose."""

from datetime import timedelta
from statistics import mean, median

from simulators.chance import duration, how_many, stream


def test_the_same_name_and_purpose_have_the_same_luck() -> None:
    assert stream(7, "anna", "toilet").random() == stream(7, "anna", "toilet").random()


def test_another_purpose_seed_or_person_has_other_luck() -> None:
    streams = [
        stream(7, "anna"),
        stream(8, "anna"),
        stream(7, "jan"),
        stream(7, "a", "nna"),
    ]
    draws = {luck.random() for luck in streams}
    assert len(draws) == 4


def test_lengths_of_time_keep_their_median_and_95th_percentile() -> None:
    luck = stream(1, "dwell")
    drawn = sorted(
        duration(luck, timedelta(minutes=4.4), timedelta(minutes=9)).total_seconds() / 60
        for _ in range(4_000)
    )
    assert 4.2 < median(drawn) < 4.6
    assert 8.4 < drawn[3_800] < 9.6


def test_counts_keep_their_mean() -> None:
    luck = stream(1, "trips")
    assert 1.7 < mean(how_many(luck, 1.8) for _ in range(4_000)) < 1.9
