"""A hub's ear at an outside broker: its source with a real intake, and no other part of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from hub.clock import system_clock
from hub.decoders.finding import load_adapters
from hub.decoders.reading import Reader
from hub.incoming.intake import Intake
from hub.sources.broker import LIMITS, BrokerSource
from hub.sources.broker_connection import Given
from hub.sources.broker_file import Broker
from hub.sources.door_terms import Limits, Refusal
from hub.store import tables as t
from hub.store.brokers import FencedStore, Lease
from hub.store.unit_of_work import Store

COMES_WITHIN = 20.0
LOOK_EVERY = 0.01


def make_source(
    store: Store, broker: Broker, holder: str, limits: Limits, reported: list[Refusal]
) -> BrokerSource:
    reader = Reader(store, load_adapters(("native", "zigbee2mqtt")), uuid4)

    def make_intake(lease: Lease) -> Intake:
        fenced = FencedStore(store, lease)
        return Intake(fenced, fenced, reader)

    given = Given(
        store,
        make_intake,
        system_clock,
        lambda _, why: reported.append(why),
        holder,
        lambda: 0.0,
    )
    return BrokerSource(broker, given, limits)


@asynccontextmanager
async def listening(
    store: Store,
    broker: Broker,
    holder: str = "hub",
    *,
    connected: bool = True,
    limits: Limits = LIMITS,
    reported: list[Refusal] | None = None,
) -> AsyncIterator[BrokerSource]:
    """A source that runs until the block ends; it has subscribed by then, unless told not to."""
    source = make_source(store, broker, holder, limits, [] if reported is None else reported)
    running = asyncio.create_task(source.run())
    try:
        if connected:
            await until(lambda: source.connected, "connected")
        yield source
    finally:
        running.cancel()
        await asyncio.wait({running})


async def until(true: Callable[[], object], what: str, within: float = COMES_WITHIN) -> None:
    """Wait for something another process does; AssertionError when it takes too long."""
    for _ in range(int(within / LOOK_EVERY)):
        if true():
            return
        await asyncio.sleep(LOOK_EVERY)
    raise AssertionError(f"not within {within:.0f} s: {what}")


async def stored(store: Store, count: int, within: float = COMES_WITHIN) -> Sequence[Any]:
    """The raw messages, once there are so many."""
    rows: Sequence[Any] = []
    for _ in range(int(within / LOOK_EVERY)):
        async with store.transaction() as uow:
            asked = sa.select(t.messages).order_by(t.messages.c.received_at)
            rows = (await uow.db.execute(asked)).all()
        if len(rows) >= count:
            return rows
        await asyncio.sleep(LOOK_EVERY)
    raise AssertionError(f"{len(rows)} of {count} messages are stored")
