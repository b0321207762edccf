"""What the tests of the live stage share."""

from dataclasses import replace
from datetime import timedelta

from hub.rehearsal.live import Performance
from hub.rehearsal.live_command import lines
from simulators.night import Expectation, Night

PATIENCE = timedelta(seconds=15)  # of the night: three of a machine that others share


def patient(night: Night) -> Night:
    """A night that leaves real seconds for what must come: the virtual stage is exact."""
    return replace(night, expectations=tuple(_patient(one) for one in night.expectations))


def _patient(expectation: Expectation) -> Expectation:
    ends = expectation.during.ends
    if expectation.form not in ("reached", "exactly_once") or ends is None:
        return expectation
    return replace(expectation, during=replace(expectation.during, ends=ends + PATIENCE))


def assert_went_well(played: Performance) -> None:
    """It went as it must, and nothing that was said got lost."""
    assert not played.account.broken, "\n".join(lines(played, whole=True))
    assert played.figures.confirmed == played.figures.published
