"""A message gets its id as it comes in, before anything is waited for."""

import asyncio
from itertools import count
from uuid import UUID

from hub.decoders.finding import load_adapters
from hub.decoders.reading import Reader
from hub.sources.arrival import Arrival
from tests.hub.house import PRINCIPAL, House

PRESS = b'{"kind": "alarm.button"}'


async def test_messages_read_at_once_have_ids_in_the_order_in_which_they_came(
    house: House,
) -> None:
    numbers = count(1)
    reader = Reader(house.store, load_adapters(("native",)), lambda: UUID(int=next(numbers)))
    # The first waits for the registry, the second for nothing.
    topics = ("in/zorg/gw1/native/pendant-1", "in/zorg/gw1/unheard_of/pendant-1")
    came = [Arrival(PRINCIPAL, one, PRESS, qos=1, received_at=house.now) for one in topics]
    heard = await asyncio.gather(*(reader.hear(one) for one in came))
    assert [one.id.int for one in heard] == [1, 2]
