"""Luck, drawn from one stream per entity and purpose: a new person changes nobody else's luck."""

from datetime import timedelta
from hashlib import sha256
from math import exp, log
from random import Random

_P95 = 1.6449  # standard deviations from the median to the 95th percentile


def stream(seed: int, *names: str) -> Random:
    """A stream of luck of its own for these names: the same names and seed give the same luck."""
    digest = sha256("\x1f".join([str(seed), *names]).encode()).digest()
    return Random(int.from_bytes(digest[:8], "big"))


def happens(luck: Random, probability: float) -> bool:
    """True with this probability."""
    return luck.random() < probability


def duration(luck: Random, median: timedelta, p95: timedelta) -> timedelta:
    """A lognormal length of time with this median and 95th percentile."""
    middle = median.total_seconds()
    spread = log(p95.total_seconds() / middle) / _P95
    return timedelta(seconds=luck.lognormvariate(log(middle), spread))


def how_many(luck: Random, mean: float) -> int:
    """A Poisson count with this mean."""
    limit, product, count = exp(-mean), luck.random(), 0
    while product > limit:
        product *= luck.random()
        count += 1
    return count
