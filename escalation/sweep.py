"""Goes through a stretch of time and finds everything that is wrong with a client's plans in it."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from escalation.bounds import Bounds
from escalation.care_file import CareFile
from escalation.findings import Gathered
from escalation.judging import Code, Problem, conflicts
from escalation.model import Priority
from escalation.ringing import Group, Ladder, holding, ringing
from escalation.shared import Pattern, Shared
from escalation.timeline import State, Timeline
from escalation.walking import People, Walks
from escalation.windows import Span


@dataclass(slots=True)
class Sweep:
    """One proof while it is being written. What was judged once is not judged again."""

    care: CareFile
    horizon: Span
    walks: Walks
    shared: Shared
    found: Gathered
    longest: dict[tuple[tuple[str, ...], Priority], Bounds] = field(default_factory=dict)
    met: set[int] = field(default_factory=set)  # patterns
    chosen: dict[State, tuple[Problem, ...]] = field(default_factory=dict)

    def run(self) -> None:
        """Go through the horizon, a piece with the same agreements at a time.

        Most days are like the day before: a piece of the same length, in which the same people
        come and go at the same hours, has the same problems.
        """
        groups = self.shared.ringing(self.care)
        for span, state in self.care.plans_over(self.horizon).pieces(self.horizon[1]):
            if state not in groups:
                groups[state] = tuple(ringing(self.care, state, self.shared.number))
            if state not in self.chosen:
                self.chosen[state] = tuple(conflicts(self.care, holding(self.care, state)))
            for problem in self.chosen[state]:
                self.found.add(problem, problem.kinds, span)
            for group in groups[state]:
                self._piece(group, span)

    def bounds(self) -> Mapping[tuple[str, Priority], Bounds]:
        """The worst of every kind and priority over all its ladders."""
        worst: dict[tuple[str, Priority], Bounds] = {}
        for (kinds, priority), found in self.longest.items():
            for kind in kinds:
                worst[kind, priority] = worst.get((kind, priority), found).worst(found)
        return worst

    def _piece(self, group: Group, span: Span) -> None:
        people = self.walks.people_of(group.levels)
        comings_and_goings = self._comings_and_goings(people.duty, (span[0], span[1] + group.reach))
        key = (group.number, span[1] - span[0], comings_and_goings)
        if (pattern := people.known.patterns.get(key)) is None:
            pattern = people.known.patterns[key] = self._pattern(group, people, span)
        self.found.again(pattern.found, span[0])
        if id(pattern) not in self.met:
            self.met.add(id(pattern))
            self._measure(pattern, span[0])

    def _measure(self, pattern: Pattern, begins: datetime) -> None:
        """Note the longest courses of a piece as if it had begun at this moment."""
        later = begins - pattern.found.begins
        for key, bounds in pattern.longest.items():
            moved = bounds.moved(later)
            self.longest[key] = self.longest.get(key, moved).worst(moved)

    def _comings_and_goings(self, duty: Timeline, span: Span) -> Hashable:
        """Who is there, and who comes and goes until the last alarm of a piece has climbed."""
        states = tuple((at - span[0], state) for at, state in duty.between(*span))
        known_until = self.care.known_until
        near = known_until is not None and known_until < span[1]
        known = max(known_until - span[0], timedelta()) if known_until and near else None
        return duty.at(span[0]), states, known

    def _pattern(self, group: Group, people: People, span: Span) -> Pattern:
        pattern = Pattern(Gathered(span[0]))
        for ladder in group.ladders:
            provable = max(self._provable(ladder, span[1]), span[0])
            if provable < span[1]:
                pattern.found.add(Problem(Code.NOT_PROVABLE), (), (provable, span[1]))
            for opened, states in self._openings(ladder, (span[0], provable)):
                judged = people.known.judged.get((ladder.number, states))
                if judged is None:
                    judged = self.walks.judge(ladder, people, opened[0])
                    people.known.judged[ladder.number, states] = judged
                pattern.note(judged, ladder, opened)
        return pattern

    def _provable(self, ladder: Ladder, ends: datetime) -> datetime:
        """Until when an alert may open to be all over before rosters and turns are unknown."""
        known_until = self.care.known_until
        return ends if known_until is None else min(ends, known_until - ladder.reach)

    def _openings(self, ladder: Ladder, span: Span) -> Iterator[tuple[Span, tuple[State, ...]]]:
        """The stretches of opening in which a ladder goes the same, and what holds at its calls."""
        if span[0] == span[1]:
            return
        begins = span[0]
        calls = [(after, self.walks.people_of(whom).duty) for after, whom in ladder.calls]
        holds = [duty.at(begins + after) for after, duty in calls]
        changes: dict[datetime, list[tuple[int, State]]] = {}
        for place, (after, duty) in enumerate(calls):
            for at, state in duty.between(begins + after, span[1] + after):
                changes.setdefault(at - after, []).append((place, state))
        for cut in sorted(one for one in changes if one < span[1]):
            yield (begins, cut), tuple(holds)
            for place, state in changes[cut]:
                holds[place] = state
            begins = cut
        yield (begins, span[1]), tuple(holds)
