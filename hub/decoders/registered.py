"""What the registry says of devices, remembered for a short while."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from hub.store.devices import Device
from hub.store.remembered import Remembered
from hub.store.together import Together
from hub.store.unit_of_work import Store, away

Key = tuple[UUID, str, str]
REMEMBERED = 50_000


class BrokenRegistry(Exception):
    """What the registry says of a device cannot be read."""


class Registered:
    """Devices by gateway, adapter and key, as they were half a minute ago at most.

    Dropped by `forget` when the registry changes. Who asks at the same moment is answered by one
    statement.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._looking_up = Together(self._find, name=lambda key: key)
        self._remembered = Remembered(self._look_up, REMEMBERED)

    def forget(self) -> None:
        """Drop what is remembered."""
        self._remembered.forget()

    async def find(self, key: Key, now: datetime) -> Device | None:
        """The device, None where the registry has none. Raises BrokenRegistry."""
        return await self._remembered.find(key, now)

    async def _look_up(self, key: Key) -> Device | None:
        device = await self._looking_up.ask(key)
        if isinstance(device, BrokenRegistry):
            raise device
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
