"""The sole reader of time. Everybody else takes `now` as an argument."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


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


async def pause(length: timedelta, scale: float = 1.0) -> None:
    """Wait for a length of the hub's time."""
    await asyncio.sleep(max(length.total_seconds(), 0) / scale)
