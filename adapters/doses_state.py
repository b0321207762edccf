"""What is known of the doses a dispenser should give, as the hub stores it for each dispenser."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

PATIENCE = timedelta(minutes=75)  # not taken for so long is missed, unless the client has 45


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose that is waited for, or that is over.

    `id` is the dispenser's own word for it, "" while it has not named it. `planned` is True when
    the registry says so, not the device. `not_before`: what was heard too late waits a little for
    what was kept beside it. `missed` and `taken` are of one that is over: missed, and not taken
    since; the dispenser said that it was taken.
    """

    id: str
    due_at: datetime
    patience: timedelta = PATIENCE
    time_critical: bool = False
    planned: bool = False
    looked: bool = False
    reminded: bool = False
    missed: bool = False
    taken: bool = False
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """What the registry says: local times of every day, and how long each dose may take."""

    times: tuple[time, ...] = ()
    patience: timedelta = PATIENCE
    time_critical: bool = False
    time_zone: str = "Europe/Amsterdam"


@dataclass(frozen=True, slots=True)
class State:
    """What is waited for. `silent_at` is when the dispenser was told to be silent, if it is.

    `settled` are the last ones that are over: what is said of them late or twice is no news.
    `times` are those of the registry that `planned_until` is about.
    """

    doses: tuple[Dose, ...] = ()
    settled: tuple[Dose, ...] = ()
    times: tuple[str, ...] = ()
    planned_until: datetime | None = None
    silent_at: datetime | None = None
    due_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether a dose should have been given by now and is not settled."""
        return any(one.due_at <= now for one in self.doses)


@dataclass(frozen=True, slots=True)
class Heard:
    """When the dispenser gave its last sign of life, and since when the hub listens; if known."""

    at: datetime | None = None
    listening_since: datetime | None = None
