"""The messages of one broker's session whose "yes" is still to come."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from hub.sources.arrival import Arrival, Receipt
from hub.sources.door_terms import Counters, Limits
from hub.sources.withheld import TakeIn, Withheld

Acknowledge = Callable[[int], None]


@dataclass(slots=True)
class _Unanswered:
    """A message with its packet id. `awaited`: the broker gave it on this very connection."""

    arrival: Arrival
    awaited: bool = True
    stored: bool = False

    def is_copied_by(self, other: Arrival) -> bool:
        """Whether this is the same delivery again: its id, its bytes, and marked as such."""
        mine = self.arrival
        return (
            other.duplicate
            and (other.packet_id, other.topic) == (mine.packet_id, mine.topic)
            and (other.payload, other.discarded) == (mine.payload, mine.discarded)
        )


class Inbox:
    """Takes messages in, and acknowledges each once it is stored, in the order of arrival.

    It outlives a lost connection: what is still held, or was stored with nobody left to tell, is
    known again when the broker repeats it, and is not stored twice. A packet id is acknowledged
    only on the connection that gave it, as on another it may belong to another message.
    """

    def __init__(self, take_in: TakeIn, limits: Limits, counters: Counters) -> None:
        self._taking: set[asyncio.Future[Receipt]] = set()
        self._withheld = Withheld(take_in, self._stored, limits, counters, self._taking)
        self._unanswered: dict[int, _Unanswered] = {}
        self._acknowledge: Acknowledge | None = None
        self._counters = counters

    @property
    def idle(self) -> bool:
        """Whether nothing given on this connection waits for its "yes"."""
        return not any(one.awaited for one in self._unanswered.values())

    def opened(self, acknowledge: Acknowledge, *, same_session: bool) -> None:
        """Go on with a new connection; in a new session older packet ids mean nothing."""
        self._acknowledge = acknowledge
        if not same_session:
            self._unanswered.clear()

    def closed(self) -> None:
        """Answer nobody any more; what is held goes on being taken in."""
        self._acknowledge = None
        for one in self._unanswered.values():
            one.awaited = False

    def receive(self, arrival: Arrival) -> bool:
        """Take charge of a message; False when there is no room for it."""
        self._counters.received += 1
        if arrival.packet_id is None:
            return self._withheld.add(arrival)
        there = self._unanswered.get(arrival.packet_id)
        if there is not None and there.is_copied_by(arrival):
            there.awaited = True
            if there.stored:
                self._answer(arrival.packet_id)
            return True
        if not self._withheld.has_room(len(arrival.payload)):
            return False
        self._unanswered[arrival.packet_id] = _Unanswered(arrival)
        return self._withheld.add(arrival)

    async def end(self, patience: float) -> None:
        """Forget everything that is not being stored; wait for the rest, in seconds at most."""
        self._withheld.stop()
        if self._taking:
            await asyncio.wait(self._taking, timeout=patience)
        self._acknowledge = None
        self._withheld.forget()
        self._unanswered.clear()

    def _stored(self, arrival: Arrival, _: Receipt) -> None:
        there = self._unanswered.get(arrival.packet_id or 0)
        if there is None or there.arrival is not arrival:
            return  # of a session the broker has ended
        there.stored = True
        if there.awaited:
            self._answer(arrival.packet_id or 0)

    def _answer(self, packet_id: int) -> None:
        del self._unanswered[packet_id]
        self._counters.acknowledged += 1
        if self._acknowledge is not None:
            self._acknowledge(packet_id)
