"""What a device's own clock is worth: believed, unless it shows that it is wrong."""

from dataclasses import dataclass
from datetime import datetime, timedelta

AHEAD = timedelta(minutes=2)
OFF = timedelta(minutes=10)
LATE = timedelta(minutes=15)
OLDEST = timedelta(days=7)
APART = timedelta(minutes=2)  # what a gateway had kept comes in one go; a wrong clock does not


@dataclass(frozen=True, slots=True)
class Telling:
    """A moment a device told, and when we received that."""

    said: datetime
    received_at: datetime

    @property
    def behind(self) -> timedelta:
        """How long before the receipt it says it was; negative when it runs ahead."""
        return self.received_at - self.said


def could_be(said: datetime, received_at: datetime) -> bool:
    """Whether a device may have waited that long to tell: not from the future, at most a week."""
    return -AHEAD <= received_at - said <= OLDEST


def needs_a_look_back(told: Telling) -> bool:
    """Whether only what the device told before can say if its clock is wrong or the news old."""
    return could_be(told.said, told.received_at) and told.behind > OFF


def is_wrong(told: Telling, before: Telling | None) -> bool:
    """Whether a clock shows that it is wrong, by itself or beside what it told `before`.

    News that was kept somewhere comes nearer to now while it is handed over. A clock that stands
    still tells the same moment again; one that is slow, or in a wrong zone, stays behind.
    """
    if not could_be(told.said, told.received_at):
        return True
    if before is None or not needs_a_look_back(told):
        return False
    if told.received_at - before.received_at < APART:
        return False
    stays_behind = before.behind > OFF and told.behind > before.behind - AHEAD
    return told.said == before.said or stays_behind
