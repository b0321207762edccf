"""The messages of one connection whose "yes" is still to come."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush

from hub.sources.arrival import Arrival, Receipt
from hub.sources.door_terms import Counters, Limits

TakeIn = Callable[[Arrival], Awaitable[Receipt]]
log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Held:
    number: int
    arrival: Arrival
    size: int
    receipt: Receipt | None = None
    calling: bool = False

    def __lt__(self, other: "_Held") -> bool:
        return self.number < other.number


class Withheld:
    """Hands messages to `take_in` in order of arrival, and again until each is stored.

    Several are with `take_in` at once; `answer` is called in order of arrival, not for QoS 0.
    While `take_in` fails with an OSError (the database is away) one message at a time knocks,
    with a growing pause; any other error is tried again without holding up the messages behind it.
    What all connections hold is bounded together: past that, each may hold one message.
    """

    def __init__(
        self,
        take_in: TakeIn,
        answer: Callable[[Arrival, Receipt], None],
        limits: Limits,
        counters: Counters,
        taking: set[asyncio.Future[Receipt]],
    ) -> None:
        self._take_in, self._answer, self._limits = take_in, answer, limits
        self._counters, self._taking = counters, taking
        self._loop = asyncio.get_running_loop()
        self._assured: deque[_Held] = deque()
        self._assured_bytes = self._unassured = self._unassured_bytes = self._number = 0
        self._waiting: list[_Held] = []  # a heap: what is to be called again, oldest first
        self._retry: asyncio.TimerHandle | None = None
        self._failures, self._away, self._stopped, self._forgotten = 0, False, False, False

    @property
    def is_empty(self) -> bool:
        """Whether no "yes" is still to come."""
        return not self._assured

    def has_room(self, size: int) -> bool:
        """Whether another message of QoS 1 or 2 and about `size` bytes may be held."""
        return not self._assured or (
            len(self._assured) < self._limits.unacknowledged
            and self._assured_bytes + size <= self._limits.pending_bytes
            and self._all_have_room()
        )

    def holds_copy_of(self, arrival: Arrival) -> bool:
        """Whether this very message is still held: a sender that grew impatient."""
        return (arrival.duplicate or arrival.qos == 2) and any(
            held.arrival.packet_id == arrival.packet_id
            and held.arrival.qos == arrival.qos
            and held.arrival.topic == arrival.topic
            and held.arrival.payload == arrival.payload
            and held.arrival.discarded == arrival.discarded
            for held in self._assured
        )

    def add(self, arrival: Arrival) -> bool:
        """Take charge of a message; False when it is of QoS 0 and too many of those wait."""
        said = sum(len(name) + len(value) for name, value in arrival.user_properties)
        size = len(arrival.payload) + len(arrival.topic) + said
        if arrival.qos == 0 and not self._has_room_unassured(size):
            self._counters.dropped += 1
            return False
        self._number += 1
        held = _Held(self._number, arrival, size)
        self._hold(held)
        self._count(held, 1)
        if arrival.qos:
            self._assured.append(held)
        if self._waiting or self._stopped:
            heappush(self._waiting, held)
        else:
            self._call(held)
        return True

    def stop(self) -> None:
        """Call nothing again: the connection is gone or going. What is being taken goes on."""
        self._stopped = True
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def forget(self) -> None:
        """There is nobody left to say "yes" to."""
        self.stop()
        self._forgotten = True
        dropped = [held for held in self._waiting if held.arrival.qos == 0]
        self._counters.withheld -= len(self._assured)
        self._counters.dropped += len(dropped)
        for held in (*self._assured, *dropped):
            if not held.calling:  # those being taken in still are in memory
                self._let_go(held)
        self._assured.clear()
        self._waiting.clear()

    def _all_have_room(self) -> bool:
        return self._counters.pending_bytes < self._limits.all_pending_bytes

    def _has_room_unassured(self, size: int) -> bool:
        return not self._unassured or (
            self._unassured < self._limits.unassured
            and self._unassured_bytes + size <= self._limits.pending_bytes
            and self._all_have_room()
        )

    def _count(self, held: _Held, step: int) -> None:
        if held.arrival.qos:
            self._assured_bytes += step * held.size
            self._counters.withheld += step
        else:
            self._unassured += step
            self._unassured_bytes += step * held.size

    def _hold(self, held: _Held) -> None:
        self._counters.pending_bytes += held.size + self._limits.message_bytes

    def _let_go(self, held: _Held) -> None:
        self._counters.pending_bytes -= held.size + self._limits.message_bytes

    def _call(self, held: _Held) -> None:
        held.calling = True
        taking = asyncio.ensure_future(self._take_in(held.arrival))
        self._taking.add(taking)
        taking.add_done_callback(partial(self._taken, held))

    def _taken(self, held: _Held, taking: asyncio.Future[Receipt]) -> None:
        self._taking.discard(taking)
        held.calling = False
        error = asyncio.CancelledError() if taking.cancelled() else taking.exception()
        if self._forgotten:
            self._let_go(held)
            self._counters.dropped += error is not None and held.arrival.qos == 0
        elif error is None:
            self._safe(held, taking.result())
        elif held.arrival.qos == 0 and self._stopped:
            self._let_go(held)
            self._counters.dropped += 1
        elif not self._stopped:
            heappush(self._waiting, held)
            self._pause(error)

    def _safe(self, held: _Held, receipt: Receipt) -> None:
        held.receipt = receipt
        if self._failures and self._retry is None and not self._stopped:
            self._failures = 0
            self._call_again(len(self._waiting))
        if not held.arrival.qos:
            self._count(held, -1)
            self._let_go(held)
        while self._assured and (known := self._assured[0].receipt) is not None:
            first = self._assured.popleft()
            self._count(first, -1)
            self._let_go(first)
            self._answer(first.arrival, known)

    def _pause(self, error: BaseException) -> None:
        if self._retry is not None:
            return
        if not self._failures:
            # The kind of error only: its text may hold what a client sent.
            facts = {"gateway": str(self._waiting[0].arrival.principal.gateway_id)}
            log.warning("yes withheld", extra=facts | {"error": type(error).__name__})
        longest = self._limits.slowest_retry.total_seconds()
        length = self._limits.first_retry.total_seconds() * 2 ** min(self._failures, 16)
        self._failures += 1
        self._away = isinstance(error, OSError)
        self._retry = self._loop.call_later(min(length, longest), self._knock)

    def _knock(self) -> None:
        self._retry = None
        self._call_again(1 if self._away else len(self._waiting))

    def _call_again(self, count: int) -> None:
        for _ in range(count):
            self._counters.retried += 1
            self._call(heappop(self._waiting))
