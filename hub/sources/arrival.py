"""What a source hands to intake, and what intake tells it once that is safe."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Principal:
    """Who authenticated: a gateway of an organisation, and the adapters it may speak.

    `listens` marks an integrator, who may subscribe to what its organisation is told.
    """

    gateway_id: UUID
    organisation_id: UUID
    organisation: str
    gateway: str
    adapters: frozenset[str]
    listens: bool = False

    @property
    def prefix(self) -> str:
        """The topics it may publish under."""
        return f"in/{self.organisation}/{self.gateway}/"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Which packet of which stored session a message was: the transport's own proof of a copy.

    `generation` counts the connections of the session, `number` the messages of one connection.
    """

    session_id: UUID
    generation: int
    packet_id: int
    number: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message a source received and has not said "yes" to.

    `delivery` is None where the transport cannot prove a copy. `source` is kept with the message.
    `discarded` is how many bytes of a payload that was too large were thrown away; `payload` is
    then only its beginning. `not_text` says that the sender promised UTF-8 and did not keep it.
    `refused` is why its source does not believe the principal.
    `key` is the id the sender gave the message itself, the same when it sends it again.
    """

    principal: Principal
    topic: str
    payload: bytes
    qos: int
    received_at: datetime
    duplicate: bool = False
    replayed: bool = False
    packet_id: int | None = None
    content_type: str = ""
    user_properties: tuple[tuple[str, str], ...] = ()
    discarded: int = 0
    not_text: bool = False
    delivery: Delivery | None = None
    source: str = "door"
    refused: str = ""
    key: str = ""

    @property
    def size(self) -> int:
        """How many bytes of payload were sent."""
        return len(self.payload) + self.discarded


class Receipt(StrEnum):
    """What became of an arrival; every one of them is stored by the time this is said."""

    STORED = "stored"
    REFUSED = "refused"
