"""What the tests of the live stage share."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby, zip_longest
from operator import itemgetter
from typing import Any

from hub.rehearsal.account import Account
from hub.rehearsal.ledger import Happened
from hub.rehearsal.live import Performance
from hub.rehearsal.live_command import lines
from simulators.night import Expectation, Night

OK = 200
PATIENCE = timedelta(seconds=15)  # of the night: three of a machine that others share


def patient(night: Night) -> Night:
    """A night that leaves real seconds for what must come: the virtual stage is exact."""
    return replace(night, expectations=tuple(_patient(one) for one in night.expectations))


def _patient(expectation: Expectation) -> Expectation:
    ends = expectation.during.ends
    if expectation.form not in ("reached", "exactly_once") or ends is None:
        return expectation
    return replace(expectation, during=replace(expectation.during, ends=ends + PATIENCE))


def heard_by_all(night: Night) -> Night:
    """The same night, with software behind every organisation."""
    return replace(night, receivers=tuple(one.name for one in night.organisations))


def differences(live: Account, virtual: Account) -> list[str]:
    """What the stages do not have alike: alerts and calls in order, their ends, events told."""
    found = []
    for name, read in (("happened", _happened), ("ends", _ends), ("told", _told)):
        pairs = zip_longest(read(live), read(virtual))
        found += [f"{name}: live {one}, virtual {other}" for one, other in pairs if one != other]
    return found


def _happened(account: Account) -> Sequence[object]:
    """In order; of those who are told one thing at one moment, nobody promises who is first."""
    rest = [_without_moment(one) for one in account.happened if one.what != "resolved"]
    alike = (sorted(together) for _, together in groupby(rest, key=itemgetter(0, 2, 3, 4)))
    return [one for together in alike for one in together]


def _ends(account: Account) -> Sequence[object]:
    """An alert ends and people hear of it at one moment on the virtual stage only."""
    return [_without_moment(one) for one in account.happened if one.what == "resolved"]


def _without_moment(one: Happened) -> tuple[Any, ...]:
    return (one.what, one.who, one.clients, one.kind, one.priority)


def _told(account: Account) -> Sequence[object]:
    """What receivers said yes to: each alert in order, as alerts do not wait for one another."""
    number = account.ledger.numbers
    taken = {one.key: one for one in account.posted if one.status == OK}.values()  # a copy is none
    return sorted(((one.who, number[one.alert], one.what) for one in taken), key=itemgetter(0, 1))


def assert_went_well(played: Performance) -> None:
    """It went as it must, and nothing that was said got lost."""
    assert not played.account.broken, "\n".join(lines(played, whole=True))
    assert played.figures.confirmed == played.figures.published
