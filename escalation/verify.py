"""Proves a care plan closed: at every instant of a stretch of time, whoever does not answer.

Exact, not sampled: the stretch is cut at every moment at which a window, a shift, a turn, an
absence or an agreement begins or ends, and at every moment so long before one that a step of a
ladder is called exactly then. Who is called is asked of `agreements` and `duty` themselves.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from escalation.agreements import Agreement, ladder_of
from escalation.care_file import AT_NIGHT, PAST_THE_LAST_VISIT, CareFile
from escalation.course import course, moments_of
from escalation.duty import OnDuty
from escalation.findings import Finding, Gathered
from escalation.judging import (
    MOST_STEPS,
    Code,
    Problem,
    agreement_problems,
    conflicts,
    course_problems,
    kinds_alike,
    late_partners,
    mentioned,
    must_go,
)
from escalation.kinds import needs_centre
from escalation.model import Level, Plan, Priority, Reach, Step
from escalation.people import night_of
from escalation.timeline import State, Timeline
from escalation.windows import DAY, Span


@dataclass(frozen=True, slots=True)
class Bound:
    """The longest it can take for a kind until somebody is called, and when that is so."""

    longest: timedelta | None
    witness: datetime

    def __gt__(self, other: "Bound") -> bool:
        """Whether it takes longer; never is longest."""
        if self.longest is None or other.longest is None:
            return self.longest is None and other.longest is not None
        return self.longest > other.longest


@dataclass(frozen=True, slots=True)
class Bounds:
    """For one kind and priority: the first professional, and somebody who can go."""

    professional: Bound
    somebody: Bound

    def worst(self, other: "Bounds") -> "Bounds":
        """The worst of both, each with its own witness."""
        return Bounds(
            max(self.professional, other.professional),
            max(self.somebody, other.somebody),
        )

    def moved(self, later: timedelta) -> "Bounds":
        """The same, with witnesses so much later."""
        professional, somebody = self.professional, self.somebody
        return Bounds(
            Bound(professional.longest, professional.witness + later),
            Bound(somebody.longest, somebody.witness + later),
        )


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found over a stretch of time, the errors first, and the bounds of every kind."""

    findings: tuple[Finding, ...]
    bounds: Mapping[tuple[str, Priority], Bounds]

    @property
    def closed(self) -> bool:
        """Whether the plan may be activated."""
        return not any(one.is_error for one in self.findings)


@dataclass(slots=True)
class Judged:
    """What was judged once, for files that call the same people; see `Shared`.

    A course is known by the number of its ladder and by what holds whenever it calls somebody.
    """

    numbers: dict[Hashable, int] = field(default_factory=dict)
    judged: dict[Hashable, "_Judgement"] = field(default_factory=dict)
    reached: dict[Hashable, Reach] = field(default_factory=dict)


@dataclass(slots=True)
class Shared:
    """What proofs of many files share: one alike in part is proved anew in the rest alone.

    Only for files whose people have the same ids when they are alike (`proving`).
    """

    courses: dict[Hashable, Judged] = field(default_factory=dict)
    patterns: dict[Hashable, dict[Hashable, "_Pattern"]] = field(default_factory=dict)
    ladders: dict[Hashable, dict[State, "_Rungs"]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many courses and stretches of time it remembers."""
        courses = sum(len(one.judged) for one in self.courses.values())
        return courses + sum(map(len, self.patterns.values()))

    def judged(self, care: CareFile) -> Judged:
        """What was judged of files that call the same people. Who diverts calls others, too."""
        if care.diverts:
            return Judged()
        return self.courses.setdefault((care.contacts, *care.limits.items()), Judged())

    def known_pieces(self, care: CareFile) -> dict[Hashable, "_Pattern"]:
        """What was found in pieces of time, for files that differ in dates alone."""
        if care.diverts:
            return {}
        alike = (care.contacts, care.agreements, care.living_form, *care.limits.items())
        return self.patterns.setdefault(alike, {})

    def rungs(self, care: CareFile) -> dict[State, "_Rungs"]:
        """The ladders of files with the same agreements and living form."""
        limits = tuple(care.limits.items())
        return self.ladders.setdefault((care.agreements, care.living_form, limits), {})


def verify(care: CareFile, begins: datetime, ends: datetime, shared: Shared | None = None) -> Proof:
    """Prove a client's plans from one moment until just before another.

    Beyond what is known of rosters and turns nothing is proved, and a finding says so. With the
    same `shared` the proofs of alike files take less time, and are the same.
    """
    shared = shared or Shared()
    found = Gathered(begins)
    duty = care.duty_over((begins, ends + DAY))
    known = shared.judged(care), shared.rungs(care), shared.known_pieces(care)
    sweep = _Sweep(care, (begins, ends), duty, found, *known)
    for problem in agreement_problems(care, (begins, ends)):
        found.add(problem, problem.kinds, (begins, ends))
    sweep.run()
    return Proof(found.findings(), sweep.bounds())


@dataclass(slots=True)
class _Ladder:
    """A plan, the kinds that have it, and when after the alarm it may call somebody.

    `number` is that of everything that decides its course: two with the same go alike.
    """

    number: int
    priority: Priority
    plan: Plan
    kinds: tuple[str, ...]
    offsets: tuple[timedelta, ...]
    duty: Timeline


# What decides a course apart from people, the plan, and the kinds that have it.
_Rungs = tuple[tuple[tuple[bool, bool, Priority, Plan], tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What is wrong with a course, whatever the kind, and how long it takes."""

    problems: tuple[Problem, ...]
    professional: timedelta | None
    somebody: timedelta | None


@dataclass(slots=True)
class _Pattern:
    """What was found in a piece of time, and the longest courses in it."""

    found: Gathered
    longest: dict[tuple[tuple[str, ...], Priority], Bounds] = field(default_factory=dict)
    seen: set[Hashable] = field(default_factory=set)  # lengths that were compared already


@dataclass(slots=True)
class _Sweep:
    """One proof while it is being written. What was judged once is not judged again."""

    care: CareFile
    horizon: Span
    duty: Timeline
    found: Gathered
    known: Judged
    rungs: dict[State, _Rungs]
    patterns: dict[Hashable, _Pattern]
    longest: dict[tuple[tuple[str, ...], Priority], Bounds] = field(default_factory=dict)
    met: set[Hashable] = field(default_factory=set)
    ladders: dict[State, tuple[_Ladder, ...]] = field(default_factory=dict)
    near: dict[date, CareFile] = field(default_factory=dict)
    tired: dict[tuple[date, date], OnDuty] = field(default_factory=dict)
    duties: dict[frozenset[Level], Timeline] = field(default_factory=dict)

    def run(self) -> None:
        """Go through the horizon, a piece with the same agreements at a time.

        Most days are like the day before: a piece of the same length, in which the same people
        come and go at the same hours, has the same problems.
        """
        for span, state in self.care.plans_over(self.horizon).pieces(self.horizon[1]):
            pattern = (state, span[1] - span[0], self._comings_and_goings(span))
            if (first := self.patterns.get(pattern)) is None:
                first = self.patterns[pattern] = self._problems(state, span)
            self.found.again(first.found, span[0])
            if pattern not in self.met:
                self.met.add(pattern)
                self._measure(first, span[0])

    def _measure(self, pattern: _Pattern, begins: datetime) -> None:
        """Note the longest courses of a piece as if it had begun at this moment."""
        later = begins - pattern.found.begins
        for key, bounds in pattern.longest.items():
            moved = bounds.moved(later)
            self.longest[key] = self.longest.get(key, moved).worst(moved)

    def _comings_and_goings(self, span: Span) -> Hashable:
        changes = self.duty.between(span[0], span[1] + DAY)
        states = tuple((one - span[0], self.duty.at(one)) for one in changes)
        known_until = self.care.known_until
        near = known_until is not None and known_until < span[1] + DAY
        known = max(known_until - span[0], timedelta()) if known_until and near else None
        return self.duty.at(span[0]), states, known

    def _problems(self, state: State, span: Span) -> _Pattern:
        found = Gathered(span[0])
        pattern = _Pattern(found)
        if state not in self.ladders:
            self.ladders[state] = tuple(self._ladders(state))
        for problem in conflicts(self.care, _holding(self.care, state)):
            found.add(problem, problem.kinds, span)
        for ladder in self.ladders[state]:
            provable = max(self._provable(ladder, span[1]), span[0])
            if provable < span[1]:
                found.add(Problem(Code.NOT_PROVABLE), (), (provable, span[1]))
            for opened in self._openings(ladder, (span[0], provable)):
                for problem in self._note(ladder, opened[0], pattern):
                    found.add(problem, ladder.kinds, opened)
        return pattern

    def _provable(self, ladder: _Ladder, ends: datetime) -> datetime:
        """Until when an alert may open to be all over before rosters and turns are unknown."""
        known_until = self.care.known_until
        return ends if known_until is None else min(ends, known_until - ladder.offsets[-1])

    def _openings(self, ladder: _Ladder, span: Span) -> Iterator[Span]:
        """The moments of opening between which the course of a ladder is the same."""
        cuts = {span[0]}
        for change in ladder.duty.between(span[0], span[1] + ladder.offsets[-1]):
            cuts.update(change - after for after in ladder.offsets)
        ordered = sorted(one for one in cuts if span[0] <= one < span[1])
        yield from pairwise((*ordered, span[1]))

    def _note(self, ladder: _Ladder, opened_at: datetime, pattern: _Pattern) -> tuple[Problem, ...]:
        states = tuple(ladder.duty.at(opened_at + after) for after in ladder.offsets)
        met = (ladder.number, states)
        if (judged := self.known.judged.get(met)) is None:
            judged = self.known.judged[met] = self._judge(ladder, opened_at)
        key, seen = (ladder.kinds, ladder.priority), (judged.professional, judged.somebody)
        if (*key, *seen) not in pattern.seen:
            pattern.seen.add((*key, *seen))
            found = Bounds(Bound(judged.professional, opened_at), Bound(judged.somebody, opened_at))
            pattern.longest[key] = pattern.longest.get(key, found).worst(found)
        return judged.problems

    def bounds(self) -> Mapping[tuple[str, Priority], Bounds]:
        """The worst of every kind and priority over all its ladders."""
        worst: dict[tuple[str, Priority], Bounds] = {}
        for (kinds, priority), found in self.longest.items():
            for kind in kinds:
                worst[kind, priority] = worst.get((kind, priority), found).worst(found)
        return worst

    def _judge(self, ladder: _Ladder, opened_at: datetime) -> _Judgement:
        """Climb it twice: everybody taking their time, and everybody spared who may be spared."""
        plan, priority, kind = ladder.plan, ladder.priority, ladder.kinds[0]
        day = opened_at.date()
        if (care := self.near.get(day)) is None:
            care = self.near[day] = self.care.near(day)
        on_duty = care.on_duty(kind, priority)
        worn = slow = course(plan, priority, _Recalled(self, on_duty, None), opened_at)
        if any(one.limits is not None for one in care.contacts):
            night = night_of(opened_at, care.zone)
            if (day, night) not in self.tired:
                self.tired[day, night] = care.on_duty(kind, priority, opened_at)
            tired = self.tired[day, night].about(kind, priority)
            worn = course(plan, priority, _Recalled(self, tired, night), opened_at)
        limit = care.limits[priority]
        problems = [*course_problems(kind, priority, limit, slow, worn)]
        most = plan.timing.coming_most
        problems += late_partners(priority, most, slow, self.care.contacts)
        return _Judgement(tuple(problems), slow.professional, worn.somebody)

    def _ladders(self, state: State) -> Iterator[_Ladder]:
        """Every ladder that rings while this holds; kinds with the same one together."""
        if state not in self.rungs:
            self.rungs[state] = self._rungs_of(state)
        for apart, kinds in self.rungs[state]:
            _, _, priority, plan = apart
            numbers = self.known.numbers
            number = numbers.setdefault((*apart[:3], plan.steps), len(numbers))
            levels = frozenset(level for step in plan.steps for level in step.levels)
            duty = self.duty_of(levels | {Level.BACKUP})
            yield _Ladder(number, priority, plan, kinds, moments_of(plan, priority), duty)

    def _rungs_of(self, state: State) -> _Rungs:
        holding = _holding(self.care, state)
        found: dict[tuple[bool, bool, Priority, Plan], list[str]] = {}
        for kinds, usual in kinds_alike(mentioned(self.care.agreements)):
            when = replace(usual, at_night=AT_NIGHT in state)
            late = PAST_THE_LAST_VISIT in state
            kind, form = kinds[0], self.care.living_form
            priority, agreed = ladder_of(holding, kind, form, when, late=late)
            if priority in self.care.limits:
                # more steps are an error by themselves
                plan = replace(agreed, steps=agreed.steps[:MOST_STEPS])
                apart = (needs_centre(kind), must_go(kind), priority, plan)
                found.setdefault(apart, []).extend(kinds)
        return tuple((apart, tuple(sorted(set(alike)))) for apart, alike in found.items())

    def duty_of(self, levels: frozenset[Level]) -> Timeline:
        """When whoever is of these levels comes and goes; others make no difference to a step."""
        if levels not in self.duties:
            self.duties[levels] = self.duty.only(self.care.seen_by(levels))
        return self.duties[levels]


@dataclass(frozen=True, slots=True)
class _Recalled:
    """Who is on duty, asked once for all moments at which the same holds.

    In the night of `tired` everybody is as tired as can be (None: nobody is, in any).
    """

    sweep: _Sweep
    on_duty: OnDuty
    tired: date | None

    def reachable(self, step: Step, at: datetime) -> Reach:
        """Say what `on_duty` says."""
        facts, reached = self.on_duty.facts, self.sweep.known.reached
        tired = self.tired is not None and night_of(at, facts.zone) == self.tired
        held = self.sweep.duty_of(frozenset(step.levels)).at(at)
        whom = step.level, step.who, step.ways, step.beside
        about = needs_centre(facts.kind), facts.priority is Priority.P1, self.tired is None, tired
        key = (*whom, *about, held)
        if key not in reached:
            reached[key] = self.on_duty.reachable(step, at)
        return reached[key]


def _holding(care: CareFile, state: State) -> tuple[Agreement, ...]:
    return tuple(one for place, one in enumerate(care.agreements) if place in state)
