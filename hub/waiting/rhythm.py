"""Judges one client's rhythm when its moment has come, and says what of it is not watched.

A client is looked at once a day even when nothing happens, in the morning, spread over two hours:
then, and as soon as a sensor is lost or heard again, the technical desk hears what cannot be
watched.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from uuid import UUID, uuid5

from adapters.contract import Channel, Edge, Kind, Phase
from adapters.lifestyle import Around, Sensor, State, ripen
from adapters.lifestyle_gaps import BED, DOOR, MOVEMENT, Gap, gaps
from adapters.lifestyle_limits import next_at
from adapters.lifestyle_said import OUTSIDE_DOOR
from hub.road.happened import noticed, record_event
from hub.store.care import Resident, Subject
from hub.store.events import Event
from hub.store.ripenings import Ripening
from hub.store.sensors import Hears, sensors_of
from hub.store.unit_of_work import UnitOfWork
from hub.waiting.lifestyle import CHANNELS, WHAT, Waiting, paused_until
from hub.waiting.limits import limits_of, said
from hub.words.kinds import KINDS
from hub.words.rhythm import Rule, rules_of

STALE_AFTER = timedelta(days=1)
LOOKS_FROM, LOOKS_FOR = 10, 120  # from ten o'clock, spread over so many minutes
USES = {Channel.BED: BED, Channel.MOTION: MOVEMENT, Channel.OCCUPANCY: MOVEMENT}


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at one client gives: what to tell, and what is kept.

    `watched_not` is what is to be told of what cannot be watched, and `told` what was.
    """

    kept: Ripening
    findings: Sequence[Edge]
    told: str
    watched_not: str

    @property
    def is_quiet(self) -> bool:
        """Nothing is to be told of."""
        return not self.findings and self.told == self.watched_not


async def judge_lifestyle(
    uow: UnitOfWork, row: Ripening, resident: Resident, now: datetime
) -> None:
    """Raise what ripened for one client, whose home is locked."""
    (around,) = await arounds_of(uow, [resident], now)
    look = _look(row, resident, around, now)
    for finding in look.findings:
        subject = await _subject(uow, finding, resident)
        await record_event(uow, _event(finding, subject, resident, now), subject)
    await _tell_unwatched(uow, resident, look, now)
    await uow.ripenings.put([look.kept])


async def judge_quiet(uow: UnitOfWork, client_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Look at many clients together; of whom nothing is to be told, and that is kept.

    The others are left as they were, and so is whoever is in somebody else's hands.
    """
    rows = await uow.ripenings.free(client_ids, WHAT, now)
    residents = [one for one in await uow.care.residents(rows, ()) if one.client_id in rows]
    arounds = await arounds_of(uow, residents, now)
    looks = [
        _look(rows[one.client_id], one, around, now)
        for one, around in zip(residents, arounds, strict=True)
    ]
    quiet = [one.kept for one in looks if one.is_quiet]
    await uow.ripenings.put(quiet)
    return {one.subject_id for one in quiet}


def _look(row: Ripening, resident: Resident, around: Around, now: datetime) -> _Look:
    waiting, limits = Waiting.from_json(row.state), limits_of(resident.options, resident.time_zone)
    if resident.ended:
        kept = replace(row, state=Waiting(State()).to_json(), due_at=None)
        return _Look(kept, (), waiting.unwatched, "")
    outcome = ripen(waiting.state, now, limits, around)
    unwatched, look_at = waiting.unwatched, None
    if around.paused_until is None and _is_told_now(waiting, around, now):
        # what is only lost with its base station or vendor was told of as one matter
        unwatched = unwatched_text([one for one in gaps(limits, around) if not one.folded])
    if around.sensors or limits.by_day:
        look_at = next_at(_looks_at(resident), now, limits)
    seen = Waiting(outcome.state, (), unwatched, look_at, said(resident.options))
    kept = replace(row, state=seen.to_json(), due_at=seen.due_at)
    findings = (*waiting.findings, *outcome.findings)
    return _Look(kept, findings, waiting.unwatched, unwatched)


def _is_told_now(waiting: Waiting, around: Around, now: datetime) -> bool:
    """A sensor that is lost is news; one that was only just hung up may yet be heard."""
    lost = any(one.silent == "lost" for one in around.sensors or ())
    due = waiting.look_at is not None and waiting.look_at <= now
    return due or lost or bool(waiting.unwatched)


async def arounds_of(
    uow: UnitOfWork, residents: Sequence[Resident], now: datetime
) -> Sequence[Around]:
    """What holds around each client now: visits, absences, and which sensors are heard."""
    if not residents:
        return ()
    since = await uow.supervision.listening_since(now)
    heard = await sensors_of(uow.straight, [one.client_id for one in residents], CHANNELS)
    return [
        Around(
            paused_until=paused_until(one.modes, now),
            listening_since=since,
            sensors=tuple(_sensors(heard.get(one.client_id, ()), one, now)),
        )
        for one in residents
    ]


async def rhythm_of(uow: UnitOfWork, client_id: UUID, now: datetime) -> Sequence[Rule]:
    """Every rule about a client as it stands now; nothing after the end of care."""
    resident = next(iter(await uow.care.residents({client_id}, ())), None)
    if resident is None or resident.ended:
        return ()
    (around,) = await arounds_of(uow, [resident], now)
    return rules_of(limits_of(resident.options, resident.time_zone), around)


def _sensors(rows: Sequence[Hears], resident: Resident, now: datetime) -> list[Sensor]:
    found = []
    for one in rows:
        use = _use(one)
        if use:
            shared = resident.shares and one.client_id is None
            found.append(Sensor(one.key, use, one.room, shared, _silent(one, now)))
    return found


def _use(one: Hears) -> str:
    if one.role == OUTSIDE_DOOR:
        return DOOR
    if one.channel:
        return USES.get(Channel(one.channel), "")
    return {"bed": BED, "motion": MOVEMENT}.get(one.role, "")


def _silent(one: Hears, now: datetime) -> str:
    if one.lost:
        return "folded" if one.folded else "lost"
    return "" if one.seen_at is not None and now - one.seen_at <= STALE_AFTER else "stale"


def _looks_at(resident: Resident) -> time:
    hours, minutes = divmod(resident.client_id.int % LOOKS_FOR, 60)
    return time(LOOKS_FROM + hours, minutes)


async def _subject(uow: UnitOfWork, finding: Edge, resident: Resident) -> Subject:
    """Whoever left a home that several share is not known: then it is about all of them."""
    whole_home = finding.kind is Kind.LEFT_HOME
    subject = await uow.care.subject(None if whole_home else resident.client_id, resident.home_id)
    assert subject is not None
    return subject


def _event(finding: Edge, subject: Subject, resident: Resident, now: datetime) -> Event:
    return Event(
        id=uuid5(resident.client_id, f"{finding.correlation_key}/{finding.phase}"),
        organisation_id=resident.organisation_id,
        subject_id=subject.subject_id,
        kind=finding.kind,
        phase=finding.phase,
        occurred_at=finding.occurred_at or now,
        received_at=now,
        home_id=subject.home_id,
        client_ids=subject.client_ids,
        withdraws=finding.withdraws,
        value=dict(finding.value),
        correlation_key=finding.correlation_key,
        explanation=str(finding.value.get("explanation", "")),
    )


async def _tell_unwatched(uow: UnitOfWork, resident: Resident, look: _Look, now: datetime) -> None:
    """Say at the technical desk what is not watched, when that changed."""
    if look.watched_not == look.told:
        return
    subject = await uow.care.subject(resident.client_id, None)
    assert subject is not None
    if look.told:
        await record_event(uow, _notice(subject, look.told, now, over=True), subject)
    if look.watched_not:
        await record_event(uow, _notice(subject, look.watched_not, now, over=False), subject)


def unwatched_text(found: Sequence[Gap]) -> str:
    """Say in Dutch what is not watched, and why; empty where everything is."""
    lines = [f"{KINDS[one.kind]}: {one.why}" for one in found]
    return f"Niet bewaakt. {'; '.join(lines)}." if lines else ""


def _notice(subject: Subject, text: str, now: datetime, *, over: bool) -> Event:
    phase = Phase.END if over else Phase.START
    event_id = uuid5(subject.subject_id, f"{Kind.NOT_WATCHED}/{phase}/{now.isoformat()}")
    event = noticed(event_id, Kind.NOT_WATCHED, subject, now)
    return replace(event, phase=phase, withdraws=over, explanation="" if over else text)
