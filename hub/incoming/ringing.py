"""The queue of what can ring: stored together where it comes together, held up by nobody's lock."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import count
from uuid import UUID

from hub.contain import contained
from hub.decoders.heard import Heard

HELD_UP = 0.05  # seconds after which a batch is waiting for somebody, and the next ones go past it
BATCHES = 4  # that may be under way at once
StoreAll = Callable[[Sequence[Heard]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Waiting:
    heard: Heard
    whose: Hashable
    number: int  # of its arrival
    stored: asyncio.Future[None]


class Ringing:
    """Takes messages that can ring, in arrival order for each device. `run` must be running.

    One goes at once. What comes while a batch is being stored goes together, up to `most`: twenty
    in a transaction cost little more than one. A batch that takes longer than `HELD_UP`, as
    somebody holds a lock that it needs, holds up its own devices and nobody else. Where more waits
    than goes together, devices take turns: one that rings without end holds up only itself.
    """

    def __init__(self, store_all: StoreAll, most: int) -> None:
        self._store_all, self._most = store_all, most
        self._waiting = dict[Hashable, deque[_Waiting]]()  # by device, whose turn it is first
        self._numbers = count()
        self._came = asyncio.Event()
        self._under_way: dict[asyncio.Future[None], set[Hashable]] = {}

    async def put(self, heard: Heard) -> None:
        """Wait until this message is committed. Raises ConnectionError when it cannot be now."""
        stored = asyncio.get_running_loop().create_future()
        one = _Waiting(heard, _whose(heard), next(self._numbers), stored)
        self._waiting.setdefault(one.whose, deque()).append(one)
        self._came.set()
        await stored

    async def run(self) -> None:
        """Store batches until cancelled; those that have begun are finished first."""
        while True:
            await self._came.wait()
            self._came.clear()
            while len(self._under_way) < BATCHES and (batch := self._next_batch()):
                storing = asyncio.ensure_future(self._store(batch))
                self._under_way[storing] = {one.whose for one in batch}
                storing.add_done_callback(self._done)
                await asyncio.wait([storing], timeout=HELD_UP)

    def _next_batch(self) -> list[_Waiting]:
        """Take the next of each device in turn, but of none of which something is under way."""
        busy = set[Hashable]().union(*self._under_way.values())
        batch = list[_Waiting]()
        while len(batch) < self._most:
            whose = next((one for one in self._waiting if one not in busy), None)
            if whose is None:
                break
            theirs = self._waiting.pop(whose)
            batch.append(theirs.popleft())
            if theirs:
                self._waiting[whose] = theirs
        return sorted(batch, key=lambda one: one.number)

    def _done(self, storing: asyncio.Future[None]) -> None:
        del self._under_way[storing]
        self._came.set()

    async def _store(self, batch: Sequence[_Waiting]) -> None:
        with contained("batch could not be stored", size=len(batch)) as storing:
            await self._store_all([one.heard for one in batch])
        for one in batch:
            if one.stored.done():
                continue
            if storing.error is None:
                one.stored.set_result(None)
            else:
                one.stored.set_exception(ConnectionError("not stored, try again"))


def _whose(heard: Heard) -> tuple[UUID, str, str | None]:
    return heard.arrival.principal.gateway_id, heard.adapter, heard.key
