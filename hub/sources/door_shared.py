"""What all connections of one door have in common."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from hub.clock import Clock
from hub.sources.arrival import Principal, Receipt
from hub.sources.certificates import Certificates
from hub.sources.door_room import Room
from hub.sources.door_terms import Counters, Limits, Refusal
from hub.sources.introduction import Authenticate, Guesses, Recognise
from hub.sources.session import Keeper, Session
from hub.sources.subscription_delivery import Streams
from hub.sources.withheld import TakeIn
from hub.store.mqtt_sessions import Name

if TYPE_CHECKING:
    from hub.sources.door_connection import Connection

Refused = Callable[[Principal, Refusal], None]


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What one door's connections are given, and what they know of each other."""

    authenticate: Authenticate
    take_in: TakeIn
    keeper: Keeper
    clock: Clock
    limits: Limits
    refused: Refused | None
    new_id: Callable[[], UUID]
    scratch: memoryview
    guesses: Guesses
    room: Room
    counters: Counters = field(default_factory=Counters)
    online: dict[Name, "Connection"] = field(default_factory=dict)
    unconfirmed: set[Session] = field(default_factory=set)  # "yes" said, and maybe not read
    taking: set[asyncio.Future[Receipt]] = field(default_factory=set)
    recognise: Recognise | None = None
    certificates: Certificates | None = None
    streams: Streams | None = None

    @property
    def everybody(self) -> tuple["Connection", ...]:
        """All connections there are now."""
        return tuple(self.room.everybody)
