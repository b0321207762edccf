"""Says now and then how far a night is, to whoever waits for it."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from simulators.night import Night

EVERY = 5.0  # real seconds


def to_whoever_waits(line: str) -> None:
    """Beside the result, which may be read by a program."""
    print(line, file=sys.stderr, flush=True)


@dataclass(slots=True)
class Progress:
    """Says a line once in `every` real seconds, and nothing about a night that is over sooner."""

    say: Callable[[str], None] = to_whoever_waits
    every: float = EVERY
    said_at: float = field(default_factory=time.perf_counter)

    def at(self, night: Night, moment: datetime, alerts: int, broken: int) -> None:
        """The night is at this moment, with so many alerts and broken promises so far."""
        if time.perf_counter() - self.said_at < self.every:
            return
        self.said_at = time.perf_counter()
        share = (moment - night.start) / (night.end - night.start)
        wrong = f", {broken} broken" if broken else ""
        self.say(
            f"     {night.name}: {moment.astimezone(night.zone):%H:%M:%S}, {share:.0%} of the "
            f"night, {alerts} alerts{wrong}"
        )


def in_silence() -> Progress:
    """Say nothing: nobody waits."""
    return Progress(say=lambda _: None)
