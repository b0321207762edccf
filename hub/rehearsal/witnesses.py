"""Says of every expectation whether it was met, and which happenings show it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hub.rehearsal import expecting
from hub.rehearsal.account import Account
from hub.rehearsal.ledger import Happened
from hub.rehearsal.promises import Broken
from simulators.night import Expectation


@dataclass(frozen=True, slots=True)
class Judged:
    """One expectation; `broken` is None where it was met, `shown_by` what it was met by.

    `judged` is False where the night was ended before its end. One with a chance is met or missed
    by this seed, and no more is known from it.
    """

    expectation: Expectation
    judged: bool
    broken: Broken | None
    shown_by: Sequence[Happened]

    @property
    def asked(self) -> str:
        """What it asks for, in the words of the file."""
        return expecting.asked(self.expectation)

    @property
    def failed(self) -> bool:
        """Whether it broke the night."""
        return self.broken is not None and self.expectation.prob is None


def verdicts(account: Account) -> Iterator[Judged]:
    """Every expectation of a played night, in the order of the file."""
    for one in account.night.expectations:
        found = list(expecting.judged(one, account.night, account.happened, account.still_open))
        judged = account.until is None
        shown = list(_shown_by(one, account.happened))
        yield Judged(one, judged, found[0] if judged and found else None, shown)


def _shown_by(one: Expectation, happened: Sequence[Happened]) -> Iterator[Happened]:
    rest = [each for each in happened if one.during.covers(each.at)]
    if one.form != "order":
        yield from [
            each for each in rest if any(expecting.matches(fact, each) for fact in one.facts)
        ]
        return
    for fact in one.facts:
        place = next((n for n, each in enumerate(rest) if expecting.matches(fact, each)), None)
        if place is None:
            return
        yield rest[place]
        rest = rest[place + 1 :]
