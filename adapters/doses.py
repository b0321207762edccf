"""The doses a dispenser should give, over time: state in, state and events out.

A dose is waited for from when it is planned, by the dispenser or by the registry. Nobody has to
say that it was missed: silence is enough. `State` is a small value that the hub stores for each
dispenser; nothing waits in memory: `due_at` says when to look again with `ripen`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from adapters.contract import Edge, Kind, Phase, Scalar

PATIENCE = timedelta(minutes=75)  # not taken for so long is missed, unless the client has 45
REMIND_AFTER = timedelta(minutes=45)
ANSWERS_WITHIN = timedelta(minutes=10)  # a dispenser speaks when a dose is due
SAME_MOMENT = timedelta(minutes=10)
EARLY = timedelta(minutes=90)  # a dose may be taken so long before it is due
SETTLES = timedelta(minutes=5)  # what was kept while nobody listened comes first
AHEAD = timedelta(hours=36)
LOOKS_AGAIN = timedelta(minutes=2)
COARSE = timedelta(minutes=1)  # how exactly is known when a dispenser was heard
MOST, REMEMBERED = 60, 20
SETTLED_BY = frozenset({Kind.DISPENSED, Kind.TAKEN, Kind.REFUSED, Kind.EARLY_RELEASE})
ABOUT_DOSES = SETTLED_BY | {Kind.MISSED_DOSE}


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose that is waited for. `planned` is True when the registry says so, not the device."""

    id: str
    due_at: datetime
    patience: timedelta = PATIENCE
    time_critical: bool = False
    planned: bool = False
    looked: bool = False
    reminded: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """What the registry says: local times of every day, and how long each dose may take."""

    times: tuple[time, ...] = ()
    patience: timedelta = PATIENCE
    time_critical: bool = False
    time_zone: str = "Europe/Amsterdam"


@dataclass(frozen=True, slots=True)
class State:
    """What is waited for. `silent_at` is when the dispenser was told to be silent, if it is.

    `settled` are the last ones that are over: what is said of them late or twice is no news.
    `times` are those of the registry that `planned_until` is about.
    """

    doses: tuple[Dose, ...] = ()
    settled: tuple[Dose, ...] = ()
    times: tuple[str, ...] = ()
    planned_until: datetime | None = None
    silent_at: datetime | None = None
    due_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether a dose should have been given by now and is not settled."""
        return any(one.due_at <= now for one in self.doses)


@dataclass(frozen=True, slots=True)
class Heard:
    """When the dispenser gave its last sign of life, and since when the hub listens; if known."""

    at: datetime | None = None
    listening_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The new state, and what was found; `value["explanation"]` of a finding says why, in Dutch."""

    state: State
    findings: tuple[Edge, ...] = ()


def observe(state: State, said: Edge, at: datetime, schedule: Schedule) -> State:
    """Take in what the dispenser says of a dose, received at `at`.

    A dose that it starts or plans is waited for; one that it gave, saw taken, refused or missed
    is settled. What names no dose settles the first that is due.
    """
    if said.kind is Kind.DISPENSED and said.phase is Phase.START:
        dose = _planned_by(said, at, schedule)
        if dose.due_at + dose.patience < at or _is_over(state, dose):
            return state
        others = tuple(one for one in state.doses if not _is_same(one, dose.id, dose.due_at))
        return scheduled(replace(state, doses=_ordered((*others, dose))))
    if said.kind in ABOUT_DOSES and not said.withdraws:
        return scheduled(_settled(state, _meant(state.doses, said, at)))
    return state


def ripen(state: State, now: datetime, schedule: Schedule, heard: Heard) -> Outcome:
    """Look at what was waited for; calling it early or twice is harmless."""
    state = _planned(state, now, schedule)
    findings: list[Edge] = []
    if state.silent_at is not None and heard.at is not None and heard.at >= state.silent_at:
        findings.append(_heard_again(state.silent_at, heard.at))
        state = replace(state, silent_at=None)
    for dose in state.doses:
        kept, found = _looked_at(dose, now, schedule, heard, silent=state.silent_at is not None)
        findings += found
        silent_at = now if any(map(_is_silence, found)) else state.silent_at
        doses = tuple(kept if one is dose else one for one in state.doses)
        state = replace(state, doses=doses, silent_at=silent_at)
        if any(one.kind is Kind.MISSED_DOSE for one in found):
            state = _settled(state, [kept])
    return Outcome(_later(state, now, heard), tuple(findings))


def patience_of(minutes: object) -> timedelta | None:
    """How long a dose may take, from 5 minutes to a day; None where that is no number."""
    if isinstance(minutes, bool) or not isinstance(minutes, int | float):
        return None
    return timedelta(minutes=min(max(minutes, 5), 24 * 60))


def scheduled(state: State, heard: Heard = Heard()) -> State:
    """The state with the moment at which something has to be looked at."""
    moments = [_next_look(one, heard) for one in state.doses]
    if state.planned_until is not None:
        moments.append(state.planned_until - AHEAD / 2)
    if state.silent_at is not None:
        moments.append(state.silent_at + LOOKS_AGAIN)
    return replace(state, due_at=min(moments, default=None))


def _later(state: State, now: datetime, heard: Heard) -> State:
    """What is due and cannot be judged yet, or is polled, is looked at again soon."""
    state = scheduled(state, heard)
    if state.due_at is not None and state.due_at <= now:
        return replace(state, due_at=now + LOOKS_AGAIN)
    return state


def _looked_at(
    dose: Dose, now: datetime, schedule: Schedule, heard: Heard, *, silent: bool
) -> tuple[Dose, list[Edge]]:
    found: list[Edge] = []
    if not dose.looked and _answer_due_at(dose, heard) <= now:
        spoke = heard.at is not None and heard.at >= dose.due_at - COARSE
        if not spoke and not silent:
            found.append(_silent(dose, heard, schedule))
            silent = True
        dose = replace(dose, looked=True)
    if _missed_at(dose, heard) <= now:
        return dose, [*found, _missed(dose, now, schedule, silent=silent)]
    if not dose.reminded and dose.patience > REMIND_AFTER and dose.due_at + REMIND_AFTER <= now:
        found.append(_reminded(dose, now, schedule))
        dose = replace(dose, reminded=True)
    return dose, found


def _next_look(dose: Dose, heard: Heard) -> datetime:
    moments = [_missed_at(dose, heard)]
    if not dose.looked:
        moments.append(_answer_due_at(dose, heard))
    if not dose.reminded and dose.patience > REMIND_AFTER:
        moments.append(dose.due_at + REMIND_AFTER)
    return min(moments)


def _answer_due_at(dose: Dose, heard: Heard) -> datetime:
    since = dose.due_at if heard.listening_since is None else heard.listening_since
    return max(dose.due_at, since) + ANSWERS_WITHIN


def _missed_at(dose: Dose, heard: Heard) -> datetime:
    at = dose.due_at + dose.patience
    return at if heard.listening_since is None else max(at, heard.listening_since + SETTLES)


def _planned(state: State, now: datetime, schedule: Schedule) -> State:
    """Wait for what the registry plans for the coming days; what it plans no longer is dropped."""
    times = tuple(f"{one:%H:%M}" for one in schedule.times)
    since = state.planned_until if times == state.times else None
    kept = tuple(one for one in state.doses if since or not one.planned or one.due_at <= now)
    if not times:
        return replace(state, doses=kept, times=times, planned_until=None)
    until = now + AHEAD
    new = [
        one
        for one in _daily(schedule, since or now, until)
        if not any(_is_same(other, "", one.due_at) for other in kept)
    ]
    return replace(state, doses=_ordered((*kept, *new)), times=times, planned_until=until)


def _daily(schedule: Schedule, since: datetime, until: datetime) -> Iterator[Dose]:
    """The doses after `since`, up to and with `until`; local time, so right when clocks change."""
    zone = ZoneInfo(schedule.time_zone)
    day = since.astimezone(zone).date()
    while day <= until.astimezone(zone).date():
        for at in schedule.times:
            due_at = datetime.combine(day, at, zone).astimezone(UTC)
            if since < due_at <= until:
                own = f"{day.isoformat()}T{at:%H:%M}"
                yield Dose(own, due_at, schedule.patience, schedule.time_critical, planned=True)
        day += timedelta(days=1)


def _planned_by(said: Edge, at: datetime, schedule: Schedule) -> Dose:
    due_at = _moment(said.value.get("due_at")) or said.occurred_at or at
    patience = patience_of(said.value.get("missed_after_minutes")) or schedule.patience
    critical = bool(said.value.get("time_critical", schedule.time_critical))
    own = str(said.value.get("dose_id", "")) or due_at.isoformat()
    return Dose(own, due_at, patience, critical)


def _meant(doses: tuple[Dose, ...], said: Edge, at: datetime) -> list[Dose]:
    """Which doses a message is about; one that names none is about the first that may be taken."""
    own, due_at = str(said.value.get("dose_id", "")), _moment(said.value.get("due_at"))
    same = [one for one in doses if _is_same(one, own, due_at)]
    when = said.occurred_at or at
    return same or [one for one in doses if one.due_at - EARLY <= when][:1]


def _settled(state: State, over: Sequence[Dose]) -> State:
    left = tuple(one for one in state.doses if one not in over)
    return replace(state, doses=left, settled=(*state.settled, *over)[-REMEMBERED:])


def _is_over(state: State, dose: Dose) -> bool:
    return any(_is_same(one, dose.id, dose.due_at) for one in state.settled)


def _is_silence(found: Edge) -> bool:
    return found.kind is Kind.DISPENSER_OFFLINE


def _is_same(dose: Dose, own: str, due_at: datetime | None) -> bool:
    if own and dose.id == own:
        return True
    return due_at is not None and abs(dose.due_at - due_at) <= SAME_MOMENT


def _ordered(doses: tuple[Dose, ...]) -> tuple[Dose, ...]:
    return tuple(sorted(doses, key=lambda one: (one.due_at, one.id)))[:MOST]


def _moment(said: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return None if moment is None or moment.tzinfo is None else moment


def _silent(dose: Dose, heard: Heard, schedule: Schedule) -> Edge:
    since = "nog nooit gehoord"
    if heard.at is not None:
        since = f"niet gehoord sinds {_day_and_clock(heard.at, dose.due_at, schedule)}"
    due_at = _clock(dose.due_at, schedule)
    text = f"Dispenser {since}; niet bekend of de dosis van {due_at} is ingenomen."
    found = _finding(Kind.DISPENSER_OFFLINE, Phase.START, dose, text)
    return replace(found, value={**found.value, "dose_due": True})


def _heard_again(silent_at: datetime, at: datetime) -> Edge:
    return Edge(
        device="",
        kind=Kind.DISPENSER_OFFLINE,
        phase=Phase.END,
        occurred_at=at,
        withdraws=True,
        value={"explanation": "De dispenser is weer gehoord."},
        correlation_key=f"silent/{silent_at.isoformat()}",
    )


def _reminded(dose: Dose, now: datetime, schedule: Schedule) -> Edge:
    minutes = (now - dose.due_at) // timedelta(minutes=1)
    text = f"Dosis van {_clock(dose.due_at, schedule)} na {minutes} min nog niet ingenomen."
    return _finding(Kind.DISPENSED, Phase.UPDATE, dose, text)


def _missed(dose: Dose, now: datetime, schedule: Schedule, *, silent: bool) -> Edge:
    minutes = (now - dose.due_at) // timedelta(minutes=1)
    what = "niet ingenomen"
    if silent:
        what = "misschien niet ingenomen: de dispenser zwijgt"
    text = f"Dosis van {_clock(dose.due_at, schedule)} {what}; {minutes} min gewacht."
    return _finding(Kind.MISSED_DOSE, Phase.POINT, dose, text)


def _finding(kind: Kind, phase: Phase, dose: Dose, text: str) -> Edge:
    value: dict[str, Scalar] = {
        "explanation": text,
        "dose_id": dose.id,
        "due_at": dose.due_at.isoformat(),
        "time_critical": dose.time_critical,
    }
    return Edge("", kind, phase, value=value, correlation_key=dose.id)


def _clock(moment: datetime, schedule: Schedule) -> str:
    return f"{moment.astimezone(ZoneInfo(schedule.time_zone)):%H:%M}"


def _day_and_clock(moment: datetime, due_at: datetime, schedule: Schedule) -> str:
    zone = ZoneInfo(schedule.time_zone)
    local, then = moment.astimezone(zone), due_at.astimezone(zone)
    today = local.date() == then.date()
    return f"{local:%H:%M}" if today else f"{local.day}-{local.month} {local:%H:%M}"
