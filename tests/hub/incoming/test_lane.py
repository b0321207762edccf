"""A lane of the road in: what waits is stored together, and telemetry is gathered for a moment."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from hub.decoders.heard import Heard
from hub.incoming.lane import Lane
from hub.sources.arrival import Arrival
from tests.hub.house import PRINCIPAL, House

TOPIC = "in/zorg/gw1/native/bed-1"
FOR_EVER = 3600.0


@asynccontextmanager
async def a_lane(most: int, rest: float) -> AsyncIterator[tuple[Lane, list[int]]]:
    batches = list[int]()

    async def store_all(heard: Sequence[Heard]) -> None:
        batches.append(len(heard))

    lane = Lane(store_all, most, rest)
    running = asyncio.create_task(lane.run())
    yield lane, batches
    running.cancel()
    await asyncio.wait({running})


async def test_who_comes_after_a_quiet_while_waits_for_nothing_and_who_follows_is_gathered(
    house: House,
) -> None:
    heard = house.reader.unread(Arrival(PRINCIPAL, TOPIC, b"{}", 1, house.now))
    async with asyncio.timeout(20), a_lane(100, FOR_EVER) as (lane, batches):
        await lane.put(heard)
        following = [asyncio.create_task(lane.put(heard)) for _ in range(5)]
        stored, _ = await asyncio.wait(following, timeout=0.05)
        assert (batches, lane.queue.qsize(), stored) == ([1], 5, set())


async def test_a_full_lane_does_not_rest(house: House) -> None:
    heard = house.reader.unread(Arrival(PRINCIPAL, TOPIC, b"{}", 1, house.now))
    async with asyncio.timeout(20), a_lane(2, FOR_EVER) as (lane, batches):
        await asyncio.gather(*(lane.put(heard) for _ in range(4)))
        assert batches == [2, 2]
