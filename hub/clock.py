"""The sole reader of time. Everybody else takes `now` as an argument."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def system_clock() -> datetime:
    """The moment it is, aware UTC."""
    return datetime.now(UTC)


def steady_clock() -> Clock:
    """A clock that starts at the moment it is and stands still while the machine sleeps."""
    began, at = system_clock(), time.monotonic()
    return lambda: began + timedelta(seconds=time.monotonic() - at)


class ScaledClock:
    """A rehearsal's clock: starts at `start` and runs `scale` times as fast as the world."""

    def __init__(self, start: datetime, scale: float, real: Clock = system_clock) -> None:
        self.start, self.scale, self.real = start, scale, real
        self.began = real()

    def __call__(self) -> datetime:
        return self.start + (self.real() - self.began) * self.scale


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

    def begin(self, speed: float) -> None:
        """Go on where it was, or now if this machine was started since, or nobody ever set it."""
        try:
            _, since, _ = self.path.read_text().split()
        except FileNotFoundError:
            since = "inf"
        if float(since) > time.monotonic():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.set(system_clock(), speed)


async def pause(length: timedelta, scale: float = 1.0) -> None:
    """Wait for a length of the hub's time."""
    await asyncio.sleep(max(length.total_seconds(), 0) / scale)
