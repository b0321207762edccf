"""What a played night showed, and how closely it was followed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.rehearsal.ledger import Happened, Ledger
from hub.rehearsal.promises import Broken
from hub.rehearsal.stage import Heard, Posted
from simulators.night import Night


@dataclass(frozen=True, slots=True)
class Account:
    """What a night showed. `broken` is empty when it went as it must; `journal` is all of it.

    `seconds` is how long it took, `messages` and `calls` are how many came in and went out.
    `until` is where it was ended sooner, `ledger`, `heard` and `posted` are what the viewer draws
    from, `processor` is how many seconds of it this process used, `spent` what they went to.
    """

    night: Night
    seed: int
    happened: Sequence[Happened]
    broken: Sequence[Broken]
    journal: str
    messages: int
    calls: int
    alerts: int
    steps: int
    seconds: float
    until: datetime | None
    ledger: Ledger
    heard: Sequence[Heard]
    posted: Sequence[Posted]
    processor: float = 0.0
    spent: Mapping[str, float] = field(default_factory=dict)

    @property
    def still_open(self) -> int:
        """How many alerts nobody had resolved."""
        return sum(one.resolved_at is None for one in self.ledger.alerts.values())

    @property
    def client_nights(self) -> float:
        """How many clients something was heard of, for how much of a night of eight hours."""
        hours = (self.night.end - self.night.start) / timedelta(hours=1)
        return len(self.night.speaking) * hours / 8


@dataclass(frozen=True, slots=True)
class Pace:
    """How closely a night is followed; each step by itself, unless said otherwise.

    What homes say by themselves within `together` is handed over at once. The promises are judged,
    and the desks look, once in `looks` of the night.
    """

    together: timedelta = timedelta()
    looks: timedelta = timedelta()


STEP_BY_STEP = Pace()
CROWDED = Pace(together=timedelta(seconds=60), looks=timedelta(seconds=30))
