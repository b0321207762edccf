"""A message with what its adapter made of it, and whether somebody may have to be called."""

from dataclasses import dataclass
from uuid import UUID

from adapters.contract import Decoded, Level, Outcome, Reading, Rejected
from escalation.kinds import RULES, UNKNOWN, takes_back
from escalation.model import Priority
from hub.decoders.versions import NOBODY, Version
from hub.road.modes import CARER
from hub.sources.arrival import Arrival
from hub.store.devices import Device


@dataclass(frozen=True, slots=True)
class Heard:
    """An arrival with its reading. `refused` says why its principal may not publish this.

    `outcome` is what the adapter made of it; `device` is None when the registry has none.
    `unclean` says how its decoding ended, if not with an answer. `suspect` is the digest of one
    that is kept raw until this is stored. `crowded` says that too many strangers call behind its
    gateway for each to have an alert. `version` is that of the adapter that read it.
    """

    id: UUID
    arrival: Arrival
    adapter: str
    outcome: Outcome
    device: Device | None = None
    key: str | None = None
    refused: str = ""
    unclean: str = ""
    suspect: bytes = b""
    crowded: bool = False
    version: Version = NOBODY

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What it says, if anything."""
        return self.outcome.readings if isinstance(self.outcome, Decoded) else ()

    @property
    def can_ring(self) -> bool:
        """Whether this must be handled as an alarm: at once, and whole.

        A line for the nurse's daily list rings nobody, but is an event of somebody all the same.
        """
        if isinstance(self.outcome, Rejected) and not self.refused:
            return True
        known = self.device is not None
        return any(_rings(one) or (known and _is_trend(one)) for one in self.readings)


def _is_trend(reading: Reading) -> bool:
    return reading.kind is not None and RULES.get(reading.kind.value, UNKNOWN).trend


def _rings(reading: Reading) -> bool:
    if reading.kind is None:
        return False
    rule = RULES.get(reading.kind.value)
    if rule is None or rule.priority.rank <= Priority.P3.rank:
        return True
    if isinstance(reading, Level):
        return False
    if reading.kind in CARER:  # whether somebody is there decides what the next message does
        return True
    return rule.priority is Priority.T or reading.withdraws or bool(takes_back(reading.kind.value))
