"""What proofs of many care files share, so that what is alike in them is judged once."""

from collections.abc import Hashable, Set
from dataclasses import dataclass, field
from datetime import timedelta

from escalation.bounds import Bound, Bounds
from escalation.care_file import CareFile
from escalation.findings import Gathered
from escalation.judging import Problem
from escalation.model import Level, Priority, Reach
from escalation.ringing import Group, Ladder
from escalation.timeline import State
from escalation.windows import Span


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is wrong with a course, whatever the kind, and how long it takes."""

    problems: tuple[Problem, ...]
    professional: timedelta | None
    somebody: timedelta | None


@dataclass(slots=True)
class Pattern:
    """What was found in a piece of time, and the longest courses in it."""

    found: Gathered
    longest: dict[tuple[tuple[str, ...], Priority], Bounds] = field(default_factory=dict)
    seen: set[Hashable] = field(default_factory=set)  # lengths that were compared already

    def note(self, judged: Judgement, ladder: Ladder, opened: Span) -> None:
        """Note what comes of alarms for which this ladder is climbed, opened in this stretch."""
        for problem in judged.problems:
            self.found.add(problem, ladder.kinds, opened)
        key, lengths = (ladder.kinds, ladder.priority), (judged.professional, judged.somebody)
        if (*key, *lengths) not in self.seen:
            self.seen.add((*key, *lengths))
            found = Bounds(*(Bound(one, opened[0]) for one in lengths))
            self.longest[key] = self.longest.get(key, found).worst(found)


@dataclass(slots=True)
class Judged:
    """What was judged once of ladders that call the same people.

    A course is known by the number of its ladder and by what holds whenever it calls somebody; a
    pattern by the number of its ladders, and by who comes and goes when in so long a piece.
    """

    judged: dict[Hashable, Judgement] = field(default_factory=dict)
    reached: dict[Hashable, Reach] = field(default_factory=dict)
    patterns: dict[Hashable, Pattern] = field(default_factory=dict)


@dataclass(slots=True)
class Shared:
    """What proofs of many files share: one alike in part is proved anew in the rest alone.

    Only for files whose people have the same ids when they are alike (`proving`).
    """

    numbers: dict[Hashable, int] = field(default_factory=dict)
    people: dict[Hashable, Judged] = field(default_factory=dict)
    groups: dict[Hashable, dict[State, tuple[Group, ...]]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many courses and stretches of time it remembers."""
        return sum(len(one.judged) + len(one.patterns) for one in self.people.values())

    def number(self, of: Hashable) -> int:
        """A number for this, the same each time."""
        return self.numbers.setdefault(of, len(self.numbers))

    def judged(self, care: CareFile, levels: Set[Level]) -> Judged:
        """What was judged of ladders of these levels, where the same people are of them.

        Who diverts calls others, too: of such a file nothing is shared.
        """
        if care.diverts:
            return Judged()
        asked = tuple(one for one in care.contacts if one.level in levels)
        return self.people.setdefault((asked, *care.limits.items()), Judged())

    def ringing(self, care: CareFile) -> dict[State, tuple[Group, ...]]:
        """The ladders of files with the same agreements and living form, by what holds."""
        limits = tuple(care.limits.items())
        return self.groups.setdefault((care.agreements, care.living_form, limits), {})
