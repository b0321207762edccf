"""A rehearsal's clock that several processes read and one leads: it runs, leaps or stands."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LedClock:
    """The clock in this file; it outlives whoever reads it, so a hub that is killed can go on.

    Everybody on this machine who reads it at once sees the same moment. Nothing can be read
    before it was first set.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self) -> datetime:
        at, since, speed = (float(one) for one in self.path.read_text().split())
        return EPOCH + timedelta(seconds=at + (time.monotonic() - since) * speed)

    def set(self, moment: datetime, speed: float) -> None:
        """Go on from this moment at this speed; 0 stands still."""
        at = (moment - EPOCH).total_seconds()
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"{at!r} {time.monotonic()!r} {speed!r}")
        fresh.replace(self.path)  # a reader sees the one or the other, never half of it
