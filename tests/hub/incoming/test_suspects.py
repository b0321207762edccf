"""A message whose decoding ends uncleanly is tried twice in all, and then a person hears of it."""

import asyncio
import fcntl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from hub.decoders.black_box import BlackBox, digest_of, left_behind
from hub.decoders.decoding import Limits, Pool
from hub.decoders.reading import Reader
from hub.incoming.intake import Intake
from hub.incoming.suspects import FollowUp
from hub.sources.arrival import Arrival, Principal, Receipt
from hub.store import tables as t
from tests.hub.house import House, known

FOUND = EntryPoint("hostile", "tests.hub.hostile_adapter", "nachtwacht.adapters")
SOON, LATE = timedelta(milliseconds=250), timedelta(seconds=30)
ADAPTERS = frozenset({"hostile"})
GATEWAY = Principal(known("gateway"), known("zorg"), "zorg", "gw1", ADAPTERS)
NEIGHBOUR = Principal(known("gateway-2"), known("zorg"), "zorg", "gw2", ADAPTERS)


@asynccontextmanager
async def a_hub(house: House, within: timedelta = LATE) -> AsyncIterator[Intake]:
    """A hub with a third party's adapter, as after a start."""
    pool = Pool(FOUND, Limits(within))
    intake = Intake(house.store, house.store, Reader(house.store, {"hostile": pool}, uuid4))
    await intake.reader.recall([], house.now)
    running = asyncio.create_task(intake.run())
    yield intake
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await pool.close()


def arrival(house: House, deed: str, device: str = "m-1", who: Principal = GATEWAY) -> Arrival:
    topic = f"{who.prefix}hostile/{device}"
    return Arrival(who, topic, deed.encode(), qos=1, received_at=house.now)


@pytest.fixture
async def pendant(house: House) -> None:
    """The device m-1, which Anne wears."""
    row = {"id": known("m-1"), "organisation_id": known("zorg"), "external_id": "m-1",
           "gateway_id": known("gateway"), "adapter": "hostile", "key": "m-1",
           "client_id": known("anne"), "role": "pendant"}  # fmt: skip
    await house.changes(sa.insert(t.devices).values(row))


async def outcomes(house: House) -> list[tuple[str, str]]:
    rows = await house.rows(sa.select(t.messages).order_by(t.messages.c.received_at))
    return [(row.outcome, row.reason.partition(":")[0]) for row in rows]


async def suspects(house: House) -> list[Any]:
    return list(await house.rows(sa.select(t.suspects)))


async def test_a_message_that_spins_twice_is_quarantined_and_its_client_called_about(
    house: House, pendant: None
) -> None:
    async with a_hub(house, SOON) as intake:
        assert await intake.take_in(arrival(house, "spin")) is Receipt.STORED
    assert await outcomes(house) == [("quarantined", "unclean_stop")]
    (alert,) = await house.alerts()
    assert (alert.kind, alert.priority) == ("technical.undecodable", "P2")
    assert alert.client_ids == [known("anne")]
    assert alert.state["plan"]["steps"][0]["level"] == "care_centre"
    (suspect,) = await suspects(house)
    assert (suspect.attempts, suspect.due_at, suspect.payload) == (2, None, None)


async def test_the_same_message_again_is_not_tried_again_also_by_another_hub(
    house: House, pendant: None
) -> None:
    async with a_hub(house) as intake:
        await intake.take_in(arrival(house, "os._exit"))
    async with a_hub(house) as intake:
        assert await intake.take_in(arrival(house, "os._exit")) is Receipt.STORED
    assert await outcomes(house) == [("quarantined", "unclean_stop")] * 2
    assert (await suspects(house))[0].attempts == 2
    assert len(await house.alerts()) == 1


async def test_a_message_that_can_be_read_the_second_time_rings_as_it_should(
    house: House, pendant: None
) -> None:
    async with a_hub(house) as intake:
        blame = digest_of(GATEWAY.gateway_id, arrival(house, "press").topic, b"press")
        await intake.reader.recall([(blame, GATEWAY.organisation_id)], house.now)
        await intake.take_in(arrival(house, "press"))
    assert await outcomes(house) == [("decoded", "")]
    assert [one.kind for one in await house.alerts()] == ["alarm.button"]
    assert await suspects(house) == []


async def test_a_message_a_hub_was_killed_by_twice_is_quarantined_unread(house: House) -> None:
    killer = arrival(house, "kill the hub past us")
    blame = digest_of(GATEWAY.gateway_id, killer.topic, killer.payload)
    for _ in range(2):
        async with a_hub(house) as intake:
            await intake.reader.recall([(blame, GATEWAY.organisation_id)], house.now)
    async with a_hub(house) as intake:
        await intake.take_in(killer)
    assert await outcomes(house) == [("quarantined", "unclean_stop")]
    assert [one.priority for one in await house.alerts()] == ["P2"]


async def test_a_suspect_nobody_stored_is_quarantined_by_the_hub_itself_a_minute_later(
    house: House, pendant: None
) -> None:
    beside: dict[str, Any] = {
        "content_type": "text/plain",
        "user_properties": (("trace", "a1"),),
    }
    async with a_hub(house, SOON) as intake:
        with suppress(asyncio.CancelledError):  # the hub is killed between the two attempts
            hearing = asyncio.create_task(
                intake.reader.hear(replace(arrival(house, "spin"), replayed=True, **beside))
            )
            while not await suspects(house):  # noqa: ASYNC110 - it is in a database
                await asyncio.sleep(0.01)
            hearing.cancel()
            await hearing
    follow_up = FollowUp(house.store)
    upcoming = await follow_up.step(house.now)
    assert upcoming == house.now + timedelta(minutes=1)
    assert await outcomes(house) == []
    house.now = upcoming
    await follow_up.step(house.now)
    assert await follow_up.step(house.now) is None
    assert await outcomes(house) == [("quarantined", "unclean_stop")]
    assert [one.priority for one in await house.alerts()] == ["P2"]
    (message,) = await house.rows(sa.select(t.messages))
    assert (bytes(message.payload), message.topic) == (b"spin", "in/zorg/gw1/hostile/m-1")
    assert (message.content_type, message.replayed) == ("text/plain", True)
    assert message.user_properties == [["trace", "a1"]]


async def test_others_do_not_wait_for_the_message_that_spins(house: House, pendant: None) -> None:
    async with a_hub(house) as intake:
        spinning = asyncio.create_task(intake.take_in(arrival(house, "spin")))
        behind = asyncio.create_task(intake.take_in(arrival(house, "press")))
        await asyncio.sleep(0)
        presses = (arrival(house, "press", f"m-{one}", NEIGHBOUR) for one in range(20))
        await asyncio.gather(*map(intake.take_in, presses))
        assert not spinning.done()
        assert not behind.done()  # what its own gateway says next stays behind it
        spinning.cancel()
        await behind
    assert Counter(await outcomes(house)) == {
        ("decoded", "unknown_device"): 20,
        ("decoded", ""): 1,
    }


async def test_messages_of_one_gateway_stay_in_order_past_an_unclean_stop(
    house: House, pendant: None
) -> None:
    async with a_hub(house) as intake:
        deeds = ("press", "os._exit", "print", "close its input")
        hearing = [intake.reader.hear(arrival(house, deed)) for deed in deeds]
        order: list[str] = []

        async def note(one: Any) -> None:
            order.append((await one).arrival.payload.decode())

        await asyncio.gather(*map(note, hearing))
    assert order == list(deeds)


def test_a_box_shows_what_a_hub_that_is_gone_was_decoding(tmp_path: Path) -> None:
    dies, stops = BlackBox(tmp_path), BlackBox(tmp_path)
    digest = digest_of(GATEWAY.gateway_id, "a/b", b"payload")
    with stops.holding(digest, GATEWAY.organisation_id):
        pass
    stops.close()
    with dies.holding(digest, GATEWAY.organisation_id):
        assert left_behind(tmp_path) == []  # it lives
        fcntl.flock(dies._file, fcntl.LOCK_UN)  # what a kill does too
        assert left_behind(tmp_path) == [(digest, GATEWAY.organisation_id)]
    assert left_behind(tmp_path) == []


def test_a_full_box_holds_what_it_can(tmp_path: Path) -> None:
    box = BlackBox()
    holding = [box.holding(bytes([one]) * 16, GATEWAY.organisation_id) for one in range(70)]
    for one in holding:
        one.__enter__()
    for one in holding:
        one.__exit__(None, None, None)
    assert len(box._free) == 64
