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

    def __lt__(self, other: "_Held") -> bool:
        return self.number < other.number


class Withheld:
    """Hands messages to `take_in` in order of arrival, and again until each is stored.

    Several are with `take_in` at once; `answer` is called in order of arrival, for QoS 1 only.
    While `take_in` fails with an OSError (the database is away) one message at a time knocks,
    with a growing pause; any other error is tried again without holding up the messages behind it.
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
        self._failures, self._away, self._stopped = 0, False, False

    def has_room(self, size: int) -> bool:
        """Whether another QoS 1 message of about `size` bytes may be held."""
        return not self._assured or (
            len(self._assured) < self._limits.unacknowledged
            and self._assured_bytes + size <= self._limits.pending_bytes
        )

    def holds_copy_of(self, arrival: Arrival) -> bool:
        """Whether this very message is still held: a sender that grew impatient."""
        return arrival.duplicate and any(
            held.arrival.packet_id == arrival.packet_id and held.arrival.payload == arrival.payload
            for held in self._assured
        )

    def add(self, arrival: Arrival) -> bool:
        """Take charge of a message; False when it is of QoS 0 and too many of those wait."""
        size = len(arrival.payload) + len(arrival.topic)
        if arrival.qos == 0 and not self._has_room_unassured(size):
            self._counters.dropped += 1
            return False
        self._number += 1
        held = _Held(self._number, arrival, size)
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
        self._counters.withheld -= len(self._assured)
        self._counters.dropped += sum(held.arrival.qos == 0 for held in self._waiting)
        self._assured.clear()
        self._waiting.clear()

    def _has_room_unassured(self, size: int) -> bool:
        return (
            self._unassured < self._limits.unassured
            and self._unassured_bytes + size <= self._limits.pending_bytes
        )

    def _count(self, held: _Held, step: int) -> None:
        if held.arrival.qos:
            self._assured_bytes += step * held.size
            self._counters.withheld += step
        else:
            self._unassured += step
            self._unassured_bytes += step * held.size

    def _call(self, held: _Held) -> None:
        taking = asyncio.ensure_future(self._take_in(held.arrival))
        self._taking.add(taking)
        taking.add_done_callback(partial(self._taken, held))

    def _taken(self, held: _Held, taking: asyncio.Future[Receipt]) -> None:
        self._taking.discard(taking)
        error = asyncio.CancelledError() if taking.cancelled() else taking.exception()
        if error is None:
            self._safe(held, taking.result())
        elif self._stopped:
            self._counters.dropped += held.arrival.qos == 0
        else:
            heappush(self._waiting, held)
            self._pause(error)

    def _safe(self, held: _Held, receipt: Receipt) -> None:
        held.receipt = receipt
        if self._failures and self._retry is None and not self._stopped:
            self._failures = 0
            self._call_again(len(self._waiting))
        if not held.arrival.qos:
            self._count(held, -1)
        while self._assured and (known := self._assured[0].receipt) is not None:
            first = self._assured.popleft()
            self._count(first, -1)
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
