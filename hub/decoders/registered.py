"""What the registry says of devices, remembered for a short while."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from hub.decoders.together import Together
from hub.store.devices import Device
from hub.store.unit_of_work import Store, away

Key = tuple[UUID, str, str]
REMEMBERED = 50_000
TRUSTED_FOR = timedelta(seconds=30)


class BrokenRegistry(Exception):
    """What the registry says of a device cannot be read."""


class Registered:
    """Devices by gateway, adapter and key, as they were half a minute ago at most.

    Dropped by `forget` when the registry changes. Who asks at the same moment is answered by one
    statement.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._known: OrderedDict[Key, tuple[datetime, Device | None]] = OrderedDict()
        self._asking: dict[Key, asyncio.Future[Device | None]] = {}
        self._looking_up = Together(self._find, name=lambda key: key)

    def forget(self) -> None:
        """Drop what is remembered."""
        self._known.clear()

    async def find(self, key: Key, now: datetime) -> Device | None:
        """The device, None where the registry has none. Raises BrokenRegistry."""
        known = self._known.get(key)
        if known is not None and now - known[0] < TRUSTED_FOR:
            return known[1]
        if key not in self._asking:  # whoever comes meanwhile waits for the same answer, in order
            asking = asyncio.ensure_future(self._look_up(key, now))
            self._asking[key] = asking
            asking.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(self._asking[key])

    async def _look_up(self, key: Key, now: datetime) -> Device | None:
        device = await self._looking_up.ask(key)
        if isinstance(device, BrokenRegistry):
            raise device
        self._known[key] = (now, device)
        self._known.move_to_end(key)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return device

    async def _find(self, keys: Sequence[Key]) -> Sequence[Device | BrokenRegistry | None]:
        """Look up all who are asked for at once; where that cannot be, each for itself."""
        try:
            async with self.store.transaction() as uow:
                return await uow.devices.find_all(keys)
        except (ArithmeticError, LookupError, TypeError, ValueError, DBAPIError) as error:
            if away(error):
                raise
            if len(keys) == 1:
                said = f"the registry's row of this device cannot be read: {type(error).__name__}"
                return [BrokenRegistry(said)]
        return [found for key in keys for found in await self._find([key])]
