"""A slow database on the virtual stage: the clock goes on by as much as each commit takes."""

from datetime import datetime, timedelta

from hub.rehearsal.building import Hub
from simulators.night import Night


class SlowCommits:
    """How long what one hub stored had to wait, while a fault of the night lasts."""

    def __init__(self, night: Night) -> None:
        self.night = night
        self.faults = [one for one in night.faults if one.what == "database_slow"]
        self.seen = 0  # commits of this hub that the clock has waited for

    def by(self, at: datetime) -> timedelta:
        """How long a commit takes at this moment; no time at all unless a fault says so."""
        if at >= self.night.end:
            return timedelta()
        return max((one.by for one in self.faults if one.during.covers(at)), default=timedelta())

    def wait(self, hub: Hub, at: datetime, latest: datetime | None) -> datetime:
        """The moment at which all that the hub stored by `at` is stored; at the latest `latest`."""
        commits, self.seen = hub.hints.count - self.seen, hub.hints.count
        waited = at + commits * self.by(at)
        return waited if latest is None else min(waited, max(latest, at))

    def is_behind(self, hub: Hub, at: datetime) -> bool:
        """Whether something was stored that the clock has still to wait for."""
        return self.by(at) > timedelta() and hub.hints.count > self.seen
