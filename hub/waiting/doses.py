"""Feeds what dispensers say of doses to the rules, which wait in a row for each dispenser."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid5

from adapters.contract import Edge, Kind
from adapters.doses import ABOUT_DOSES, Outcome, is_history, observe, patience_of, ripen
from adapters.doses_state import PATIENCE, Heard, Schedule, State
from hub.road.happened import record_event
from hub.store.devices import Device
from hub.store.events import Event
from hub.store.ripenings import Ripening
from hub.store.unit_of_work import UnitOfWork
from hub.store.values import decode, encode

WHAT = "doses"
MATTERS_MORE = frozenset({Kind.JAM, Kind.DISPENSER_OFFLINE})


@dataclass(frozen=True, slots=True)
class Said:
    """What a dispenser said of a dose, received at `at`."""

    device: Device
    edge: Edge
    at: datetime


def is_about_a_dose(edge: Edge) -> bool:
    """Whether the dose rules want to hear of this."""
    return edge.kind in ABOUT_DOSES


def schedule_of(device: Device) -> Schedule:
    """Read when a dispenser gives, from its options in the registry; what is unusable is left out.

    `doses` are local times with spaces or commas between ("08:00 21:30"); `missed_after_minutes`
    and `time_critical` are about each of them.
    """
    options = device.binding.options
    return Schedule(
        times=_times(options.get("doses", "")),
        patience=patience_of(options.get("missed_after_minutes")) or PATIENCE,
        time_critical=options.get("time_critical") is True,
        time_zone=device.binding.time_zone,
    )


def not_times(doses: object) -> Iterator[str]:
    """Name the words in the option `doses` that are no local time: nobody would wait for them."""
    for word in _words(doses):
        if _time(word) is None:
            yield word


def _times(doses: object) -> tuple[time, ...]:
    return tuple(sorted({at for word in _words(doses) if (at := _time(word)) is not None}))


def _words(doses: object) -> list[str]:
    return str(doses).replace(",", " ").split()


def _time(word: str) -> time | None:
    hour, _, minute = word.partition(":")
    if hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60:
        return time(int(hour), int(minute))
    return None


async def observe_doses(uow: UnitOfWork, heard: Sequence[Said]) -> None:
    """Let the rules of every dispenser see what it said, in order; nothing is raised here."""
    if not heard:
        return
    by_device: dict[UUID, list[Said]] = defaultdict(list)
    for one in heard:
        by_device[one.device.id].append(one)
    owners = {one.device.id: one.device.organisation_id for one in heard}
    rows = await uow.ripenings.lock_or_make(owners, WHAT)
    await uow.ripenings.put(
        _observed(rows[device_id], by_device[device_id]) for device_id in sorted(by_device)
    )
    uow.touched.add("due")


async def is_no_news(uow: UnitOfWork, said: Said, before: Iterable[Said]) -> bool:
    """Whether this changes no alert, after what the same dispenser said `before` and is not stored.

    A dose that is told missed was taken; or another dose is missed than the one that was taken.
    """
    if said.edge.kind not in (Kind.MISSED_DOSE, Kind.TAKEN):
        return False
    row = await uow.ripenings.read(said.device.id, WHAT)
    state = decode(State, row.state) if row is not None and row.state else State()
    earlier = [one for one in before if one.device.id == said.device.id]
    return is_history(_after(state, earlier), said.edge, said.at)


def _after(state: State, heard: Iterable[Said]) -> State:
    for one in heard:
        state = observe(state, one.edge, one.at, schedule_of(one.device))
    return state


def _observed(row: Ripening, heard: Sequence[Said]) -> Ripening:
    state = _after(decode(State, row.state) if row.state else State(), heard)
    return _row(row, state, row.state.get("said"))


def _row(row: Ripening, state: State, said: object) -> Ripening:
    """The row that is kept; `said` are the options its plan was made from."""
    kept = {**encode(state), "said": said}
    return Ripening(row.organisation_id, row.subject_id, WHAT, kept, state.due_at)


async def judge_doses(uow: UnitOfWork, row: Ripening, device: Device, now: datetime) -> None:
    """Raise what ripened of a dispenser's doses; its client is locked, and so is the row."""
    heard = Heard(
        await uow.supervision.last_seen(device.id), await uow.supervision.listening_since(now)
    )
    state = decode(State, row.state) if row.state else State()
    outcome: Outcome = ripen(state, now, schedule_of(device), heard)
    subject = await uow.care.subject(device.client_id, device.home_id)
    subject = subject or uow.care.nobody(device.organisation_id, device.id)
    for finding in outcome.findings:
        about = {"subject_id": subject.subject_id, "client_ids": subject.client_ids}
        await record_event(
            uow, _event(device, finding, now, home_id=subject.home_id, **about), subject
        )
    said = device.binding.options.get("doses")
    await uow.ripenings.put([_row(row, outcome.state, said)])


def _event(device: Device, finding: Edge, now: datetime, **about: Any) -> Event:
    dose = f"{finding.correlation_key}/{finding.value.get('due_at', '')}"
    said = f"{dose}/{finding.kind}/{finding.phase}"
    return Event(
        id=uuid5(device.id, said),
        organisation_id=device.organisation_id,
        kind=finding.kind,
        phase=finding.phase,
        occurred_at=now,
        received_at=now,
        device_id=device.id,
        gateway_id=device.gateway_id,
        adapter=device.adapter,
        room=device.binding.room,
        withdraws=finding.withdraws,
        value=dict(finding.value),
        correlation_key=finding.correlation_key,
        explanation=str(finding.value.get("explanation", "")),
        **about,
    )


async def while_a_dose_is_due(uow: UnitOfWork, event: Event) -> Event:
    """Mark a jam, or a dispenser that is offline, as more than a technical matter if it is."""
    if event.kind not in MATTERS_MORE or event.device_id is None or event.withdraws:
        return event
    row = await uow.ripenings.read(event.device_id, WHAT)
    if row is None or not row.state or not decode(State, row.state).is_due(event.received_at):
        return event
    return replace(event, value={**event.value, "dose_due": True})
