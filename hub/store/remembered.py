"""What the registry says, remembered for a short while."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")

TRUSTED_FOR = timedelta(seconds=30)


class Remembered(Generic[Key, Found]):
    """What `look_up` found, as it was half a minute ago at most, for the `most` last found.

    Who asks for what is being looked up waits for that answer, so that all are answered in the
    order in which they asked. What `look_up` raises is raised to them, and not kept; nor is what
    `keeps` says no to. `forget` drops what is known; what was on its way then is given to those
    who asked before, and to nobody after.
    """

    def __init__(
        self,
        look_up: Callable[[Key], Awaitable[Found]],
        most: int,
        keeps: Callable[[Found], bool] = lambda _: True,
    ) -> None:
        self._look_up, self._most, self._keeps = look_up, most, keeps
        self._known: OrderedDict[Key, tuple[datetime, Found]] = OrderedDict()
        self._asking: dict[Key, asyncio.Task[Found]] = {}
        self._outdated: set[asyncio.Task[Found]] = set()

    def forget(self) -> None:
        """Drop what is remembered."""
        self._known.clear()
        self._outdated.update(self._asking.values())

    async def find(self, key: Key, now: datetime) -> Found:
        """Give what is known, or look it up. Raises what `look_up` raises."""
        known = self._known.get(key)
        if known is not None and now - known[0] < TRUSTED_FOR:
            return known[1]
        asking = self._asking.get(key)
        while asking is not None and asking in self._outdated:
            await asyncio.wait([asking])
            asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.create_task(self._look_up_once(key, now))
        return await asyncio.shield(asking)

    async def _look_up_once(self, key: Key, now: datetime) -> Found:
        mine = self._asking[key]
        try:
            found = await self._look_up(key)
        finally:
            del self._asking[key]
            was_current = mine not in self._outdated
            self._outdated.discard(mine)
        if was_current and self._keeps(found):
            self._known[key] = (now, found)
            self._known.move_to_end(key)
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        return found
