"""Messages that end one worker after another wait for the next; nobody else does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import EntryPoint

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Binding, Decoded, Edge, Kind, Outcome, Rejected
from hub.decoders.decoding import Limits, Pool
from hub.decoders.decoding_worker import UncleanStop
from hub.decoders.pacing import BETWEEN_STARTS, LONGEST, Pacing, pause_after
from tests.adapters.recorded import an_inbound

FOUND = EntryPoint("hostile", "tests.hub.hostile_adapter", "nachtwacht.adapters")
PRESS = Decoded((Edge("p1", Kind.BUTTON),))
WEEK = 7 * 24 * 3600.0


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    pool = Pool(FOUND, Limits(within=timedelta(seconds=30), memory=128 * 1024 * 1024))
    yield pool
    await pool.close()


async def done(pool: Pool, deed: str, principal: str = "zorg/gw1") -> Outcome:
    inbound = replace(an_inbound("p1", deed.encode()), principal=principal)
    assert await pool.identify(inbound) == "p1"
    return await pool.translate(inbound, Binding("p1"))


def lost(pool: Pool) -> int:
    """How many workers the gateway ended since a message of it was decoded."""
    return pool._pacing._lost.get("zorg/gw1", (0, 0.0))[0]


def test_a_pause_comes_after_both_tries_of_a_message_and_doubles_up_to_two_seconds() -> None:
    assert [pause_after(times) for times in range(8)] == [0, 0, 0, 0.25, 0.5, 1, 2, 2]
    assert pause_after(10**9) == LONGEST


def test_a_pause_runs_from_the_loss_and_is_over_when_it_is_over() -> None:
    pacing = Pacing()
    for _ in range(4):
        pacing.lost("zorg/gw1", 100.0)
    assert pacing.pause("zorg/gw1", 100.2) == pytest.approx(0.3)
    assert pacing.pause("zorg/gw1", 100.5) == 0
    assert pacing.pause("zorg/gw2", 100.0) == 0


def test_a_good_adapter_starts_all_its_workers_at_once() -> None:
    pacing = Pacing()
    assert [pacing.start(50.0) for _ in range(3)] == [0, 0, 0]


def test_workers_that_end_without_a_message_follow_each_other_slowly_too() -> None:
    pacing = Pacing()
    pacing.died()
    assert [pacing.start(50.0) for _ in range(3)] == [0, BETWEEN_STARTS, 2 * BETWEEN_STARTS]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.floats(0, 1))))
def test_nobody_waits_longer_than_the_longest_pause_and_who_was_decoded_not_at_all(
    said: list[tuple[str, bool, float]],
) -> None:
    pacing, now = Pacing(), 0.0
    for who, lost, later in said:
        now += later
        if lost:
            pacing.lost(who, now)
        else:
            pacing.decoded(who)
            assert pacing.pause(who, now) == 0
        assert all(0 <= pacing.pause(one, now) <= LONGEST for one in "abc")


async def test_a_message_that_names_its_device_and_then_ends_its_worker_counts_as_not_decoded(
    pool: Pool,
) -> None:
    for _ in range(3):
        with pytest.raises(UncleanStop):
            await done(pool, "os._exit")
    assert lost(pool) == 3


async def test_an_adapter_that_fills_its_memory_waits_as_one_that_ends(pool: Pool) -> None:
    for _ in range(3):
        assert isinstance(await done(pool, "hunger"), Rejected)
    assert lost(pool) == 3


async def test_another_gateway_of_the_same_adapter_does_not_wait_with_it(pool: Pool) -> None:
    much_later = asyncio.get_running_loop().time() + WEEK
    for _ in range(3):
        pool._pacing.lost("zorg/gw1", much_later)
    held_up = [asyncio.create_task(done(pool, "press")) for _ in range(5)]
    assert await done(pool, "press", "zorg/gw2") == PRESS
    assert not any(one.done() for one in held_up)
    for one in held_up:
        one.cancel()
        with suppress(asyncio.CancelledError):
            await one


async def test_an_innocent_message_of_the_same_gateway_is_decoded_and_ends_the_waiting(
    pool: Pool,
) -> None:
    for _ in range(3):
        with pytest.raises(UncleanStop):
            await done(pool, "os._exit")
    assert await done(pool, "press") == PRESS
    assert lost(pool) == 0
