"""A queue whose messages are stored together, each of which waits for its own "yes"."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from hub.contain import contained
from hub.decoders.heard import Heard

StoreAll = Callable[[Sequence[Heard]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message, and what is told when it is committed."""

    heard: Heard
    stored: asyncio.Future[None]


class Lane:
    """One queue with one worker: whatever waits is stored together, up to `most`.

    After a batch it rests for `rest` seconds, unless as many wait already: what comes meanwhile is
    one batch. The first message after a quiet while waits for nothing.
    """

    def __init__(self, store_all: StoreAll, most: int, rest: float = 0.0) -> None:
        self.store_all, self.most, self.rest = store_all, most, rest
        self.queue: asyncio.Queue[Waiting] = asyncio.Queue()

    async def put(self, heard: Heard) -> None:
        """Wait until this message is committed. Raises ConnectionError when it cannot be now."""
        waiting = Waiting(heard, asyncio.get_running_loop().create_future())
        self.queue.put_nowait(waiting)
        await waiting.stored

    async def run(self) -> None:
        """Store batches until cancelled; one that has begun goes on to its end."""
        while True:
            batch = [await self.queue.get()]
            while len(batch) < self.most and not self.queue.empty():
                batch.append(self.queue.get_nowait())
            await asyncio.shield(asyncio.ensure_future(store_batch(self.store_all, batch)))
            if self.rest and self.queue.qsize() < self.most:
                await asyncio.sleep(self.rest)


async def store_batch(store_all: StoreAll, batch: Sequence[Waiting]) -> None:
    """Store these together; each is told that it is committed, or that it must be sent again."""
    with contained("batch could not be stored", size=len(batch)) as storing:
        await store_all([one.heard for one in batch])
    for one in batch:
        if one.stored.done():
            continue
        if storing.error is None:
            one.stored.set_result(None)
        else:
            one.stored.set_exception(ConnectionError("not stored, try again"))
