"""The doses a dispenser should give, over time: state in, state and events out.

A dose is waited for from when it is planned, by the dispenser or by the registry. Nobody has to
say that it was missed: silence is enough. `State` is a small value that the hub stores for each
dispenser; nothing waits in memory: `due_at` says when to look again with `ripen`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from adapters.contract import Edge, Kind, Phase
from adapters.doses_state import Dose, Heard, Schedule, State
from adapters.doses_told import heard_again, missed, reminded, silent

REMIND_AFTER = timedelta(minutes=45)
ANSWERS_WITHIN = timedelta(minutes=10)  # a dispenser speaks when a dose is due
SAME_MOMENT = timedelta(minutes=10)
SAME_ID = timedelta(hours=12)  # the same id on another day is another dose
EARLY = timedelta(minutes=90)  # a dose may be taken so long before it is due
OLD = timedelta(days=1)  # what was due longer ago is history
SETTLES = timedelta(minutes=5)  # what was kept while nobody listened comes first
AHEAD = timedelta(hours=36)
LOOKS_AGAIN = timedelta(minutes=2)
COARSE = timedelta(minutes=1)  # how exactly is known when a dispenser was heard
MOST, REMEMBERED = 120, 40
UNHEARD = Heard()
SETTLED_BY = frozenset({Kind.DISPENSED, Kind.TAKEN, Kind.REFUSED, Kind.EARLY_RELEASE})
ABOUT_DOSES = SETTLED_BY | {Kind.MISSED_DOSE}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The new state, and what was found; `value["explanation"]` of a finding says why, in Dutch."""

    state: State
    findings: tuple[Edge, ...] = ()


def observe(state: State, said: Edge, at: datetime, schedule: Schedule) -> State:
    """Take in what the dispenser says of a dose, received at `at`.

    A dose that it starts or plans is waited for, however late that is heard within a day; one that
    it gave, saw taken, refused or missed is settled, whatever of it is heard first. What names no
    dose settles the first that is due.
    """
    if said.kind is Kind.DISPENSED and said.phase is Phase.START:
        dose = _planned_by(said, at, schedule)
        too_late = SETTLES if said.value.get("scheduled") else OLD
        if dose.due_at + dose.patience + too_late < at or _is_over(state, dose):
            return state
        before = [one for one in state.doses if _is_same(one, dose.id, dose.due_at)]
        others = (one for one in state.doses if one not in before)
        dose = _once_more(dose, before[0]) if before else dose
        return scheduled(replace(state, doses=_ordered((*others, dose))))
    if said.kind in ABOUT_DOSES and not said.withdraws:
        return scheduled(_settled_by(state, said, at))
    return state


def is_history(state: State, said: Edge, at: datetime) -> bool:
    """Whether what a dispenser says of a dose changes nothing for whoever was called about one.

    That a dose was missed that was taken since; or that one was taken while another is missed.
    """
    if said.kind is Kind.MISSED_DOSE and not said.withdraws:
        own, due_at = _name_of(said)
        known = _named(state, own, due_at, said.occurred_at or at) if own or due_at else None
        return known is not None and known.taken
    if said.kind is Kind.TAKEN:
        missed_since = at - SAME_ID
        after = _settled_by(state, said, at).settled
        return any(one.missed and one.due_at >= missed_since for one in after)
    return False


def ripen(state: State, now: datetime, schedule: Schedule, heard: Heard) -> Outcome:
    """Look at what was waited for; calling it early or twice is harmless."""
    state = _planned(state, now, schedule)
    findings: list[Edge] = []
    if state.silent_at is not None and heard.at is not None and heard.at >= state.silent_at:
        findings.append(heard_again(state.silent_at, heard.at))
        state = replace(state, silent_at=None)
    for dose in state.doses:
        kept, found = _looked_at(dose, now, schedule, heard, quiet=state.silent_at is not None)
        findings += found
        silent_at = now if any(map(_is_silence, found)) else state.silent_at
        doses = tuple(kept if one is dose else one for one in state.doses)
        state = replace(state, doses=doses, silent_at=silent_at)
        if any(one.kind is Kind.MISSED_DOSE for one in found):
            state = _over(state, kept, replace(kept, missed=True))
    return Outcome(_later(state, now, heard), tuple(findings))


def patience_of(minutes: object) -> timedelta | None:
    """How long a dose may take, from 5 minutes to a day; None where that is no number."""
    if isinstance(minutes, bool) or not isinstance(minutes, int | float):
        return None
    return timedelta(minutes=min(max(minutes, 5), 24 * 60))


def scheduled(state: State, heard: Heard = UNHEARD) -> State:
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
    dose: Dose, now: datetime, schedule: Schedule, heard: Heard, *, quiet: bool
) -> tuple[Dose, list[Edge]]:
    found: list[Edge] = []
    if not dose.looked and _answer_due_at(dose, heard) <= now:
        spoke = heard.at is not None and heard.at >= dose.due_at - COARSE
        if not spoke and not quiet:
            found.append(silent(dose, heard, schedule))
            quiet = True
        dose = replace(dose, looked=True)
    if _missed_at(dose, heard) <= now:
        return dose, [*found, missed(dose, now, schedule, silent=quiet)]
    if not dose.reminded and dose.patience > REMIND_AFTER and dose.due_at + REMIND_AFTER <= now:
        found.append(reminded(dose, now, schedule))
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
    at = max(dose.due_at + dose.patience, dose.not_before or dose.due_at)
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
        if not any(_is_same(other, "", one.due_at) for other in (*kept, *state.settled))
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
                yield Dose("", due_at, schedule.patience, schedule.time_critical, planned=True)
        day += timedelta(days=1)


def _planned_by(said: Edge, at: datetime, schedule: Schedule) -> Dose:
    due_at = _moment(said.value.get("due_at")) or said.occurred_at or at
    patience = patience_of(said.value.get("missed_after_minutes")) or schedule.patience
    critical = bool(said.value.get("time_critical", schedule.time_critical))
    own = str(said.value.get("dose_id", ""))
    late = at + SETTLES if at + SETTLES > due_at + patience else None
    return Dose(own, due_at, patience, critical, not_before=late)


def _once_more(dose: Dose, before: Dose) -> Dose:
    """What is said again of a dose of that moment begins no wait anew."""
    if abs(dose.due_at - before.due_at) > SAME_MOMENT:
        return dose
    return replace(
        dose, looked=before.looked, reminded=before.reminded, not_before=before.not_before
    )


def _settled_by(state: State, said: Edge, at: datetime) -> State:
    own, due_at = _name_of(said)
    when, is_missed = said.occurred_at or at, said.kind is Kind.MISSED_DOSE
    if own or due_at is not None:
        found = _named(state, own, due_at, when) or Dose(own, due_at or when)
    elif (nameless := _unnamed(state, when, is_missed=is_missed)) is not None:
        found = nameless
    else:
        return state
    if found.taken and is_missed:
        return state
    taken = found.taken or said.kind is Kind.TAKEN
    return _over(state, found, replace(found, id=own or found.id, missed=is_missed, taken=taken))


def _name_of(said: Edge) -> tuple[str, datetime | None]:
    return str(said.value.get("dose_id", "")), _moment(said.value.get("due_at"))


def _named(state: State, own: str, due_at: datetime | None, when: datetime) -> Dose | None:
    """The dose with this id or moment; else the first that nobody named yet."""
    known = (*state.doses, *state.settled)
    same = [one for one in known if _is_same(one, own, due_at)]
    if same:
        return min(same, key=lambda one: abs(one.due_at - (due_at or when)))
    if due_at is not None:
        return None
    nameless = (one for one in state.doses if not one.id and one.due_at - EARLY <= when)
    return next(nameless, None)


def _unnamed(state: State, when: datetime, *, is_missed: bool) -> Dose | None:
    """The first dose that is due, else the last that was missed, else the next.

    What is nearer to one that is over is said once more of that.
    """
    early = timedelta() if is_missed else EARLY
    waiting = [one for one in state.doses if one.due_at - early <= when]
    due = [one for one in waiting if one.due_at <= when]
    late = [one for one in state.settled if one.missed and when - one.due_at <= SAME_ID]
    over = [abs(one.due_at - when) for one in state.settled if not one.missed]
    found = next(iter((*due, *reversed(late), *waiting)), None)
    if found is None or found.missed or min(over, default=OLD) >= abs(found.due_at - when):
        return found
    return None


def _over(state: State, dose: Dose, settled: Dose) -> State:
    """The state in which a dose, waited for or not, is over."""
    return replace(
        state,
        doses=tuple(one for one in state.doses if one != dose),
        settled=(*(one for one in state.settled if one != dose), settled)[-REMEMBERED:],
    )


def _is_over(state: State, dose: Dose) -> bool:
    return any(_is_same(one, dose.id, dose.due_at) for one in state.settled)


def _is_silence(found: Edge) -> bool:
    return found.kind is Kind.DISPENSER_OFFLINE


def _is_same(dose: Dose, own: str, due_at: datetime | None) -> bool:
    """By its id on that day; by its moment where one of the two has no id."""
    if own and dose.id:
        return own == dose.id and (due_at is None or abs(dose.due_at - due_at) <= SAME_ID)
    return due_at is not None and abs(dose.due_at - due_at) <= SAME_MOMENT


def _ordered(doses: Iterable[Dose]) -> tuple[Dose, ...]:
    return tuple(sorted(doses, key=lambda one: (one.due_at, one.id)))[:MOST]


def _moment(said: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return None if moment is None or moment.tzinfo is None else moment
