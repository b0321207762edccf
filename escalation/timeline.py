"""What holds when: a horizon cut at every moment at which something begins or ends."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from escalation.windows import Span

Spell = tuple[Hashable, Span]  # something that holds, from a moment until just before another
State = frozenset[Hashable]  # everything that holds at a moment


@dataclass(frozen=True, slots=True)
class Timeline:
    """`states[n]` is what holds from `moments[n]` until just before the next moment."""

    moments: tuple[datetime, ...]
    states: tuple[State, ...]

    def only(self, seen: Callable[[State], State]) -> "Timeline":
        """The same, with of each state what is seen of it: what holds changes less often."""
        kept: dict[State, State] = {}
        moments: list[datetime] = []
        states: list[State] = []
        for moment, whole in zip(self.moments, self.states, strict=True):
            if whole not in kept:
                kept[whole] = seen(whole)
            if not states or kept[whole] != states[-1]:
                moments.append(moment)
                states.append(kept[whole])
        return Timeline(tuple(moments), tuple(states))

    def at(self, moment: datetime) -> State:
        """What holds at a moment; before the horizon, what holds when it begins."""
        place = bisect_right(self.moments, moment)
        return self.states[place - 1 if place else 0]

    def pieces(self, ends: datetime) -> Iterator[tuple[Span, State]]:
        """The horizon in order, each piece with what holds during all of it."""
        following = (*self.moments[1:], ends)
        yield from zip(zip(self.moments, following, strict=True), self.states, strict=True)

    def between(self, after: datetime, until: datetime) -> Iterator[tuple[datetime, State]]:
        """Every moment at which something changes, after one and up to another, and what holds."""
        first = max(bisect_right(self.moments, after), 1)
        last = bisect_right(self.moments, until)
        yield from zip(self.moments[first:last], self.states[first:last], strict=True)


def timeline(horizon: Span, spells: Iterable[Spell]) -> Timeline:
    """Cut a horizon so that nothing begins or ends within a piece.

    Neighbouring pieces always differ. Spells of one name may overlap: it holds while any does.
    """
    changes: dict[datetime, list[tuple[Hashable, int]]] = {horizon[0]: []}
    for name, (begins, ends) in spells:
        if begins < horizon[1] and ends > horizon[0] and begins < ends:
            changes.setdefault(max(begins, horizon[0]), []).append((name, 1))
            if ends < horizon[1]:
                changes.setdefault(ends, []).append((name, -1))
    moments: list[datetime] = []
    states: list[State] = []
    holds: Counter[Hashable] = Counter()
    known: dict[State, State] = {}  # equal states are one object: the hash of one is kept with it
    for moment in sorted(changes):
        for name, change in changes[moment]:
            holds[name] += change
        found = frozenset(name for name, count in holds.items() if count)
        state = known.setdefault(found, found)
        if not states or state != states[-1]:
            moments.append(moment)
            states.append(state)
    return Timeline(tuple(moments), tuple(states))
