"""Plays a night on a hub in a process of its own, over MQTT and HTTP, while a clock runs.

The clock leaps over the hours in which neither the hub nor anybody else has anything to do, and
stands still while a hub that was killed starts; both are counted.
"""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import sqlalchemy as sa

from hub.clock import LedClock
from hub.feed import CHANNEL
from hub.rehearsal.account import Account
from hub.rehearsal.attached import AttachedHub, Place, alone_on, attach, furnished
from hub.rehearsal.listening import Listening
from hub.rehearsal.live_broker import OutsideBroker, mosquitto
from hub.rehearsal.live_hub import HubProcess, live_rows
from hub.rehearsal.live_playing import Figures, Playing
from hub.rehearsal.live_stage import LedStage, ringing
from hub.rehearsal.play import NotEmpty
from hub.rehearsal.progress import Progress, in_silence
from hub.rehearsal.region import PEPPER
from hub.rehearsal.switches import needs_broker, switches
from hub.store import tables as t
from hub.store.unit_of_work import Store, open_store
from hub.store.url import sqlalchemy_url
from simulators.night import Night


@dataclass(frozen=True, slots=True)
class Performance:
    """What a night showed on the live stage, and how it was played."""

    account: Account
    figures: Figures


def cannot_play(night: Night, *, elsewhere: bool = False) -> Iterator[str]:
    """What of this night the live stage cannot do, or not `elsewhere`; a line each for people."""
    if elsewhere and switches(night):
        yield (
            f"{night.file}: hub_killed, hub_down and broker_down end a process, and those of "
            "another are not ours to end; play this night without --to"
        )
    elif needs_broker(night) and mosquitto() is None:
        yield (
            f"{night.file}: broker_down kills a real Mosquitto, and there is none on this machine; "
            "install it (apt-get install mosquitto), or use `nachtwacht night check`"
        )


async def perform(
    night: Night,
    url: str,
    folder: Path,
    speed: float,
    seed: int | None = None,
    progress: Progress | None = None,
) -> Performance:
    """Play a night on an empty, migrated database; files go to `folder`.

    Raises NotEmpty, and HubFailed when the hub does not start. No process is left behind.
    """
    async with _opened(url) as (store, http):
        clock = LedClock(folder / "clock")
        clock.set(night.start, 0.0)
        broker = OutsideBroker(night, folder) if needs_broker(night) else None
        hub = HubProcess(url, clock, speed, folder, None if broker is None else broker.file)
        try:
            told = progress or in_silence()
            return await _performed(night, seed, store, http, hub, PEPPER, told, broker)
        finally:
            hub.kill()
            if broker is not None:
                broker.kill()


async def perform_at(
    night: Night, place: Place, seed: int | None = None, progress: Progress | None = None
) -> Performance:
    """Play a night on a rehearsal hub that runs there, at its speed; nothing is left in it.

    Raises HubFailed when it is no rehearsal hub, or one that cannot be used, or when another
    night is being played there; it is left alone.
    """
    async with alone_on(place.database), _opened(place.database) as (store, http):
        hub = await attach(place, store, http)
        async with furnished(store, hub, place.user):
            told = progress or in_silence()
            return await _performed(night, seed, store, http, hub, place.pepper, told)


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[tuple[Store, httpx.AsyncClient]]:
    async with AsyncExitStack() as stack:
        opened = open_store(sqlalchemy_url(url), size=3, statement_timeout=30)
        stack.push_async_callback(opened.close)
        # Each look is at one moment, though the hub goes on working.
        store = Store(opened.engine.execution_options(isolation_level="REPEATABLE READ"))
        yield store, await stack.enter_async_context(httpx.AsyncClient(timeout=10, trust_env=False))


async def _performed(
    night: Night,
    seed: int | None,
    store: Store,
    http: httpx.AsyncClient,
    hub: HubProcess | AttachedHub,
    pepper: bytes,
    progress: Progress,
    broker: OutsideBroker | None = None,
) -> Performance:
    began = time.perf_counter()
    async with AsyncExitStack() as stack:
        stage = LedStage(hub.clock, hub.speed, http)
        stage.lead(night.start, runs=False)
        locker = Store(store.engine.execution_options(isolation_level="READ COMMITTED"))
        given = night.seed if seed is None else seed
        listening = Listening(store, night, stage.now, pepper)
        playing = Playing(night, given, store, locker, stage, hub, broker, listening, progress)
        stack.push_async_callback(playing.close)
        outside = await stack.enter_async_context(ringing(playing.exchange.app))
        await _furnish(store, night, outside, pepper)
        await playing.run()
    return Performance(playing.account(time.perf_counter() - began), playing.figures())


async def _furnish(store: Store, night: Night, outside: str, pepper: bytes) -> None:
    async with store.transaction() as uow:
        if (await uow.db.execute(sa.select(t.clients.c.id).limit(1))).first() is not None:
            raise NotEmpty("the database of a rehearsal must be empty")
        for table, listed in live_rows(night, outside, pepper):
            await uow.db.execute(sa.insert(table), listed)
        await uow.db.execute(sa.select(sa.func.pg_notify(CHANNEL, "registry")))
