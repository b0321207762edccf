"""Who falls silent, is missed: a device, a gateway with all behind it, a whole vendor.

Silence counts only while a hub listened, so that a hub that was down misses nobody. What is
lost as part of something larger is told of once.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from adapters.contract import Kind, Phase
from hub.contain import contained
from hub.road.happened import record_event
from hub.store.care import Subject
from hub.store.events import Event
from hub.store.journal import Line
from hub.store.modes import LIFESTYLE
from hub.store.supervision import DEVICE, GATEWAY, VENDOR, Watched
from hub.store.unit_of_work import Store, UnitOfWork
from hub.waiting.silence import Span

SOONEST, LATEST = timedelta(seconds=30), timedelta(minutes=5)  # between two notes of listening
ARRANGES = timedelta(minutes=1)
AT_ONCE = 500
LONGEST = timedelta(days=400)  # how far back anybody's silence is counted
KINDS = {
    VENDOR: Kind.VENDOR_SILENT,
    GATEWAY: Kind.GATEWAY_OFFLINE,
    DEVICE: Kind.OFFLINE,
}
Work = Callable[[UnitOfWork, Watched, datetime], Awaitable[None]]


class Supervise:
    """The worker that looks who is silent, and notes that this hub listens.

    What it keeps in memory is only when it last did so: a hub that has just started has not
    listened yet.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._beaten_at: datetime | None = None
        self._arranged_at: datetime | None = None
        self._beats: timedelta | None = None

    async def step(self, now: datetime) -> datetime | None:
        """Tell of who is lost, and who is back; the moment to look again."""
        if self._arranged_at is None or now - self._arranged_at >= ARRANGES:
            every, gone = await self.store.retried(lambda uow: uow.supervision.arrange(now))
            for one in await self._these(gone):
                await self._contained(_out_of_use, one, now)
            self._beats = None if every is None else min(max(every / 4, SOONEST), LATEST)
            self._arranged_at = now
        if self._beats is None:
            return None
        if self._beaten_at is None or now - self._beaten_at >= self._beats:
            async with self.store.transaction() as uow:
                await self._listen(uow, now, self._beats)
        for one in await self._back():
            await self._contained(_found, one, now)
        await self._judge(now, self._beats)
        async with self.store.transaction() as uow:
            upcoming = await uow.supervision.next_due_at()
        beat = (self._beaten_at or now) + self._beats
        return beat if upcoming is None or upcoming <= now else min(upcoming, beat)

    async def _listen(self, uow: UnitOfWork, now: datetime, beats: timedelta) -> None:
        """Note that this hub listened since it last did so, unless it stood still meanwhile."""
        before = self._beaten_at
        if before is not None and now - before <= beats * 1.5:
            await uow.supervision.listen(before, now)
        self._beaten_at = now

    async def _these(self, ids: Sequence[UUID]) -> Sequence[Watched]:
        async with self.store.transaction() as uow:
            return await uow.supervision.these(ids) if ids else ()

    async def _back(self) -> Sequence[Watched]:
        async with self.store.transaction() as uow:
            return await uow.supervision.back(AT_ONCE)

    async def _judge(self, now: datetime, beats: timedelta) -> None:
        async with self.store.transaction() as uow:
            due = await uow.supervision.due(now, AT_ONCE)
            if not due:
                return
            await self._listen(uow, now, beats)
            parents = {one for watched in due for one in watched.parents}
            above = {one.thing_id: one for one in await uow.supervision.these(parents)}
            spans = await uow.supervision.spans(now - LONGEST)
            again = [
                (one.thing_id, at)
                for one in due
                if (at := _look_again_at(one, above, spans, now)) is not None
            ]
            await uow.supervision.look_again(again)
        later = {thing_id for thing_id, _ in again}
        lost = set[UUID]()
        for one in due:  # what is larger comes first
            if one.thing_id in later:
                continue
            if any(above[p].lost or p in lost for p in one.parents if p in above):
                await self._contained(_folded, one, now)
            else:
                await self._contained(_lost, one, now)
                lost.add(one.thing_id)

    async def _contained(self, work: Work, one: Watched, now: datetime) -> None:
        """Tell of one; whoever cannot be told of is looked at again in a while."""
        with contained("silence could not be told", thing=str(one.thing_id)):
            await self.store.retried(lambda uow: work(uow, one, now))


def _look_again_at(
    one: Watched, above: Mapping[UUID, Watched], spans: Sequence[Span], now: datetime
) -> datetime | None:
    """When to look again at somebody; None when they are lost now.

    Where what it hangs on has been silent for an interval too and is about to be lost, that is
    waited for, as it is one matter then.
    """
    left = one.left(spans, now)
    if left > timedelta():
        return now + max(left, SOONEST)
    for parent in (above[thing] for thing in one.parents if thing in above):
        waits = parent.left(spans, now)
        if not parent.lost and parent.silent(spans, now) >= one.every and waits <= one.every:
            return now + max(waits, SOONEST)
    return None


async def _folded(uow: UnitOfWork, one: Watched, now: datetime) -> None:
    await uow.supervision.lose([one.thing_id], now, folded=True)


async def _lost(uow: UnitOfWork, one: Watched, now: datetime) -> None:
    """Tell that one is lost, once; what was told of it in parts is taken back."""
    whose, gateway_id, zone = await _whose(uow, one)
    kept = await uow.supervision.lock(one.thing_id)
    (fresh,) = await uow.supervision.these([one.thing_id]) or (None,)
    if kept is None or kept.lost_at is not None or fresh is None or fresh.heard_at > one.heard_at:
        return
    text = await _explained(uow, one, zone)
    await uow.ripenings.wake(whose.client_ids, LIFESTYLE, now)
    await record_event(uow, _event(one, whose, gateway_id, now, text, back=False), whose)
    await uow.supervision.lose([one.thing_id], now, folded=False)
    for thing_id in await uow.supervision.told_behind(one.thing_id, one.heard_at):
        for part in await uow.supervision.these([thing_id]):
            await _take_back(uow, part, now)
            await uow.supervision.lose([thing_id], now, folded=True)
    uow.touched |= {"board", "due", "outbox"}


async def _found(uow: UnitOfWork, one: Watched, now: datetime) -> None:
    """One that was lost was heard again: its alert is taken back, what hung on it counts anew."""
    whose, gateway_id, _ = await _whose(uow, one)
    kept = await uow.supervision.lock(one.thing_id)
    if kept is None or kept.lost_at is None:
        return
    if not kept.folded:
        await uow.ripenings.wake(whose.client_ids, LIFESTYLE, now)
        event = _event(one, whose, gateway_id, now, "", back=True)
        await record_event(uow, event, whose)
        uow.touched |= {"board", "due", "outbox"}
    await uow.supervision.find([one.thing_id], max(one.heard_at, kept.silent_since))
    await uow.supervision.find_behind(one.thing_id, now)


async def _out_of_use(uow: UnitOfWork, one: Watched, now: datetime) -> None:
    """Nobody waits any more for one that was lost: its alert is taken back, and says why."""
    whose, gateway_id, _ = await _whose(uow, one)
    if await uow.supervision.lock(one.thing_id) is None:
        return
    event = _event(one, whose, gateway_id, now, "", back=True)
    alert_id = await record_event(uow, event, whose)
    if alert_id is not None:
        await uow.journal.write(one.organisation_id, alert_id, [Line("out_of_use")], now)
    await uow.supervision.forget(one.thing_id)
    await uow.supervision.find_behind(one.thing_id, now)
    uow.touched |= {"board", "due", "outbox"}


async def _take_back(uow: UnitOfWork, one: Watched, now: datetime) -> None:
    whose, gateway_id, _ = await _whose(uow, one)
    event = _event(one, whose, gateway_id, now, "", back=True)
    await record_event(uow, event, whose)


async def _whose(uow: UnitOfWork, one: Watched) -> tuple[Subject, UUID | None, str]:
    """Lock and read whom this is about, the gateway it concerns, and the zone to tell times in."""
    subject, gateway_id = None, None
    if one.sort == DEVICE and (device := await uow.devices.get(one.thing_id)) is not None:
        gateway_id = device.gateway_id
        known = await uow.care.lock_at_home(_some(device.client_id), _some(device.home_id))
        subject = known.subject(device.client_id, device.home_id)
    if one.sort == GATEWAY:
        gateway_id = one.thing_id
        home_id = await uow.devices.home_of_gateway(one.thing_id)
        known = await uow.care.lock_at_home((), _some(home_id))
        subject = known.subject(None, home_id)
    whose = subject or uow.care.nobody(one.organisation_id, one.thing_id)
    return whose, gateway_id, whose.time_zone


def _some(one: UUID | None) -> set[UUID]:
    return set() if one is None else {one}


async def _explained(uow: UnitOfWork, one: Watched, zone: str) -> str:
    """Say in plain Dutch who is silent since when, and how much hangs on it."""
    local = one.heard_at.astimezone(ZoneInfo(zone))
    since = f"sinds {local.day}-{local.month} {local:%H:%M}"
    if one.sort == DEVICE:
        if not one.ever_heard:
            return f"Nog nooit iets gehoord; ingeschreven {since}."
        return f"Niets gehoord {since}; hoort zich elke {_length(one.every)} te melden."
    size = await uow.supervision.size(one)
    hangs = f"{size.devices} apparaten, in zorg bij {size.places} cliënten of woningen"
    if one.sort == GATEWAY:
        return f"Niets gehoord van dit basisstation {since}. Daarachter: {hangs}."
    return f"Niets gehoord van alle apparaten via {one.adapter} {since}: {hangs}."


def _length(every: timedelta) -> str:
    minutes = every // timedelta(minutes=1)
    return f"{every // timedelta(hours=1)} uur" if minutes >= 120 else f"{max(minutes, 1)} min"


def _event(
    one: Watched, whose: Subject, gateway_id: UUID | None, now: datetime, text: str, *, back: bool
) -> Event:
    said = f"{'heard' if back else 'lost'}/{now.isoformat()}"
    return Event(
        id=uuid5(one.thing_id, said),
        organisation_id=one.organisation_id,
        subject_id=whose.subject_id,
        kind=KINDS[one.sort],
        phase=Phase.END if back else Phase.START,
        occurred_at=now,
        received_at=now,
        home_id=whose.home_id,
        client_ids=whose.client_ids,
        device_id=one.thing_id if one.sort == DEVICE else None,
        gateway_id=gateway_id,
        adapter="hub",
        withdraws=back,
        value={} if back else {"heard_at": one.heard_at.isoformat()},
        explanation=text,
    )
