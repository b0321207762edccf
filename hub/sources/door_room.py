"""Who there is room for at the front door, and who goes where there is none."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from hub.sources.door_terms import Limits

if TYPE_CHECKING:
    from hub.sources.door_connection import Connection


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """The connections of one door: strangers oldest first, and the others by their gateway."""

    limits: Limits
    everybody: dict["Connection", str] = field(default_factory=dict)  # with their addresses
    _strangers: dict["Connection", None] = field(default_factory=dict)
    _inside: dict[UUID, dict["Connection", None]] = field(default_factory=dict)
    _addresses: Counter[str] = field(default_factory=Counter)

    def enter(self, newcomer: "Connection") -> bool:
        """Whether a stranger may stay; where the door is full the oldest other stranger goes.

        Whoever opens connections and says nothing must not keep gateways out.
        """
        address = newcomer.wire.address
        if self._addresses[address] >= self.limits.connections_of_an_address:
            return False
        if len(self.everybody) >= self.limits.connections:
            if not self._strangers:
                return False
            oldest = next(iter(self._strangers))
            self.forget(oldest)
            oldest.wire.cut()
        self.everybody[newcomer] = address
        self._strangers[newcomer] = None
        self._addresses[address] += 1
        return True

    def belongs(self, connection: "Connection", gateway: UUID) -> "Connection | None":
        """Note whose it is; the gateway's connection that must go for it, the longest silent.

        A gateway that loses its connections without our noticing comes back under new client
        ids: turning it away would keep it out until the old ones are found to be dead.
        """
        self._strangers.pop(connection, None)
        own = self._inside.setdefault(gateway, {})
        silent = None
        if len(own) >= self.limits.connections_of_a_gateway:
            silent = min(own, key=lambda one: one.wire.heard_at)
        own[connection] = None
        return silent

    def forget(self, connection: "Connection") -> None:
        """It is gone, or as good as gone; harmless a second time."""
        address = self.everybody.pop(connection, None)
        if address is None:
            return
        self._strangers.pop(connection, None)
        self.part(connection)
        self._addresses[address] -= 1
        if not self._addresses[address]:
            del self._addresses[address]

    def part(self, connection: "Connection") -> None:
        """It is on its way out, and no longer takes a place of its gateway's."""
        gateway = connection.gateway_id
        if gateway is None or gateway not in self._inside:
            return
        self._inside[gateway].pop(connection, None)
        if not self._inside[gateway]:
            del self._inside[gateway]
