"""Which ladders ring while the same agreements hold, and when each may call whom."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from escalation.agreements import Agreement, ladder_of
from escalation.care_file import AT_NIGHT, PAST_THE_LAST_VISIT, CareFile
from escalation.course import moments_of
from escalation.judging import MOST_STEPS, kinds_alike, mentioned, must_go
from escalation.kinds import needs_centre
from escalation.model import Level, Plan, Priority
from escalation.timeline import State

# What decides a course, apart from people: centre first, somebody must go, how urgent, the plan.
Apart = tuple[bool, bool, Priority, Plan]
Number = Callable[[Hashable], int]  # the same for equal things


@dataclass(frozen=True, slots=True)
class Ladder:
    """A plan, the kinds that have it, and when after the alarm it may call whom, in order.

    `number` is that of everything that decides its course: two with the same go alike.
    """

    number: int
    priority: Priority
    plan: Plan
    kinds: tuple[str, ...]
    calls: tuple[tuple[timedelta, frozenset[Level]], ...]

    @property
    def reach(self) -> timedelta:
        """How long after the alarm somebody may be called for the first time."""
        return self.calls[-1][0]


@dataclass(frozen=True, slots=True)
class Group:
    """Ladders that ring at the same time and call the same levels, by a number of their own."""

    number: int
    levels: frozenset[Level]
    ladders: tuple[Ladder, ...]
    reach: timedelta


def ringing(care: CareFile, state: State, number: Number) -> Iterator[Group]:
    """Say which ladders ring while this holds of `care.plans_over`: each kind has one."""
    alike: dict[frozenset[Level], list[Ladder]] = {}
    for apart, kinds in _kinds_by_ladder(care, state).items():
        _, _, priority, plan = apart
        calls = tuple(moments_of(plan, priority).items())
        levels = frozenset(level for _, called in calls for level in called)
        ladder = Ladder(number(apart), priority, plan, tuple(sorted(set(kinds))), calls)
        alike.setdefault(levels, []).append(ladder)
    for levels, ladders in alike.items():
        same = number(tuple((one.number, one.kinds) for one in ladders))
        yield Group(same, levels, tuple(ladders), max(one.reach for one in ladders))


def _kinds_by_ladder(care: CareFile, state: State) -> dict[Apart, list[str]]:
    found: dict[Apart, list[str]] = {}
    agreements, late = holding(care, state), PAST_THE_LAST_VISIT in state
    for kinds, usual in kinds_alike(mentioned(care.agreements)):
        when = replace(usual, at_night=AT_NIGHT in state)
        priority, agreed = ladder_of(agreements, kinds[0], care.living_form, when, late=late)
        if priority in care.limits:
            # more steps are an error by themselves
            plan = replace(agreed, steps=agreed.steps[:MOST_STEPS])
            apart = (needs_centre(kinds[0]), must_go(kinds[0]), priority, plan)
            found.setdefault(apart, []).extend(kinds)
    return found


def holding(care: CareFile, state: State) -> Sequence[Agreement]:
    """The agreements that hold in this state of `care.plans_over`."""
    return tuple(one for place, one in enumerate(care.agreements) if place in state)
