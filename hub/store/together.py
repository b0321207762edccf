"""Many ask at once, and one statement answers them all."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from hub.contain import contained
from hub.store.unit_of_work import lost

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
AT_ONCE = 500


class Together(Generic[Asked, Answer]):
    """Whoever asks while an answer is under way is answered with the next ones, in one go.

    `work` answers what is asked, in its order; not for those who hung up meanwhile. No two of one
    `name` are asked together. Where the database is not away and all fail, each is asked alone,
    so that one holds up no other.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]],
        name: Callable[[Asked], Hashable] = lambda _: object(),
    ) -> None:
        self._work, self._name = work, name
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._working: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Answer:
        """The answer; ConnectionError when there is none just now."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work_off())
        return await answer

    async def _work_off(self) -> None:
        while self._waiting:
            batch = self._next_batch()
            if not batch:
                return  # all hung up
            error = await self._answer(batch)
            if error is not None and not lost(error) and len(batch) > 1:
                for one in batch:
                    await self._answer([one])
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(ConnectionError("not now"))

    def _next_batch(self) -> list[tuple[Asked, asyncio.Future[Answer]]]:
        batch: list[tuple[Asked, asyncio.Future[Answer]]] = []
        left, names = [], set[Hashable]()
        for asked, answer in self._waiting:
            if answer.done():
                continue
            name = self._name(asked)
            if len(batch) < AT_ONCE and name not in names:
                batch.append((asked, answer))
            else:
                left.append((asked, answer))
            names.add(name)
        self._waiting = left
        return batch

    async def _answer(self, batch: list[tuple[Asked, asyncio.Future[Answer]]]) -> Exception | None:
        with contained("could not be answered together", size=len(batch)) as working:
            answers = await self._work([asked for asked, _ in batch])
            for (_, answer), found in zip(batch, answers, strict=True):
                if not answer.done():
                    answer.set_result(found)
        return working.error
