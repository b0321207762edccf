"""Judges what must come true often enough: over many seeds, with the doubt that is left.

The bounds are those of C. J. Clopper and E. S. Pearson (1934), at 95 %: exact, so that few seeds
never prove more than they can.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from math import exp, lgamma, log

from hub.rehearsal import expecting
from hub.rehearsal.account import Account
from simulators.night import Expectation, Night

DOUBT = 0.025  # on either side
MOST_SEEDS = 2_000  # to think of, when saying how many would be enough


class Verdict(StrEnum):
    """What so many seeds allow one to say."""

    KEPT = "kept"
    BROKEN = "broken"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Chance:
    """How often an expectation with `prob` was met; `missed` are the seeds that did not."""

    night: Night
    expectation: Expectation
    played: int
    missed: Sequence[int]

    @property
    def met(self) -> int:
        """In how many nights it was met."""
        return self.played - len(self.missed)

    @property
    def bounds(self) -> tuple[float, float]:
        """Between which shares the true one lies, with 95 % certainty."""
        return bounds(self.met, self.played)

    @property
    def verdict(self) -> Verdict:
        """Whether these nights prove it kept or broken, or leave it open."""
        wanted, (low, high) = self.expectation.prob or 0.0, self.bounds
        if low >= wanted:
            return Verdict.KEPT
        return Verdict.BROKEN if high < wanted else Verdict.UNDECIDED

    @property
    def enough(self) -> int | None:
        """How many seeds would prove it if the share stays as it is; None: very many, or none."""
        share, seeds = self.met / self.played, self.played
        while seeds <= MOST_SEEDS:
            if bounds(round(share * seeds), seeds)[0] >= (self.expectation.prob or 0.0):
                return seeds
            seeds += max(1, seeds // 10)
        return None


def bounds(met: int, played: int) -> tuple[float, float]:
    """Between which shares the true one lies, where `met` out of `played` were seen."""
    low = _where(lambda share: 1 - _at_most(met - 1, played, share) < DOUBT) if met else 0.0
    high = _where(lambda share: _at_most(met, played, share) > DOUBT) if met < played else 1.0
    return low, high


def _where(holds_below: Callable[[float], bool]) -> float:
    """The share up to which something holds, by halving."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if holds_below(middle) else (low, middle)
    return low


def _at_most(met: int, played: int, share: float) -> float:
    """The chance that at most `met` of `played` are seen when this share is the true one."""
    yes, no, every = log(share), log(1 - share), lgamma(played + 1)
    return sum(
        exp(every - lgamma(one + 1) - lgamma(played - one + 1) + one * yes + (played - one) * no)
        for one in range(met + 1)
    )


def chances(accounts: Iterable[Account]) -> list[Chance]:
    """Every expectation with a chance of every night that was played to its end, over its seeds."""
    whole = sorted((one for one in accounts if one.until is None), key=lambda one: one.night.file)
    return [
        _chance(expectation, same)
        for _, group in groupby(whole, key=lambda one: one.night.file)
        for same in [tuple(group)]
        for expectation in same[0].night.expectations
        if expectation.prob is not None
    ]


def _chance(expectation: Expectation, accounts: Sequence[Account]) -> Chance:
    missed = [one.seed for one in accounts if not _met(expectation, one)]
    return Chance(accounts[0].night, expectation, len(accounts), missed)


def _met(expectation: Expectation, account: Account) -> bool:
    broken = expecting.judged(expectation, account.night, account.happened, account.still_open)
    return not list(broken)
