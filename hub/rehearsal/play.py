"""Plays a night: steps the hub to quiet, looks, and moves the clock to whatever comes next.

Nothing waits here. What the world does next is the earliest of a worker's moment, a pretender's,
a message of the script, and the hub going down or up.
"""

import asyncio
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from hub.rehearsal import expecting
from hub.rehearsal.account import CROWDED, STEP_BY_STEP, Account, Pace
from hub.rehearsal.building import URL, Given, Hub, NeverQuiet, open_pools, running_hub
from hub.rehearsal.ledger import Ledger
from hub.rehearsal.promises import Broken, Watch
from hub.rehearsal.record.registry import furnishing
from hub.rehearsal.region import private, token
from hub.rehearsal.stage import VirtualStage
from hub.serving.stores import Stores
from hub.store import tables as t
from hub.store.unit_of_work import Store
from simulators.chance import stream
from simulators.desk import Desk, Manner, Seen, look
from simulators.links import through_links
from simulators.night import Night, Somebody
from simulators.night_script import script
from simulators.people import Person
from simulators.recorded import Hands
from simulators.stage import Happening
from simulators.telephones import Telephones

MOST_ROUNDS = 200  # of the workers at one moment; a hub that needs more goes round in circles
MOST_BROKEN = 20  # after so many there is nothing more to learn
HALF_A_DAY = timedelta(hours=12)


class NotEmpty(Exception):
    """The database holds something: a rehearsal wants one of its own."""


async def rehearse(
    night: Night, url: str, seed: int | None = None, until: datetime | None = None
) -> Account:
    """Play a night on an empty, migrated database; the same seed gives the same account.

    `until` ends it sooner, and then no expectation is judged. Raises NotEmpty.
    """
    async with open_pools(url) as pools:
        return await rehearse_on(pools, night, seed, until)


async def rehearse_on(
    pools: Stores,
    night: Night,
    seed: int | None = None,
    until: datetime | None = None,
    pace: Pace | None = None,
) -> Account:
    """Do what `rehearse` does, on connections that are open already, at this or its own pace."""
    pace = pace or (CROWDED if night.is_crowd else STEP_BY_STEP)
    began = time.perf_counter()
    await _furnish(pools.work, night)
    given = night.seed if seed is None else seed
    rehearsal = _Rehearsal(night, given, pools, pace)
    with _errors_heard(rehearsal.failed):
        await rehearsal.run(until or night.end)
    ledger, broken = rehearsal.ledger, rehearsal.broken
    if until is None:
        still_open = sum(one.resolved_at is None for one in ledger.alerts.values())
        broken += expecting.judge(night, ledger.happened, still_open)
    return Account(
        night=night,
        seed=given,
        happened=ledger.happened,
        broken=sorted(broken, key=lambda one: one.at),
        journal=ledger.account(),
        messages=rehearsal.stage.published,
        calls=len(rehearsal.stage.sent),
        alerts=len(ledger.alerts),
        steps=rehearsal.steps,
        seconds=time.perf_counter() - began,
        until=until,
        ledger=ledger,
        heard=rehearsal.stage.heard,
        spent=rehearsal.spent,
    )


async def _furnish(store: Store, night: Night) -> None:
    async with store.transaction() as uow:
        if (await uow.db.execute(sa.select(t.organisations.c.id).limit(1))).first() is not None:
            raise NotEmpty("the database of a rehearsal must be empty")
        for table, listed in furnishing(night):
            await uow.db.execute(sa.insert(table), listed)


@contextmanager
def _errors_heard(failed: Callable[[str], None]) -> Iterator[None]:
    """Whatever the hub logs as an error is told, with the error itself."""
    handler = _Errors(failed)
    logger = logging.getLogger("hub")
    before = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = before


class _Errors(logging.Handler):
    def __init__(self, failed: Callable[[str], None]) -> None:
        super().__init__(logging.ERROR)
        self.failed = failed

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        why = "" if error is None else f": {type(error).__name__}: {error}".splitlines()[0]
        self.failed(record.getMessage() + why)


class _Rehearsal:
    """One night being played."""

    def __init__(self, night: Night, seed: int, pools: Stores, pace: Pace) -> None:
        self.night, self.seed, self.pools, self.pace = night, seed, pools, pace
        self.looks_at = self.desks_at = night.start
        self.before: datetime | None = None  # what comes next is not of the script
        self.spent: dict[str, float] = defaultdict(float)
        self.stage = VirtualStage(night, seed)
        people = [one.manner for one in night.people if one.has_telephone]
        self.telephones = Telephones(
            self.stage, people, private(night), seed, self.stage.start, self._hears
        )
        self.stage.telephones = self.telephones.app
        self.off = {one.name: one.off for one in night.people}
        self.ledger = Ledger(pools.work, night)
        self.watch = Watch(self.ledger, night.start)
        self.desks: list[tuple[Desk, str, Seen]] = [
            (desk_of(one, night.people, seed), token(one.name), {})
            for one in night.people
            if one.is_operator
        ]
        self.hands = Hands(
            self.stage,
            self.telephones,
            f"{URL}/api/v1",
            {one.name: token(one.name) for one in night.people},
        )
        self.script = deque(through_links(night, script(night, seed), seed))
        self.switches = sorted(_switches(night))
        self.broken: list[Broken] = []
        self.steps = self.commits = 0  # those of this hub that the clock has waited for
        self.changed = True  # since somebody at a desk looked
        self.unseen = True  # since the promises were held against it
        self.desk_at: datetime | None = None
        self.judged = 0  # how many stored messages were looked at
        self.hub_ends = AsyncExitStack()
        self.errands: list[asyncio.Task[None]] = []

    async def run(self, until: datetime) -> None:
        """Play until this moment, or until the hub goes round in circles."""
        try:
            await self._switch(on=True)
            self._give_hands()
            upcoming: datetime | None = self.night.start
            while upcoming is not None and upcoming <= until:
                self.stage.moment = max(upcoming, self.stage.moment)
                await self._one_moment()
                if len(self.broken) >= MOST_BROKEN:
                    return
                upcoming = self._next(await self._quiet())
            self.stage.moment, self.unseen, self.looks_at = until, True, until
            await self._quiet()
        except NeverQuiet:
            self._break("At every moment the hub comes to rest", "the workers never have enough")
        finally:
            await self.telephones.close()
            for errand in self.errands:
                errand.cancel()
            await asyncio.gather(*self.errands, return_exceptions=True)
            await self.hub_ends.aclose()

    def _give_hands(self) -> None:
        if self.night.recorded is not None:
            done = self.hands.errands(self.night.recorded.done)
            self.errands = [self.stage.start(one) for one in done]

    def _hears(self, person: Person) -> bool:
        return not any(span.covers(self.stage.moment) for span in self.off[person.name])

    def failed(self, what: str) -> None:
        """Something inside the hub went wrong and was contained."""
        self._break("Nothing fails inside the hub", what)

    def _break(self, promise: str, what: str) -> None:
        self.broken.append(Broken(self.stage.moment, promise, what))

    async def _one_moment(self) -> None:
        """Everything that the world does at this moment, each followed by what the hub does."""
        now = self.stage.moment
        while self.switches and self.switches[0][0] <= now:
            await self._switch(on=self.switches.pop(0)[1])
        while self.script and self.script[0].at <= now:
            await self._say()
        while await self.stage.wake_one():
            await self._quiet()

    async def _say(self) -> None:
        together = list(self._together())
        with self._spending("messages"):
            if together:
                await self.stage.publish_together(together)
            else:
                one = self.script.popleft()
                await self.stage.publish(one.gateway, one.whole_topic, one.payload)
        await self._quiet()

    def _together(self) -> Iterator[Happening]:
        """Take what homes say by themselves before anything else happens."""
        until = self.stage.moment + self.pace.together
        until = min(until, self.before or until)
        while self.pace.together and self.script and self.script[0].routine:
            if self.script[0].at > until:
                return
            yield self.script.popleft()

    @contextmanager
    def _spending(self, on: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.spent[on] += time.perf_counter() - began

    async def _switch(self, *, on: bool) -> None:
        """Start or kill the hub; a new one knows nothing but what is in the database."""
        self.stage.hub = None
        await self.hub_ends.aclose()
        if not on:
            return
        luck = stream(self.seed, "hub", self.stage.moment.isoformat())
        given = Given(self.stage.now, self.stage.new_id, luck, self.stage.call, self._told)
        hub: Hub = await self.hub_ends.enter_async_context(running_hub(self.pools, given))
        self.stage.hub, self.watch.up_since, self.commits = hub, self.stage.moment, 0
        await self._quiet()
        await self.stage.send_again()

    def _told(self, *topics: str) -> None:
        if "board" in topics:
            self.changed = self.unseen = True

    async def _quiet(self) -> datetime | None:
        """Let the hub, and whoever works at its desks, do all there is to do; the next moment."""
        upcoming: datetime | None = None
        while self.stage.hub is not None:
            self.steps += 1
            self._wait_for_the_database(self.stage.hub)
            with self._spending("workers and people"):
                upcoming = await self.stage.hub.step_to_quiet(self.stage.moment, MOST_ROUNDS)
                await self.stage.idle()
            if self._is_slow() and self.stage.hub.hints.count > self.commits:
                continue  # what came due while it waited comes first
            if self.unseen and self.looks_at <= self.stage.moment:
                self.unseen, self.looks_at = False, self.stage.moment + self.pace.looks
                with self._spending("promises"):
                    await self._look()
            at_desk = self.desk_at is not None and self.desk_at <= self.stage.moment
            if not (self.changed or at_desk) or self.desks_at > self.stage.moment:
                break
            self.changed, self.desks_at = False, self.stage.moment + self.pace.looks
            with self._spending("desks"):
                await self._at_the_desks()
            if not self.unseen:
                break
        return upcoming

    def _is_slow(self) -> bool:
        return self._slow_by() > timedelta()

    def _slow_by(self) -> timedelta:
        """How long a commit takes now; no time at all unless a fault says so."""
        if self.stage.moment >= self.night.end:
            return timedelta()
        slow = (one for one in self.night.faults if one.what == "database_slow")
        lasting = (one.by for one in slow if one.during.covers(self.stage.moment))
        return max(lasting, default=timedelta())

    def _wait_for_the_database(self, hub: Hub) -> None:
        """Let the clock go on for as long as what was stored had to wait."""
        commits = hub.hints.count - self.commits
        self.commits = hub.hints.count
        if self.switches:  # a hub is killed on time
            latest = max(self.switches[0][0], self.stage.moment)
            self.stage.moment = min(self.stage.moment + commits * self._slow_by(), latest)
        else:
            self.stage.moment += commits * self._slow_by()

    async def _at_the_desks(self) -> None:
        moves = [
            await look(desk, self.stage, f"{URL}/api/v1", secret, seen)
            for desk, secret, seen in self.desks
        ]
        self.desk_at = min((one for one in moves if one is not None), default=None)

    async def _look(self) -> None:
        seen = await self.ledger.look(self.stage.moment, self.stage.sent)
        self.broken += self.watch.judge(seen)
        for what in self.telephones.complaints + self.stage.troubles:
            self._break("People and gateways are answered as the published protocols say", what)
        self.telephones.complaints.clear()
        self.stage.troubles.clear()
        stored = self.stage.stored[self.judged :]
        self.judged += len(stored)
        if stored:
            await self._was_stored(stored)

    async def _was_stored(self, ids: Sequence[UUID]) -> None:
        """Promise 1: whatever was answered with "yes" is stored, and an alarm is somebody's."""
        async with self.ledger.store.transaction() as uow:
            asked = sa.select(t.messages.c.id).where(t.messages.c.id.in_(ids))
            kept = set((await uow.db.execute(asked)).scalars())
            loose = sa.select(t.events.c.kind).where(
                t.events.c.message_id.in_(ids),
                t.events.c.kind.like("alarm.%"),
                t.events.c.phase != "end",
                t.events.c.alert_id.is_(None),
            )
            unheard = (await uow.db.execute(loose)).scalars().all()
        if missing := len(set(ids) - kept):
            self._break('A message answered with "yes" is stored', f"{missing} messages are not")
        for kind in unheard:
            self._break("An alarm always ends as an alert", f"{kind} concerns no alert")

    def _next(self, worker: datetime | None) -> datetime | None:
        moments = [worker, self.stage.next_awake(), *self._next_look()]
        moments += [self.switches[0][0]] if self.switches else []
        self.before = min((one for one in moments if one is not None), default=None)
        moments += [self.script[0].at] if self.script else []
        return min((one for one in moments if one is not None), default=None)

    def _next_look(self) -> Iterator[datetime | None]:
        if self.stage.hub is None:
            return
        if self.unseen:
            yield self.looks_at
        if self.changed:
            yield self.desks_at
        elif self.desk_at is not None:
            yield max(self.desk_at, self.desks_at)


def _switches(night: Night) -> Iterator[tuple[datetime, bool]]:
    for fault in night.faults:
        begins = fault.during.begins or night.start
        if fault.what == "hub_killed":
            yield begins, True
        elif fault.what == "hub_down":
            yield begins, False
            yield fault.during.ends or night.end, True


def desk_of(one: Somebody, people: Sequence[Somebody], seed: int) -> Desk:
    """The desk of an operator, among these people."""
    manner = Manner(
        share=one.manner.answers,
        answers_in=one.manner.delay,
        talks=one.talks,
        by_telephone=one.by_telephone,
        patience=HALF_A_DAY,
    )
    return Desk(one.name, {each.name: each.manner for each in people}, seed, manner)
