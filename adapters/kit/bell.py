"""A small model of when a hub rings, for one device at a time: levels, copies, replays."""

from dataclasses import dataclass, field

from adapters.contract import Channel, Edge, Reading
from adapters.kit.asking import Answer
from adapters.readings import rings


@dataclass(slots=True)
class Bell:
    """Remembers levels and keys as a hub does."""

    _levels: dict[tuple[str, Channel], bool] = field(default_factory=dict)
    _seen: set[tuple[str, str, bytes]] = field(default_factory=set)

    def hear(self, answer: Answer, payload: bytes) -> list[str]:
        """The kinds for which it rings."""
        return [str(one.kind) for one in answer.readings if self._rings(one, payload)]

    def _rings(self, reading: Reading, payload: bytes) -> bool:
        if isinstance(reading, Edge):
            return rings(reading) and not reading.withdraws and not self._is_copy(reading, payload)
        place = (reading.device, reading.channel)
        before = self._levels.get(place)
        self._levels[place] = reading.active
        return rings(reading) and before is not True

    def _is_copy(self, reading: Edge, payload: bytes) -> bool:
        if reading.key is None:
            return False
        proof = (reading.device, f"{reading.kind} {reading.key.value}", payload)
        known = proof in self._seen
        self._seen.add(proof)
        return known
