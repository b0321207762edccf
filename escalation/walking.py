"""Walks up a ladder from a moment, at its slowest and with the fewest people, and judges that."""

from dataclasses import dataclass, field
from datetime import date, datetime

from escalation.care_file import CareFile
from escalation.course import course
from escalation.duty import OnDuty
from escalation.judging import course_problems, late_partners
from escalation.kinds import needs_centre
from escalation.model import Level, Priority, Reach, Step
from escalation.people import night_of
from escalation.ringing import Ladder
from escalation.shared import Judged, Judgement, Shared
from escalation.timeline import Timeline


@dataclass(frozen=True, slots=True)
class People:
    """Whoever is of some levels: when they come and go, and what was judged of their ladders."""

    duty: Timeline
    known: Judged
    limited: bool  # whether one of them may be spared


@dataclass(slots=True)
class Walks:
    """The walks of one care file; whoever is reached when the same holds is asked once.

    `duty` is `CareFile.duty_over` all the time that may be asked about.
    """

    care: CareFile
    duty: Timeline
    shared: Shared
    near: dict[date, CareFile] = field(default_factory=dict)
    tired: dict[tuple[date, date], OnDuty] = field(default_factory=dict)
    people: dict[frozenset[Level], People] = field(default_factory=dict)

    def people_of(self, levels: frozenset[Level]) -> People:
        """Whoever is of these levels; others make no difference to a step."""
        if levels not in self.people:
            duty = self.duty.only(self.care.seen_by(levels))
            known = self.shared.judged(self.care, levels)
            self.people[levels] = People(duty, known, self._limited(levels))
        return self.people[levels]

    def _limited(self, levels: frozenset[Level]) -> bool:
        """Whether somebody may be spared: of these levels, or to whom one of them diverts."""
        return any(
            one.limits is not None and (one.level in levels or self.care.diverts)
            for one in self.care.contacts
        )

    def judge(self, ladder: Ladder, people: People, opened_at: datetime) -> Judgement:
        """Climb it twice: everybody taking their time, and everybody spared who may be spared."""
        plan, priority, kind = ladder.plan, ladder.priority, ladder.kinds[0]
        day = opened_at.date()
        if (care := self.near.get(day)) is None:
            care = self.near[day] = self.care.near(day)
        on_duty = care.on_duty(kind, priority)
        worn = slow = course(plan, priority, _Recalled(self, on_duty, None), opened_at)
        if people.limited:
            night = night_of(opened_at, care.zone)
            if (day, night) not in self.tired:
                self.tired[day, night] = care.on_duty(kind, priority, opened_at)
            tired = self.tired[day, night].about(kind, priority)
            worn = course(plan, priority, _Recalled(self, tired, night), opened_at)
        problems = [*course_problems(kind, priority, care.limits[priority], slow, worn)]
        most = plan.timing.coming_most
        problems += late_partners(priority, most, slow, self.care.contacts)
        return Judgement(tuple(problems), slow.professional, worn.somebody)


@dataclass(frozen=True, slots=True)
class _Recalled:
    """Who is on duty, asked once for all moments at which the same holds.

    In the night of `tired` everybody is as tired as can be (None: nobody is, in any).
    """

    walks: Walks
    on_duty: OnDuty
    tired: date | None

    def reachable(self, step: Step, at: datetime) -> Reach:
        """Say what `on_duty` says."""
        facts, people = self.on_duty.facts, self.walks.people_of(frozenset(step.levels))
        reached = people.known.reached
        tired = self.tired is not None and night_of(at, facts.zone) == self.tired
        whom = step.level, step.who, step.ways, step.beside
        about = needs_centre(facts.kind), facts.priority is Priority.P1, self.tired is None, tired
        key = (*whom, *about, people.duty.at(at))
        if key not in reached:
            reached[key] = self.on_duty.reachable(step, at)
        return reached[key]
