"""One night being played on a running hub: what is looked at, and when the clock leaps."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.feed import CHANNEL
from hub.rehearsal import expecting
from hub.rehearsal.account import Account
from hub.rehearsal.attached import AttachedHub
from hub.rehearsal.desks import Desks
from hub.rehearsal.kept import not_kept
from hub.rehearsal.ledger import Ledger
from hub.rehearsal.listening import Listening
from hub.rehearsal.live_broker import MISSED, OutsideBroker, Passage, is_known
from hub.rehearsal.live_faults import LOOK_EVERY, Parts, SlowDatabase
from hub.rehearsal.live_hub import HubProcess, gateways
from hub.rehearsal.live_look import Rest, in_the_hub
from hub.rehearsal.live_stage import Exchange, LedStage
from hub.rehearsal.progress import Progress
from hub.rehearsal.promises import Broken, Watch
from hub.rehearsal.region import private, token
from hub.store.unit_of_work import Store
from simulators.links import through_links
from simulators.night import Night
from simulators.night_script import script
from simulators.people import Person
from simulators.recorded import Hands
from simulators.stage import play
from simulators.telephones import Telephones

HEAD_START = 0.15  # real seconds that are left of a wait after a leap, so that timers are real
MAY_TAKE = 2.0  # real seconds in all, of a machine that is busy, to call a whole ladder in time
RESTS_WITHIN = 15.0  # real seconds, at the end of the night


@dataclass(frozen=True, slots=True)
class Figures:
    """How it was played: `lag` is the furthest a pretender was behind, in real seconds.

    `leapt` is how much of the night the clock leapt over, `held` the real seconds it stood still,
    `waited` how often the database had no time for the hub, `locked` how often a fault held it up.
    `lost` are messages that an outside broker confirmed and the hub never got; None without one.
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
    lost: int | None = None


class Playing:
    """A night, its pretenders, and the hub they speak to.

    `store` sees one moment in each transaction, `locker` what others do meanwhile.
    """

    def __init__(
        self,
        night: Night,
        seed: int,
        store: Store,
        locker: Store,
        stage: LedStage,
        hub: HubProcess | AttachedHub,
        broker: OutsideBroker | None,
        listening: Listening,
        progress: Progress,
    ) -> None:
        self.progress = progress
        self.night, self.seed, self.store, self.stage = night, seed, store, stage
        self.hub, self.broker, self.listening = hub, broker, listening
        people = [one.manner for one in night.people if one.has_telephone]
        self.off = {one.name: one.off for one in night.people}
        self.telephones = Telephones(stage, people, private(night), seed, stage.start, self._hears)
        self.exchange = Exchange(night, stage, self.telephones.app, listening)
        self.ledger = Ledger(store, night)
        self.watch = Watch(self.ledger, night.start, timedelta(seconds=MAY_TAKE * stage.scale))
        self.parts = Parts(night, stage, hub, broker, self._hub_started)
        self.slow = SlowDatabase(locker, stage)
        self.desks = Desks(night, seed)
        self.journal_at = -1  # the line up to which the desks have looked
        self.broken: list[Broken] = []
        self.rest = Rest()
        self.leaps = self.steps = 0
        self.leapt = timedelta()
        self.passage = None if broker is None else Passage(store)

    async def run(self) -> None:
        """Play the whole night, and look once more when all has come to rest."""
        door = self.hub.mqtt if self.broker is None else self.broker.address
        self.stage.connect(door, gateways(self.night))
        await self.parts.begin()
        under_way = [asyncio.create_task(one) for one in self._under_way()]
        try:
            while self.stage.now() < self.night.end:
                _raise_failures(under_way)
                await self._look_and_leap()
                alerts, broken = len(self.ledger.alerts), len(self.broken)
                self.progress.at(self.night, self.stage.now(), alerts, broken)
                await asyncio.sleep(LOOK_EVERY)
            await self._end()
        finally:
            for one in under_way:
                one.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    def _under_way(self) -> Iterator[Coroutine[Any, Any, Any]]:
        """What goes on by itself all night."""
        yield play(self.stage, through_links(self.night, script(self.night, self.seed), self.seed))
        yield self.parts.switch_in_time()
        for fault in self.night.faults:
            if fault.what == "database_slow":
                yield self.slow.hold_up(fault, self.night)
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

    def _hub_started(self, at: datetime) -> None:
        self.watch.up_since = at

    def _break(self, promise: str, what: str) -> None:
        self.broken.append(Broken(self.stage.now(), promise, what))

    # --- looking -------------------------------------------------------------------------

    async def _look_and_leap(self) -> None:
        self.parts.look()
        upcoming = await self._look()
        if upcoming is not None:
            await self._judge()
            await self._leap(upcoming)

    async def _look(self) -> datetime | None:
        """Let the desks look; when all is at rest, the moment at which anything happens next."""
        self.steps += 1
        begun = self.stage.begun
        is_through = await self._is_through()  # before what came through is looked for
        line, worker, is_sending = await self._in_the_hub()
        is_up = self.hub.runs and not self.parts.is_switching
        if is_up and (line != self.journal_at or self.desks.is_due(self.stage.now())):
            self.journal_at = line
            await self.desks.look(self.stage, self.hub.url)
            self.rest = Rest()  # whatever they did is not in what was seen
        moments = [self.stage.next_awake(), self.night.end]
        moments += [worker, self.desks.due_at] if self.hub.runs else []
        upcoming = min(one for one in moments if one is not None)
        rests = self.rest.at((line, worker, begun)) and not self.parts.is_switching and is_through
        quiet = self._is_quiet(begun) and not is_sending
        quiet = quiet or (not self.hub.runs and not self.stage.asking)
        return upcoming if rests and quiet and upcoming > self.stage.now() else None

    async def _in_the_hub(self) -> tuple[int, datetime | None, bool]:
        now = self.stage.now()
        return await in_the_hub(self.store, self.exchange, self.watch.up_since, now)

    def _is_quiet(self, begun: tuple[int, int] | None) -> bool:
        """Whether what was begun is over: what was confirmed during the look was not seen by it.

        What gateways keep for a broker that is away is not under way.
        """
        if self.broker is not None and not self.broker.runs:
            return not self.stage.asking
        return begun is not None and begun == self.stage.begun

    async def _is_through(self) -> bool:
        """Whether what the broker has, and that it is away or back, has come to the hub."""
        if self.broker is None or self.passage is None or not self.hub.runs:
            return True
        if self.broker.runs and not await self.passage.is_through(self.stage.heard):
            return False
        return await is_known(self.store, runs=self.broker.runs)

    async def _judge(self) -> None:
        """Hold the promises against a hub that has come to rest."""
        seen = await self.ledger.look(self.stage.now(), self.exchange.sent)
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
            await uow.db.execute(sa.select(sa.func.pg_notify(CHANNEL, "due outbox out")))

    async def _end(self) -> None:
        """Stop the clock at the end, and wait until all that was begun is done."""
        self.stage.lead(self.stage.now(), runs=False)
        for _ in range(round(RESTS_WITHIN / LOOK_EVERY)):
            if await self._is_done():
                break
            await asyncio.sleep(LOOK_EVERY)
        await self._judge()
        confirmed = self.stage.confirmed if self.broker is None else 0  # by the hub
        self.broken += await not_kept(self.store, self.stage.now(), confirmed)
        for what in self.telephones.complaints:
            self._break("People and gateways are answered as the published protocols say", what)
        self.broken += self.listening.complaints(self.stage.now())
        if self.hub.runs:
            self.broken += await self.listening.unheard(self.ledger, self.stage.now())
        for what in self.hub.errors():
            if self.broker is None or not what.startswith(MISSED):
                self._break("Nothing fails inside the hub", what)

    async def _is_done(self) -> bool:
        begun = self.stage.begun
        is_through = await self._is_through()
        line, worker, is_sending = await self._in_the_hub()
        is_due = worker is not None and worker <= self.stage.now()
        quiet = self._is_quiet(begun) and not is_sending and not is_due
        return self.rest.at((line, worker, begun)) and quiet and is_through

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
            posted=self.listening.posted,
        )

    def figures(self) -> Figures:
        """How it was played."""
        return Figures(
            speed=self.stage.scale,
            lag=self.stage.lag.total_seconds() / self.stage.scale,
            leaps=self.leaps,
            leapt=self.leapt,
            held=self.parts.held,
            kills=self.parts.kills,
            published=self.stage.sent,
            confirmed=self.stage.confirmed,
            waited=self.hub.waited(),
            locked=self.slow.locked,
            lost=None if self.passage is None else self.passage.lost,
        )


def _raise_failures(parts: Sequence["asyncio.Task[Any]"]) -> None:
    for part in parts:
        if part.done():
            part.result()
