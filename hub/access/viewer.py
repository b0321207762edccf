"""Who is looking: every read of the store for a person takes a viewer."""

from dataclasses import dataclass
from uuid import UUID

from escalation.model import Actor, Level


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person or an API token's user, and the contact they act as.

    `answers_for` are the desk, team or partner this person belongs to. `address` is the network
    address for the access log.
    """

    user_id: UUID
    organisation_id: UUID
    contact_id: UUID
    role: str
    name: str
    level: Level
    answers_for: frozenset[UUID] = frozenset()
    address: str = ""

    @property
    def actor(self) -> Actor:
        """The viewer as somebody who answers."""
        return Actor(self.contact_id, self.level, self.answers_for)
