"""The queue of what can ring: stored together where it comes together, held up by nobody's lock."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
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
    stored: asyncio.Future[None]


class Ringing:
    """Takes messages that can ring, in arrival order for each device. `run` must be running.

    One goes at once. What comes while a batch is being stored goes together, up to `most`: twenty
    in a transaction cost little more than one. A batch that takes longer than `HELD_UP`, as
    somebody holds a lock that it needs, holds up its own devices and nobody else.
    """

    def __init__(self, store_all: StoreAll, most: int) -> None:
        self._store_all, self._most = store_all, most
        self._waiting = deque[_Waiting]()
        self._came = asyncio.Event()
        self._under_way: dict[asyncio.Future[None], set[Hashable]] = {}

    async def put(self, heard: Heard) -> None:
        """Wait until this message is committed. Raises ConnectionError when it cannot be now."""
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(heard, _whose(heard), stored))
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
        """Take the first that wait, but of no device of which something is under way."""
        busy = set[Hashable]().union(*self._under_way.values())
        batch, left = list[_Waiting](), list[_Waiting]()
        while self._waiting and len(batch) < self._most:
            one = self._waiting.popleft()
            (left if one.whose in busy else batch).append(one)
        self._waiting.extendleft(reversed(left))
        return batch

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
