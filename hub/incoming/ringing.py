"""The queue of what can ring: stored together where it comes together, held up by nobody's lock."""

import asyncio
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import count
from uuid import UUID

from hub.decoders.heard import Heard
from hub.incoming.lane import StoreAll, Waiting, store_batch

HELD_UP = 0.05  # seconds after which a batch is waiting for somebody, and the next ones go past it
BATCHES = 4  # that may be under way at once


@dataclass(frozen=True, slots=True)
class _InTurn(Waiting):
    whose: Hashable
    number: int  # of its arrival


class Ringing:
    """Takes messages that can ring, in arrival order for each device. `run` must be running.

    One goes at once. What comes while a batch is being stored goes together, up to `most`: twenty
    in a transaction cost little more than one. A batch that takes longer than `HELD_UP`, as
    somebody holds a lock that it needs, holds up its own devices and nobody else. Where more waits
    than goes together, devices take turns: one that rings without end holds up only itself.
    """

    def __init__(self, store_all: StoreAll, most: int) -> None:
        self._store_all, self._most = store_all, most
        self._waiting = dict[Hashable, deque[_InTurn]]()  # by device, whose turn it is first
        self._numbers = count()
        self._came = asyncio.Event()
        self._under_way: dict[asyncio.Future[None], set[Hashable]] = {}

    async def put(self, heard: Heard) -> None:
        """Wait until this message is committed. Raises ConnectionError when it cannot be now."""
        stored = asyncio.get_running_loop().create_future()
        one = _InTurn(heard, stored, _whose(heard), next(self._numbers))
        self._waiting.setdefault(one.whose, deque()).append(one)
        self._came.set()
        await stored

    async def run(self) -> None:
        """Store batches until cancelled; those that have begun go on to their end."""
        while True:
            await self._came.wait()
            self._came.clear()
            while len(self._under_way) < BATCHES and (batch := self._next_batch()):
                storing = asyncio.ensure_future(store_batch(self._store_all, batch))
                self._under_way[storing] = {one.whose for one in batch}
                storing.add_done_callback(self._done)
                await asyncio.wait([storing], timeout=HELD_UP)

    def _next_batch(self) -> list[_InTurn]:
        """Take the next of each device in turn, but of none of which something is under way."""
        busy = set[Hashable]().union(*self._under_way.values())
        batch = list[_InTurn]()
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


def _whose(heard: Heard) -> tuple[UUID, str, str | None]:
    return heard.arrival.principal.gateway_id, heard.adapter, heard.key
