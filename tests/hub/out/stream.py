"""What an integrator of `zorg` can read of its stream."""

import json
from typing import Any

from hub.out.numbering import Numbering
from tests.hub.house import House, known
from tests.hub.out.conftest import URL


async def read(
    house: House, after: int = 0, most: int = 1000, whose: str = "zorg"
) -> list[dict[str, Any]]:
    """Read a stream as it is, without numbering first."""
    async with house.store.transaction() as uow:
        found = await uow.out.after(known(whose), after, most)
    return [json.loads(one.body) for one in found]


async def number(house: House) -> None:
    """Number what was committed, and nothing else."""
    await Numbering(house.store, URL).step(house.now)


def types(events: list[dict[str, Any]]) -> list[str]:
    """The last words of the events' types."""
    return [one["type"].rpartition(".")[2] for one in events]
