"""Judges one client's rhythm when its moment has come, and says what of it is not watched.

A client is looked at once a day even when nothing happens, in the morning, spread over two hours:
then, and as soon as a sensor is lost or heard again, the technical desk hears what cannot be
watched.
"""

from collections.abc import Sequence
from dataclasses import replace
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
from hub.waiting.lifestyle import CHANNELS, Waiting, paused_until
from hub.waiting.limits import limits_of, said
from hub.words.kinds import KINDS
from hub.words.rhythm import Rule, rules_of

STALE_AFTER = timedelta(days=1)
LOOKS_FROM, LOOKS_FOR = 10, 120  # from ten o'clock, spread over so many minutes
USES = {Channel.BED: BED, Channel.MOTION: MOVEMENT, Channel.OCCUPANCY: MOVEMENT}


async def judge_lifestyle(
    uow: UnitOfWork, row: Ripening, resident: Resident, now: datetime
) -> None:
    """Raise what ripened for one client, whose home is locked."""
    waiting, limits = Waiting.from_json(row.state), limits_of(resident.options, resident.time_zone)
    if resident.ended:
        await _tell_unwatched(uow, resident, waiting.unwatched, (), now)
        await uow.ripenings.put([replace(row, state=Waiting(State()).to_json(), due_at=None)])
        return
    around = await around_of(uow, resident, now)
    outcome = ripen(waiting.state, now, limits, around)
    for finding in (*waiting.findings, *outcome.findings):
        subject = await _subject(uow, finding, resident)
        await record_event(uow, _event(finding, subject, resident, now), subject)
    unwatched, look_at = waiting.unwatched, None
    if around.paused_until is None and _is_told_now(waiting, around, now):
        found = gaps(limits, around)
        unwatched = await _tell_unwatched(uow, resident, unwatched, found, now)
    if around.sensors or limits.by_day:
        look_at = next_at(_looks_at(resident), now, limits)
    seen = Waiting(outcome.state, (), unwatched, look_at, said(resident.options))
    await uow.ripenings.put([replace(row, state=seen.to_json(), due_at=seen.due_at)])


def _is_told_now(waiting: Waiting, around: Around, now: datetime) -> bool:
    """A sensor that is lost is news; one that was only just hung up may yet be heard."""
    lost = any(one.silent == "lost" for one in around.sensors or ())
    due = waiting.look_at is not None and waiting.look_at <= now
    return due or lost or bool(waiting.unwatched)


async def around_of(uow: UnitOfWork, resident: Resident, now: datetime) -> Around:
    """What holds around a client now: visits, absences, and which sensors are heard."""
    rows = await sensors_of(uow.straight, resident.client_id, resident.home_id, CHANNELS)
    return Around(
        paused_until=paused_until(resident.modes, now),
        listening_since=await uow.supervision.listening_since(now),
        sensors=tuple(_sensors(rows, resident, now)),
    )


async def rhythm_of(uow: UnitOfWork, client_id: UUID, now: datetime) -> Sequence[Rule]:
    """Every rule about a client as it stands now; nothing after the end of care."""
    resident = next(iter(await uow.care.residents({client_id}, ())), None)
    if resident is None or resident.ended:
        return ()
    limits = limits_of(resident.options, resident.time_zone)
    return rules_of(limits, await around_of(uow, resident, now))


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


async def _tell_unwatched(
    uow: UnitOfWork, resident: Resident, told: str, found: Sequence[Gap], now: datetime
) -> str:
    """Say at the technical desk what is not watched, when that changed; what was said now.

    What is only lost with its base station or vendor was told of as one matter.
    """
    text = unwatched_text([one for one in found if not one.folded])
    if text == told:
        return told
    subject = await uow.care.subject(resident.client_id, None)
    assert subject is not None
    if told:
        await record_event(uow, _notice(subject, told, now, over=True), subject)
    if text:
        await record_event(uow, _notice(subject, text, now, over=False), subject)
    return text


def unwatched_text(found: Sequence[Gap]) -> str:
    """Say in Dutch what is not watched, and why; empty where everything is."""
    lines = [f"{KINDS[one.kind]}: {one.why}" for one in found]
    return f"Niet bewaakt. {'; '.join(lines)}." if lines else ""


def _notice(subject: Subject, text: str, now: datetime, *, over: bool) -> Event:
    phase = Phase.END if over else Phase.START
    event_id = uuid5(subject.subject_id, f"{Kind.NOT_WATCHED}/{phase}/{now.isoformat()}")
    event = noticed(event_id, Kind.NOT_WATCHED, subject, now)
    return replace(event, phase=phase, withdraws=over, explanation="" if over else text)
