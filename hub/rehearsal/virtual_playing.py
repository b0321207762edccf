"""One night being played: steps the hub to quiet, looks, and moves the clock to what comes next.

Nothing waits here. What the world does next is the earliest of a worker's moment, a pretender's,
a message of the script, and the hub going down or up.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime

from hub.rehearsal.account import Pace
from hub.rehearsal.building import URL, Given, Hub, NeverQuiet, running_hub
from hub.rehearsal.desks import Desks
from hub.rehearsal.kept import not_kept_of
from hub.rehearsal.ledger import Ledger
from hub.rehearsal.listening import Listening
from hub.rehearsal.pretended_broker import PretendedBroker, kept_by_gateways
from hub.rehearsal.progress import Progress
from hub.rehearsal.promises import Broken, Watch
from hub.rehearsal.region import PEPPER, private, token
from hub.rehearsal.slow_commits import SlowCommits
from hub.rehearsal.stage import VirtualStage
from hub.rehearsal.switches import Turn, needs_broker, switches
from hub.serving.stores import Stores
from simulators.chance import stream
from simulators.links import through_links
from simulators.night import Night
from simulators.night_script import script
from simulators.people import Person
from simulators.recorded import Hands
from simulators.stage import Happening
from simulators.telephones import Telephones

# Of the workers at one moment, and one more for each client: a hub that needs more goes round in
# circles.
MOST_ROUNDS = 200
MOST_BROKEN = 20  # after so many there is nothing more to learn


ON = {Turn.KILLED: True, Turn.DOWN: False, Turn.UP: True}  # of the hub itself


class Playing:
    """A night, its pretenders and its hub; `spent` is what the processor's seconds went to."""

    def __init__(
        self, night: Night, seed: int, pools: Stores, pace: Pace, progress: Progress
    ) -> None:
        self.progress = progress
        self.night, self.seed, self.pools, self.pace = night, seed, pools, pace
        self.looks_at = self.desks_at = night.start
        self.before: datetime | None = None  # what comes next is not of the script
        self.spent = defaultdict[str, float](float)
        self.stage = VirtualStage(night, seed)
        people = [one.manner for one in night.people if one.has_telephone]
        self.telephones = Telephones(
            self.stage, people, private(night), seed, self.stage.start, self._hears
        )
        self.stage.telephones = self.telephones.app
        self.off = {one.name: one.off for one in night.people}
        self.ledger = Ledger(pools.work, night)
        self.watch = Watch(self.ledger, night.start)
        self.desks = Desks(night, seed)
        self.slow = SlowCommits(night)
        self.broker = PretendedBroker(pools.work, night) if needs_broker(night) else None
        self.listening = Listening(pools.out, night, self.stage.now, PEPPER)
        self.hands = Hands(
            self.stage,
            self.telephones,
            f"{URL}/api/v1",
            {one.name: token(one.name) for one in night.people},
        )
        self.script = deque(through_links(kept_by_gateways(night), script(night, seed), seed))
        self.switches = [one for one in switches(night) if one.turn in ON]
        self.broken: list[Broken] = []
        self.steps = 0
        self.changed = True  # since somebody at a desk looked
        self.unseen = True  # since the promises were held against it
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
                self._say_how_far()
            self.stage.moment, self.unseen, self.looks_at = until, True, until
            await self._quiet()
            if self.stage.hub is not None:
                self.broken += await self.listening.unheard(self.ledger, until)
        except NeverQuiet:
            self._break("At every moment the hub comes to rest", "the workers never have enough")
        finally:
            await self.telephones.close()
            for errand in self.errands:
                errand.cancel()
            await asyncio.gather(*self.errands, return_exceptions=True)
            await self.hub_ends.aclose()

    def _say_how_far(self) -> None:
        alerts, broken = len(self.ledger.alerts), len(self.broken)
        self.progress.at(self.night, self.stage.moment, alerts, broken)

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
        while self.switches and self.switches[0].at <= now:
            await self._switch(on=ON[self.switches.pop(0).turn])
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
        began = time.process_time()
        try:
            yield
        finally:
            self.spent[on] += time.process_time() - began

    async def _switch(self, *, on: bool) -> None:
        """Start or kill the hub; a new one knows nothing but what is in the database."""
        self.stage.hub = None
        await self.hub_ends.aclose()
        if not on:
            return
        luck = stream(self.seed, "hub", self.stage.moment.isoformat())
        more = [] if self.broker is None else [self.broker.worker]
        more += [self.listening.worker()] if self.night.receivers else []
        given = Given(
            self.stage.now, self.stage.new_id, luck, self.stage.call, self._told, self.spent, more
        )
        hub: Hub = await self.hub_ends.enter_async_context(running_hub(self.pools, given))
        self.stage.hub, self.watch.up_since, self.slow.seen = hub, self.stage.moment, 0
        await self._quiet()
        await self.stage.send_again()

    def _told(self, *topics: str) -> None:
        if "board" in topics:
            self.changed = self.unseen = True

    async def _quiet(self) -> datetime | None:
        """Let the hub, and whoever works at its desks, do all there is to do; the next moment."""
        upcoming: datetime | None = None
        most = MOST_ROUNDS + len(self.night.clients)
        while self.stage.hub is not None:
            self.steps += 1
            latest = self.switches[0].at if self.switches else None  # a hub is killed on time
            self.stage.moment = self.slow.wait(self.stage.hub, self.stage.moment, latest)
            upcoming = await self.stage.hub.step_to_quiet(self.stage.moment, most)
            await self.stage.idle()
            if self.slow.is_behind(self.stage.hub, self.stage.moment):
                continue  # what came due while it waited comes first
            if self.unseen and self.looks_at <= self.stage.moment:
                self.unseen, self.looks_at = False, self.stage.moment + self.pace.looks
                with self._spending("promises"):
                    await self._look()
            at_desk = self.changed or self.desks.is_due(self.stage.moment)
            if not at_desk or self.desks_at > self.stage.moment:
                break
            self.changed, self.desks_at = False, self.stage.moment + self.pace.looks
            with self._spending("desks"):
                await self.desks.look(self.stage, URL)
            if not self.unseen:
                break
        return upcoming

    async def _look(self) -> None:
        seen = await self.ledger.look(self.stage.moment, self.stage.sent)
        self.broken += self.watch.judge(seen)
        for what in self.telephones.complaints + self.stage.troubles:
            self._break("People and gateways are answered as the published protocols say", what)
        self.broken += self.listening.complaints(self.stage.moment)
        self.telephones.complaints.clear()
        self.stage.troubles.clear()
        stored = self.stage.stored[self.judged :]
        self.judged += len(stored)
        if stored:
            self.broken += await not_kept_of(self.ledger.store, self.stage.moment, stored)

    def _next(self, worker: datetime | None) -> datetime | None:
        moments = [worker, self.stage.next_awake(), *self._next_look()]
        moments += [self.switches[0].at] if self.switches else []
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
        elif self.desks.due_at is not None:
            yield max(self.desks.due_at, self.desks_at)
