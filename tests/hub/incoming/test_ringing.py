"""What can ring: stored together where it comes together, in order, held up by nobody else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from hub.decoders.heard import Heard
from hub.incoming.ringing import BATCHES, Ringing
from hub.sources.arrival import Arrival
from tests.hub.house import PRINCIPAL, House

TOPIC = "in/zorg/gw1/native/pendant-1"


class Storing:
    """Batches as they were begun, each of which lasts until its first device is let go."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.holds: dict[str, asyncio.Event] = {}
        self.breaks: set[str] = set()
        self._begun = asyncio.Event()

    async def store_all(self, heard: Sequence[Heard]) -> None:
        names = [one.arrival.topic for one in heard]
        self.batches.append(names)
        self._begun.set()
        if names[0] in self.holds:
            await self.holds[names[0]].wait()
        if names[0] in self.breaks:
            raise ZeroDivisionError

    def hold(self, name: str) -> asyncio.Event:
        """Let batches that begin with this device last until the event is set."""
        self.holds[name] = asyncio.Event()
        return self.holds[name]

    async def begun(self, count: int) -> None:
        """Wait until so many batches were begun."""
        while len(self.batches) < count:
            self._begun.clear()
            await self._begun.wait()


class Pressing:
    """Pendants that are pressed, and what stores their presses."""

    def __init__(self, house: House, ringing: Ringing, storing: Storing) -> None:
        self.heard = house.reader.unread(Arrival(PRINCIPAL, TOPIC, b"{}", 1, house.now))
        self.ringing, self.storing = ringing, storing

    async def press(self, *names: str) -> list[asyncio.Task[None]]:
        """Press in this order; `a.2` is pendant `a`. Each task ends when its press is stored."""
        presses = [
            replace(
                self.heard,
                key=one.partition(".")[0],
                arrival=replace(self.heard.arrival, topic=one),
            )
            for one in names
        ]
        said = [asyncio.create_task(self.ringing.put(one)) for one in presses]
        await asyncio.sleep(0)  # all of them wait by now
        return said


@asynccontextmanager
async def pressing(house: House, most: int = 20) -> AsyncIterator[Pressing]:
    storing = Storing()
    ringing = Ringing(storing.store_all, most)
    running = asyncio.create_task(ringing.run())
    async with asyncio.timeout(20):
        yield Pressing(house, ringing, storing)
    running.cancel()
    await asyncio.wait({running})


async def test_one_goes_at_once_and_what_comes_meanwhile_goes_together(house: House) -> None:
    async with pressing(house, most=3) as pendants:
        held = pendants.storing.hold("a")
        first = await pendants.press("a")
        await pendants.storing.begun(1)
        rest = await pendants.press("b", "c", "d", "e")
        held.set()
        await asyncio.gather(*first, *rest)
    assert pendants.storing.batches == [["a"], ["b", "c", "d"], ["e"]]


async def test_a_batch_that_somebody_holds_up_holds_up_nobody_else(house: House) -> None:
    async with pressing(house) as pendants:
        held = pendants.storing.hold("a")
        first = await pendants.press("a")
        await pendants.storing.begun(1)
        await asyncio.gather(*await pendants.press("b"))
        assert not first[0].done()
        held.set()
        await asyncio.gather(*first)


async def test_a_second_press_of_a_device_waits_for_its_first_and_keeps_its_place(
    house: House,
) -> None:
    async with pressing(house, most=1) as pendants:
        held = pendants.storing.hold("a")
        first = await pendants.press("a")
        await pendants.storing.begun(1)
        second = await pendants.press("a.2", "b", "a.3")
        await second[1]
        assert (second[0].done(), second[2].done()) == (False, False)
        held.set()
        await asyncio.gather(*first, *second)
    assert pendants.storing.batches == [["a"], ["b"], ["a.2"], ["a.3"]]


async def test_a_device_that_rings_without_end_holds_up_nobody_else(house: House) -> None:
    async with pressing(house) as pendants:
        held = pendants.storing.hold("a")
        first = await pendants.press("a")
        await pendants.storing.begun(1)
        flood = [f"stuck.{number}" for number in range(1_000)]
        said = await pendants.press(*flood, "b", "c")
        held.set()
        await asyncio.gather(*first, *said)
    assert {"b", "c"} < set(pendants.storing.batches[1])
    stored = [one for batch in pendants.storing.batches for one in batch]
    assert [one for one in stored if one.startswith("stuck")] == flood


async def test_devices_that_ring_without_end_take_turns_and_so_does_who_comes_last(
    house: House,
) -> None:
    async with pressing(house, most=3) as pendants:
        held = pendants.storing.hold("a")
        first = await pendants.press("a")
        await pendants.storing.begun(1)
        flood = [f"{name}.{number}" for number in range(5) for name in "bcde"]
        said = await pendants.press(*flood, "f")
        held.set()
        await asyncio.gather(*first, *said)
    assert pendants.storing.batches[1:3] == [["b.0", "c.0", "d.0"], ["e.0", "b.1", "f"]]
    assert {len(batch) for batch in pendants.storing.batches[1:]} == {3}


async def test_so_many_that_are_held_up_end_with_a_queue_and_not_with_all_connections(
    house: House,
) -> None:
    async with pressing(house) as pendants:
        locks = [pendants.storing.hold(f"held-{number}") for number in range(BATCHES)]
        said = []
        for number in range(BATCHES):
            said += await pendants.press(f"held-{number}")
            await pendants.storing.begun(number + 1)
        said += await pendants.press("b", "c")
        stored, _ = await asyncio.wait(said[-2:], timeout=0.2)
        assert not stored
        locks[2].set()
        await asyncio.gather(*said[-2:])
        assert pendants.storing.batches[BATCHES:] == [["b", "c"]]
        for lock in locks:
            lock.set()
        await asyncio.gather(*said)


async def test_a_batch_that_fails_is_to_be_sent_again_and_the_next_one_is_stored(
    house: House,
) -> None:
    async with pressing(house) as pendants:
        pendants.storing.breaks.add("a")
        (broken,) = await pendants.press("a")
        with pytest.raises(ConnectionError):
            await broken
        await asyncio.gather(*await pendants.press("b"))


async def test_who_stopped_waiting_takes_no_other_with_them(house: House) -> None:
    async with pressing(house) as pendants:
        held = pendants.storing.hold("a")
        first = await pendants.press("a")
        await pendants.storing.begun(1)
        gone, stays = await pendants.press("b", "c")
        gone.cancel()
        held.set()
        await asyncio.gather(*first, stays)
