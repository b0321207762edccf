"""Plays a night on a hub in a process of its own, over MQTT and HTTP, while a clock runs.

The clock leaps over the hours in which neither the hub nor anybody else has anything to do, and
stands still while a hub that was killed starts; both are counted.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from hub.clock import LedClock
from hub.feed import CHANNEL
from hub.rehearsal import expecting
from hub.rehearsal.account import Account
from hub.rehearsal.attached import AttachedHub, Place, attach, furnished
from hub.rehearsal.ledger import Ledger
from hub.rehearsal.live_hub import HubFailed, HubProcess, gateways, live_rows
from hub.rehearsal.live_look import Rest, in_the_hub, not_kept
from hub.rehearsal.live_stage import Exchange, LedStage, ringing
from hub.rehearsal.play import NotEmpty, desk_of
from hub.rehearsal.promises import Broken, Watch
from hub.rehearsal.region import PEPPER, private, token
from hub.store import tables as t
from hub.store.unit_of_work import Store, open_store
from hub.store.url import sqlalchemy_url
from simulators.desk import Desk, Seen, look
from simulators.links import through_links
from simulators.night import Fault, Night
from simulators.night_script import script
from simulators.people import Person
from simulators.recorded import Hands
from simulators.stage import play
from simulators.telephones import Telephones

LOOK_EVERY = 0.03  # real seconds
HEAD_START = 0.15  # real seconds that are left of a wait after a leap, so that timers are real
CONNECTS_WITHIN = 30.0  # real seconds
LONGEST_HELD = 1.5  # real seconds: the server ends whoever holds a lock for two
GONE_AFTER = 60.0  # real seconds; a hub that somebody starts again is back by then
RESTS_WITHIN = 15.0  # real seconds, at the end of the night


@dataclass(frozen=True, slots=True)
class Figures:
    """How it was played: `lag` is the furthest a pretender was behind, in real seconds.

    `leapt` is how much of the night the clock leapt over, `held` the real seconds it stood still,
    `waited` how often the database had no time for the hub, `locked` how often a fault held it up.
    """

    speed: float
    lag: float
    leaps: int
    leapt: timedelta
    held: float
    kills: int
    published: int
    confirmed: int
    waited: int = 0
    locked: int = 0


@dataclass(frozen=True, slots=True)
class Performance:
    """What a night showed on the live stage, and how it was played."""

    account: Account
    figures: Figures


def cannot_play(night: Night, *, elsewhere: bool = False) -> Iterator[str]:
    """What of this night the live stage cannot do, or not `elsewhere`; a line each for people."""
    if elsewhere and any(_switches(night)):
        yield (
            f"{night.file}: hub_killed and hub_down end a hub's process, and that of another is "
            "not ours to end; play this night without --to"
        )
    for fault in night.faults:
        if fault.what == "channel_fails" and fault.said.get("how") == "hangs":
            yield (
                f"{night.file}: a telephone that hangs costs a running hub ten real seconds, which "
                "no clock can speed up; use `how: busy`, or `nachtwacht night check`"
            )


async def perform(
    night: Night, url: str, folder: Path, speed: float, seed: int | None = None
) -> Performance:
    """Play a night on an empty, migrated database; files go to `folder`.

    Raises NotEmpty, and HubFailed when the hub does not start. No process is left behind.
    """
    async with _opened(url) as (store, http):
        clock = LedClock(folder / "clock")
        clock.set(night.start, 0.0)
        hub = HubProcess(url, clock, speed, folder)
        try:
            return await _performed(night, seed, store, http, hub, PEPPER)
        finally:
            hub.kill()


async def perform_at(night: Night, place: Place, seed: int | None = None) -> Performance:
    """Play a night on a rehearsal hub that runs there, at its speed; nothing is left in it.

    Raises HubFailed when it is no rehearsal hub, or one that cannot be used; it is left alone.
    """
    async with _opened(place.database) as (store, http):
        hub = await attach(place, store, http)
        async with furnished(store, hub, place.user):
            return await _performed(night, seed, store, http, hub, place.pepper)


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
) -> Performance:
    began = time.perf_counter()
    async with AsyncExitStack() as stack:
        stage = LedStage(hub.clock, hub.speed, http)
        stage.lead(night.start, runs=False)
        locker = Store(store.engine.execution_options(isolation_level="READ COMMITTED"))
        given = night.seed if seed is None else seed
        playing = _Playing(night, given, store, stage, hub, locker)
        stack.push_async_callback(playing.close)
        people_url = await stack.enter_async_context(ringing(playing.exchange.app))
        await _furnish(store, night, people_url, pepper)
        await playing.run()
    return Performance(playing.account(time.perf_counter() - began), playing.figures())


async def _furnish(store: Store, night: Night, people_url: str, pepper: bytes) -> None:
    async with store.transaction() as uow:
        if (await uow.db.execute(sa.select(t.clients.c.id).limit(1))).first() is not None:
            raise NotEmpty("the database of a rehearsal must be empty")
        for table, listed in live_rows(night, people_url, pepper):
            await uow.db.execute(sa.insert(table), listed)
        await uow.db.execute(sa.select(sa.func.pg_notify(CHANNEL, "registry")))


class _Playing:
    """One night being played on a running hub."""

    def __init__(
        self,
        night: Night,
        seed: int,
        store: Store,
        stage: LedStage,
        hub: HubProcess | AttachedHub,
        locker: Store,
    ) -> None:
        self.locker = locker
        self.night, self.seed, self.store, self.stage, self.hub = night, seed, store, stage, hub
        people = [one.manner for one in night.people if one.has_telephone]
        self.off = {one.name: one.off for one in night.people}
        self.telephones = Telephones(stage, people, private(night), seed, stage.start, self._hears)
        self.exchange = Exchange(night, stage, self.telephones.app)
        self.ledger = Ledger(store, night)
        self.watch = Watch(self.ledger, night.start)
        self.desks: list[tuple[Desk, str, Seen]] = [
            (desk_of(one, night.people, seed), token(one.name), {})
            for one in night.people
            if one.is_operator
        ]
        self.desk_at: datetime | None = None
        self.journal_at = -1  # the line up to which the desks have looked
        self.broken: list[Broken] = []
        self.rest = Rest()
        self.is_switching = False
        self.leaps = self.kills = self.steps = self.locked = 0
        self.leapt, self.held = timedelta(), 0.0
        self.on_the_line = time.perf_counter()

    async def run(self) -> None:
        """Play the whole night, and look once more when all has come to rest."""
        self.stage.connect(self.hub.mqtt, gateways(self.night))
        await self._start()
        told = through_links(self.night, script(self.night, self.seed), self.seed)
        parts = [
            asyncio.create_task(play(self.stage, told)),
            asyncio.create_task(self._switch_in_time()),
            *(asyncio.create_task(self._slow_down(one)) for one in self._slow()),
            *map(asyncio.create_task, self._hands()),
        ]
        try:
            while self.stage.now() < self.night.end:
                _raise_failures(parts)
                await self._look_and_leap()
                await asyncio.sleep(LOOK_EVERY)
            await self._end()
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)

    def _hands(self) -> Iterator[Coroutine[Any, Any, None]]:
        if self.night.recorded is not None:
            tokens = {one.name: token(one.name) for one in self.night.people}
            hands = Hands(self.stage, self.telephones, f"{self.hub.url}/api/v1", tokens)
            yield from hands.errands(self.night.recorded.done)

    async def close(self) -> None:
        """Hang up everywhere."""
        await self.telephones.close()
        await self.stage.close()

    def _hears(self, person: Person) -> bool:
        return not any(span.covers(self.stage.now()) for span in self.off[person.name])

    def _break(self, promise: str, what: str) -> None:
        self.broken.append(Broken(self.stage.now(), promise, what))

    # --- the hub's ups and downs ---------------------------------------------------------

    async def _switch_in_time(self) -> None:
        for at, word in sorted(_switches(self.night)):
            await self.stage.sleep_until(at)
            if word != "up":
                self.hub.kill()
                self.kills += 1
            if word != "down":
                await self._start()

    def _slow(self) -> Iterator[Fault]:
        yield from (one for one in self.night.faults if one.what == "database_slow")

    async def _slow_down(self, fault: Fault) -> None:
        """Hold, again and again, a lock that every change of an alert has to wait for."""
        begins, ends = fault.during.begins or self.night.start, fault.during.ends or self.night.end
        held = min(fault.by.total_seconds() / self.stage.scale, LONGEST_HELD)
        await self.stage.sleep_until(begins)
        while self.stage.now() < ends:
            with suppress(DBAPIError):  # the hub was first, for longer than we wait
                async with self.locker.transaction() as uow:
                    await uow.db.execute(sa.text("LOCK TABLE alerts IN EXCLUSIVE MODE"))
                    self.locked += 1
                    await asyncio.sleep(held)
            await asyncio.sleep(held / 4)

    async def _start(self) -> None:
        """Start the hub while the clock stands still: how long that takes is the machine's."""
        self.is_switching, began = True, time.perf_counter()
        self.stage.lead(self.stage.now(), runs=False)
        await self.hub.start(self.stage.http)
        for _ in range(round(CONNECTS_WITHIN / LOOK_EVERY)):
            if self.stage.is_connected:
                break
            await asyncio.sleep(LOOK_EVERY)
        else:
            raise HubFailed("the gateways could not connect to it")
        self.watch.up_since = self.stage.now()
        self.held += time.perf_counter() - began
        self.stage.lead(self.stage.now(), runs=True)
        self.is_switching = False

    # --- looking -------------------------------------------------------------------------

    async def _look_and_leap(self) -> None:
        if said := self.hub.died():
            raise HubFailed(f"the hub ended by itself: {said}")
        self._mind_the_line()
        upcoming = await self._look()
        if upcoming is not None:
            await self._judge()
            await self._leap(upcoming)

    def _mind_the_line(self) -> None:
        """A hub that is not ours may go away without a word."""
        if self.stage.is_connected or not self.hub.runs or self.is_switching:
            self.on_the_line = time.perf_counter()
        elif time.perf_counter() - self.on_the_line > GONE_AFTER:
            raise HubFailed("the gateways lost it, and it did not come back")

    async def _look(self) -> datetime | None:
        """Let the desks look; when all is at rest, the moment at which anything happens next."""
        self.steps += 1
        begun = self.stage.begun
        line, worker, is_sending = await in_the_hub(self.store, self.exchange)
        at_desk = self.desk_at is not None and self.desk_at <= self.stage.now()
        if self.hub.runs and not self.is_switching and (line != self.journal_at or at_desk):
            self.journal_at = line
            await self._at_the_desks()
            self.rest = Rest()  # whatever they did is not in what was seen
        moments = [self.stage.next_awake(), self.night.end]
        moments += [worker, self.desk_at] if self.hub.runs else []
        upcoming = min(one for one in moments if one is not None)
        rests = self.rest.at((line, worker, begun)) and not self.is_switching
        # What was confirmed while the look was on is not in what was seen: it must be over before.
        quiet = begun is not None and begun == self.stage.begun and not is_sending
        quiet = quiet or (not self.hub.runs and not self.stage.asking)
        return upcoming if rests and quiet and upcoming > self.stage.now() else None

    async def _at_the_desks(self) -> None:
        moves = [
            await look(desk, self.stage, f"{self.hub.url}/api/v1", secret, seen)
            for desk, secret, seen in self.desks
        ]
        self.desk_at = min((one for one in moves if one is not None), default=None)

    async def _judge(self) -> None:
        """Hold the promises against a hub that has come to rest."""
        now = self.stage.now()
        seen = await self.ledger.look(now, self.exchange.sent)
        if self.hub.runs:
            self.broken += self.watch.judge(seen)

    async def _leap(self, upcoming: datetime) -> None:
        """Go to just before what comes next, and let the hub know that the clock has moved."""
        to = upcoming - timedelta(seconds=HEAD_START * self.stage.scale)
        over = to - self.stage.now()
        if over <= timedelta():
            return
        self.stage.lead(to, runs=True)
        self.leaps += 1
        self.leapt += over
        async with self.store.transaction() as uow:
            await uow.db.execute(sa.select(sa.func.pg_notify(CHANNEL, "due outbox")))

    async def _end(self) -> None:
        """Stop the clock at the end, and wait until all that was begun is done."""
        self.stage.lead(self.stage.now(), runs=False)
        for _ in range(round(RESTS_WITHIN / LOOK_EVERY)):
            if await self._is_done():
                break
            await asyncio.sleep(LOOK_EVERY)
        await self._judge()
        self.broken += await not_kept(self.store, self.stage.now(), self.stage.confirmed)
        for what in self.telephones.complaints:
            self._break("People and gateways are answered as the published protocols say", what)
        for what in self.hub.errors():
            self._break("Nothing fails inside the hub", what)

    async def _is_done(self) -> bool:
        begun = self.stage.begun
        line, worker, is_sending = await in_the_hub(self.store, self.exchange)
        is_due = worker is not None and worker <= self.stage.now()
        quiet = begun is not None and begun == self.stage.begun and not is_sending and not is_due
        return self.rest.at((line, worker, begun)) and quiet

    # --- telling -------------------------------------------------------------------------

    def account(self, seconds: float) -> Account:
        """What the night showed, expectations judged."""
        still_open = sum(one.resolved_at is None for one in self.ledger.alerts.values())
        judged = expecting.judge(self.night, self.ledger.happened, still_open)
        return Account(
            night=self.night,
            seed=self.seed,
            happened=self.ledger.happened,
            broken=sorted([*self.broken, *judged], key=lambda one: one.at),
            journal=self.ledger.account(),
            messages=self.stage.sent,
            calls=len(self.exchange.sent),
            alerts=len(self.ledger.alerts),
            steps=self.steps,
            seconds=seconds,
            until=None,
            ledger=self.ledger,
            heard=self.stage.heard,
        )

    def figures(self) -> Figures:
        """How it was played."""
        return Figures(
            speed=self.stage.scale,
            lag=self.stage.lag.total_seconds() / self.stage.scale,
            leaps=self.leaps,
            leapt=self.leapt,
            held=self.held,
            kills=self.kills,
            published=self.stage.sent,
            confirmed=self.stage.confirmed,
            waited=self.hub.waited(),
            locked=self.locked,
        )


def _raise_failures(parts: Sequence["asyncio.Task[Any]"]) -> None:
    for part in parts:
        if part.done():
            part.result()


def _switches(night: Night) -> Iterator[tuple[datetime, str]]:
    for fault in night.faults:
        begins = fault.during.begins or night.start
        if fault.what == "hub_killed":
            yield begins, "kill"
        elif fault.what == "hub_down":
            yield begins, "down"
            yield fault.during.ends or night.end, "up"
