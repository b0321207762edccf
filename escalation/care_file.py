"""Everything that decides who is called for one client, over a stretch of time."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from escalation.agreements import LATE, Agreement
from escalation.defaults import LivingForm
from escalation.duty import Facts, OnDuty
from escalation.model import Level, Priority
from escalation.people import Absence, Divert, KnownContact, Period, PeriodSort, WakeUp, night_of
from escalation.timeline import Spell, State, Timeline, timeline
from escalation.windows import (
    DAY,
    HOME_ZONE,
    NIGHT,
    NO_HOLIDAYS,
    Holidays,
    Span,
    Window,
    moment,
    zone_of,
)

THREE_O_CLOCK = timedelta(hours=3)
AT_NIGHT, PAST_THE_LAST_VISIT = "night", "late"
ABSENT, QUIET = "absent", "quiet"
HIDDEN = (PeriodSort.SHIFT, PeriodSort.CONTRACT, QUIET)  # behind an absence


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


@dataclass(frozen=True, slots=True)
class Limit:
    """How soon the first professional must be called, and somebody who can go."""

    professional: timedelta
    somebody: timedelta


LIMITS: Mapping[Priority, Limit] = {
    Priority.P1: Limit(_minutes(5), _minutes(10)),
    Priority.P2: Limit(_minutes(15), _minutes(20)),
    Priority.P3: Limit(_minutes(60), _minutes(90)),
}


@dataclass(frozen=True, slots=True)
class CareFile:
    """What was agreed with a client and what is known of everybody who may be called.

    `contacts`, `absences`, `periods` and `diverts` are those of `duty.Facts`, for the whole
    stretch. From `known_until` on the rosters and turns are not written yet (None: they have no
    end). `limits` are the organisation's. `unreadable` are the names of agreements that cannot be
    read and so do not count.
    """

    client_id: UUID
    agreements: tuple[Agreement, ...] = ()
    living_form: LivingForm | None = None
    contacts: tuple[KnownContact, ...] = ()
    absences: tuple[Absence, ...] = ()
    periods: tuple[Period, ...] = ()
    diverts: tuple[Divert, ...] = ()
    time_zone: str = HOME_ZONE
    holidays: Holidays = field(default_factory=lambda: NO_HOLIDAYS)
    known_until: datetime | None = None
    limits: Mapping[Priority, Limit] = field(default_factory=lambda: LIMITS)
    unreadable: tuple[str, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone the client lives in."""
        return zone_of(self.time_zone)

    def on_duty(self, kind: str, priority: Priority, tired_at: datetime | None = None) -> OnDuty:
        """Who can be reached for such an alert.

        `tired_at`: the night before, everybody with a load limit was woken as often as they bear.
        """
        return OnDuty(
            Facts(
                kind,
                priority,
                self.contacts,
                self.absences,
                periods=self.periods,
                diverts=self.diverts,
                wake_ups=() if tired_at is None else tuple(self._wake_ups(tired_at)),
                time_zone=self.time_zone,
            )
        )

    def near(self, day: date) -> "CareFile":
        """The same, as far as it matters to alerts that open on this day (of UTC)."""
        begins = datetime.combine(day, time(), UTC)
        ends = begins + 2 * DAY

        def matters(one: Absence | Divert | Period) -> bool:
            began = one.begins_at is None or one.begins_at < ends
            return began and (one.ends_at is None or one.ends_at > begins)

        return replace(
            self,
            absences=tuple(filter(matters, self.absences)),
            periods=tuple(filter(matters, self.periods)),
            diverts=tuple(filter(matters, self.diverts)),
        )

    def plans_over(self, horizon: Span) -> Timeline:
        """When which agreements hold (by their place), and when it is night or late."""
        return timeline(horizon, self._of_plans(horizon))

    def duty_over(self, horizon: Span) -> Timeline:
        """When who is there, away, diverted or not to be disturbed."""
        return timeline(horizon, self._of_duty(horizon))

    def seen_by(self, levels: frozenset[Level]) -> Callable[[State], State]:
        """What of a state of `duty_over` can change who is reached at these levels, and why.

        Whoever is absent is, whether they would have worked or not.
        """
        matters = self._matters_to(levels)
        always = {one.id for one in self.contacts if one.level is Level.CARE_CENTRE}

        def seen(state: State) -> State:
            named = [name for name in state if isinstance(name, tuple)]
            away = {name[1] for name in named if name[0] == ABSENT} - always - {None}
            hidden = {name for name in named if name[0] in HIDDEN and name[1] in away}
            return frozenset(name for name in state if name not in hidden and matters(name))

        return seen

    def _matters_to(self, levels: frozenset[Level]) -> Callable[[Hashable], bool]:
        sent_on = {one.to.id for one in self.diverts}
        asked = [one for one in self.contacts if one.level in levels or one.id in sent_on]
        ids = {one.id for one in asked}
        limited = any(one.limits is not None for one in asked)

        def matters(name: Hashable) -> bool:
            if not isinstance(name, tuple):
                return limited  # the night, in which load counts
            sort, who = name[:2]
            return sort is PeriodSort.TURN or who is None or who in ids

        return matters

    def _of_plans(self, horizon: Span) -> Iterator[Spell]:
        for place, one in enumerate(self.agreements):
            holds = _common(horizon, one.valid_from, min(one.ends, default=None))
            for span in _during(one.window, holds, zone_of(one.time_zone), self.holidays):
                yield place, span
        for name, window in ((AT_NIGHT, NIGHT), (PAST_THE_LAST_VISIT, LATE)):
            for span in window.spans(horizon, self.zone, NO_HOLIDAYS):
                yield name, span

    def _of_duty(self, horizon: Span) -> Iterator[Spell]:
        whose = {one.id: one.id for one in self.contacts}  # None: somebody this file does not know
        for absence in self.absences:
            away = _common(horizon, absence.begins_at, absence.ends_at)
            yield (ABSENT, whose.get(absence.contact_id)), away
        for period in self.periods:
            holds = _common(horizon, period.begins_at, period.ends_at)
            for span in _during(period.hours, holds, self.zone, NO_HOLIDAYS):
                yield (period.sort, whose.get(period.contact_id)), span
        for divert in self.diverts:
            name = ("divert", whose.get(divert.contact_id), divert.to.id)
            yield name, (divert.begins_at, divert.ends_at)
        for contact in self.contacts:
            yield from self._of_limits(contact, horizon)

    def _of_limits(self, contact: KnownContact, horizon: Span) -> Iterator[Spell]:
        if contact.limits is None:
            return
        for span in NIGHT.spans(horizon, self.zone, NO_HOLIDAYS):
            yield AT_NIGHT, span
        if contact.limits.quiet is not None:
            for span in contact.limits.quiet.spans(horizon, self.zone, NO_HOLIDAYS):
                yield (QUIET, contact.id), span

    def _wake_ups(self, at: datetime) -> Iterator[WakeUp]:
        for one in self.contacts:
            often = 0 if one.limits is None else max(one.limits.wake_ups_a_week or 1, 1)
            last_night = moment(night_of(at, self.zone), THREE_O_CLOCK, self.zone)
            for number in range(often):
                yield WakeUp(one.id, UUID(int=number), last_night)


def _common(horizon: Span, begins: datetime | None, ends: datetime | None) -> Span:
    return max(horizon[0], begins or horizon[0]), min(horizon[1], ends or horizon[1])


def _during(
    window: Window | None, holds: Span, zone: ZoneInfo, holidays: Holidays
) -> Iterator[Span]:
    if holds[0] >= holds[1]:
        return
    if window is None:
        yield holds
        return
    for begins, ends in window.spans(holds, zone, holidays):
        yield max(begins, holds[0]), min(ends, holds[1])
