"""A keeper of sessions held in the hand: what it is told, and nothing that outlives a test."""

from dataclasses import dataclass, field
from uuid import uuid4

from hub.store.mqtt_packets import Confirmed, Release
from hub.store.mqtt_sessions import Closing, Name, Opened, Opening


@dataclass
class Desk:
    """Sessions of a door without a database; `away` is what it answers with when there is none."""

    opened: dict[Name, Opened] = field(default_factory=dict)
    closed: list[Closing] = field(default_factory=list)
    released: list[Release] = field(default_factory=list)
    in_use: set[int] = field(default_factory=set)
    away: Exception | None = None

    async def open(self, opening: Opening) -> Opened:
        if self.away is not None:
            raise self.away
        before = self.opened.get(opening.name)
        opened = Opened(uuid4(), before.generation + 1 if before else 1, resumed=False)
        self.opened[opening.name] = opened
        return opened

    async def release(self, release: Release) -> bool:
        if self.away is not None:
            raise self.away
        self.released.append(release)
        known = release.packet_id in self.in_use
        self.in_use.discard(release.packet_id)
        return known

    def close(self, closing: Closing, _confirmed: Confirmed | None) -> None:
        self.closed.append(closing)
