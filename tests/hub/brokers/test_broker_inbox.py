"""The inbox of a broker's session: who is told "yes", and when. The test does the storing."""

import asyncio
from dataclasses import replace

from hub.sources.arrival import Arrival, Receipt
from hub.sources.broker_inbox import Inbox
from hub.sources.door_terms import Counters, Limits
from tests.hub.house import EVENING, PRINCIPAL

FEW = Limits(unacknowledged=3)


class Desk:
    """An inbox whose messages are stored when the test says so; `told` is each "yes"."""

    def __init__(self, limits: Limits = FEW) -> None:
        self.waiting: list[tuple[Arrival, asyncio.Future[Receipt]]] = []
        self.told: list[str] = []
        self.inbox = Inbox(self._take_in, limits, Counters())

    def connects(self, name: str, *, same_session: bool = True) -> None:
        self.inbox.closed()
        self.inbox.opened(
            lambda packet_id: self.told.append(f"{name}:{packet_id}"), same_session=same_session
        )

    def hears(self, packet_id: int, payload: bytes = b"press", *, again: bool = False) -> bool:
        return self.inbox.receive(said(packet_id, payload, again=again))

    async def stores(self, count: int = 1) -> None:
        await settled()
        for _ in range(count):
            self.waiting.pop(0)[1].set_result(Receipt.STORED)
        await settled()

    async def _take_in(self, arrival: Arrival) -> Receipt:
        stored: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self.waiting.append((arrival, stored))
        return await stored


def said(packet_id: int, payload: bytes, *, again: bool = False) -> Arrival:
    return Arrival(
        PRINCIPAL, "in/zorg/gw1/native/p1", payload, 1, EVENING, duplicate=again,
        packet_id=packet_id,
    )  # fmt: skip


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_yes_comes_in_the_order_of_arrival() -> None:
    desk = Desk()
    desk.connects("first")
    assert desk.hears(1)
    assert desk.hears(2)
    await settled()
    desk.waiting.reverse()
    await desk.stores()
    assert desk.told == []
    await desk.stores()
    assert desk.told == ["first:1", "first:2"]


async def test_a_later_connection_is_told_only_of_what_it_gave_again() -> None:
    desk = Desk()
    desk.connects("first")
    desk.hears(1)
    desk.hears(2)
    desk.connects("second")
    assert desk.hears(1, again=True)
    await desk.stores(2)
    assert desk.told == ["second:1"]
    assert desk.waiting == []
    assert desk.hears(2, again=True)
    assert desk.told == ["second:1", "second:2"]
    await settled()
    assert desk.waiting == []


async def test_other_bytes_or_no_mark_make_another_message_of_the_same_id() -> None:
    desk = Desk(replace(FEW, unacknowledged=10))
    desk.connects("first")
    desk.hears(1)
    desk.connects("second")
    assert desk.hears(1, b"another", again=True)
    assert desk.hears(2)
    await desk.stores(1)
    assert desk.told == []  # the first press is stored, and nobody waits for it under this id
    await desk.stores(2)
    assert desk.told == ["second:1", "second:2"]


async def test_in_a_new_session_an_id_means_another_message() -> None:
    desk = Desk()
    desk.connects("first")
    desk.hears(1)
    desk.connects("second", same_session=False)
    assert desk.hears(1, again=True)
    await desk.stores()
    assert desk.told == []
    await desk.stores()
    assert desk.told == ["second:1"]


async def test_what_does_not_fit_is_left_and_nothing_is_forgotten() -> None:
    desk = Desk()
    desk.connects("first")
    assert [desk.hears(one) for one in (1, 2, 3, 4)] == [True, True, True, False]
    assert not desk.inbox.idle
    await desk.stores(3)
    assert desk.told == ["first:1", "first:2", "first:3"]
    assert desk.inbox.idle


async def test_at_the_end_what_is_being_stored_is_still_answered() -> None:
    desk = Desk()
    desk.connects("first")
    desk.hears(1)
    await settled()
    ending = asyncio.create_task(desk.inbox.end(5))
    await desk.stores()
    await ending
    assert desk.told == ["first:1"]
