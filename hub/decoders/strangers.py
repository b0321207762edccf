"""Counts the unregistered devices of each gateway that call, so that a flood of them is one matter.

The first of an hour have an alert each, as each may be worn by somebody; all others share one.
"""

from datetime import datetime, timedelta
from uuid import UUID

EACH_ITS_OWN = 20
REMEMBERED = timedelta(hours=1)


class Strangers:
    """The strangers heard lately; at most EACH_ITS_OWN are remembered of a gateway."""

    def __init__(self) -> None:
        self._heard: dict[UUID, dict[str, datetime]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._heard.values()))

    def crowded(self, gateway_id: UUID, name: str, now: datetime) -> bool:
        """Note that a stranger calls; whether too many others already did."""
        heard = self._heard.setdefault(gateway_id, {})
        for old in [one for one, at in heard.items() if now - at > REMEMBERED]:
            del heard[old]
        if name not in heard and len(heard) >= EACH_ITS_OWN:
            return True
        heard[name] = now
        return False
