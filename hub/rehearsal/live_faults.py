"""What goes wrong around a live night: the hub and its broker killed, the database held up."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from hub.rehearsal.attached import AttachedHub
from hub.rehearsal.live_broker import OutsideBroker, is_listened_to
from hub.rehearsal.live_hub import HubFailed, HubProcess
from hub.rehearsal.live_stage import LedStage
from hub.rehearsal.switches import Turn, switches
from hub.store.unit_of_work import Store
from simulators.night import Fault, Night

LOOK_EVERY = 0.03  # real seconds
CONNECTS_WITHIN = 60.0  # real seconds; a hub tries a broker that was away each half minute
LONGEST_HELD = 1.5  # real seconds: the server ends whoever holds a lock for two
GONE_AFTER = 60.0  # real seconds; a hub that somebody starts again is back by then


class Parts:
    """The hub and, where the night has one, its broker; each on a clock that stands still for it.

    `is_switching` while one of them starts. `started` is told when the hub is up. `held` are the
    real seconds the clock stood still, `kills` counts the hub's ends.
    """

    def __init__(
        self,
        night: Night,
        stage: LedStage,
        hub: HubProcess | AttachedHub,
        broker: OutsideBroker | None,
        started: Callable[[datetime], None],
    ) -> None:
        self.night, self.stage, self.hub, self.broker = night, stage, hub, broker
        self.started = started
        self.is_switching = False
        self.kills, self.held = 0, 0.0
        self.on_the_line = time.perf_counter()

    async def begin(self) -> None:
        """Start all of it, before anything is said."""
        if self.broker is not None:
            await self.broker.start()
        await self._start_hub()
        if self.broker is not None:
            await self.broker.has_written_down()

    async def switch_in_time(self) -> None:
        """Kill and start what the night says, when it says so."""
        for one in switches(self.night):
            await self.stage.sleep_until(one.at)
            match one.turn:
                case Turn.KILLED:
                    self._kill_hub()
                    await self._start_hub()
                case Turn.DOWN:
                    self._kill_hub()
                case Turn.UP:
                    await self._start_hub()
                case Turn.BROKER_DOWN:
                    self._broker().kill()
                case Turn.BROKER_UP:
                    await self._held_for(self._broker().start())

    def _broker(self) -> OutsideBroker:
        assert self.broker is not None  # a night with such a switch is given one
        return self.broker

    def _kill_hub(self) -> None:
        self.hub.kill()
        self.kills += 1

    async def _start_hub(self) -> None:
        await self._held_for(self.hub.start(self.stage.http))
        self.started(self.stage.now())

    async def _held_for(self, starting: Coroutine[Any, Any, None]) -> None:
        """Let something start while the clock stands still: that takes the machine's time."""
        self.is_switching, began = True, time.perf_counter()
        self.stage.lead(self.stage.now(), runs=False)
        await starting
        await self._all_connected()
        self.held += time.perf_counter() - began
        self.stage.lead(self.stage.now(), runs=True)
        self.is_switching = False

    async def _all_connected(self) -> None:
        for _ in range(round(CONNECTS_WITHIN / LOOK_EVERY)):
            if await self._is_connected():
                return
            await asyncio.sleep(LOOK_EVERY)
        raise HubFailed("the gateways could not connect to it")

    async def _is_connected(self) -> bool:
        if self.broker is None:
            return self.stage.is_connected
        if not self.broker.runs:
            return True
        listens = not self.hub.runs or await is_listened_to(self.stage.http, self.hub.url)
        return listens and self.stage.is_connected

    def look(self) -> None:
        """Raise HubFailed when something ended by itself, or a hub elsewhere went away."""
        if said := self.hub.died():
            raise HubFailed(f"the hub ended by itself: {said}")
        away = self.broker is not None and not self.broker.runs
        if self.stage.is_connected or away or not self.hub.runs or self.is_switching:
            self.on_the_line = time.perf_counter()
        elif time.perf_counter() - self.on_the_line > GONE_AFTER:
            raise HubFailed("the gateways lost it, and it did not come back")


class SlowDatabase:
    """Holds, again and again, a lock that every change of an alert has to wait for.

    `locked` counts how often. The store must see each transaction's own moment.
    """

    def __init__(self, store: Store, stage: LedStage) -> None:
        self.store, self.stage, self.locked = store, stage, 0

    async def hold_up(self, fault: Fault, night: Night) -> None:
        """Do so for as long as the fault lasts."""
        held = min(fault.by.total_seconds() / self.stage.scale, LONGEST_HELD)
        await self.stage.sleep_until(fault.during.begins or night.start)
        while self.stage.now() < (fault.during.ends or night.end):
            with suppress(DBAPIError):  # the hub was first, for longer than we wait
                async with self.store.transaction() as uow:
                    await uow.db.execute(sa.text("LOCK TABLE alerts IN EXCLUSIVE MODE"))
                    self.locked += 1
                    await asyncio.sleep(held)
            await asyncio.sleep(held / 4)
