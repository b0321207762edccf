"""What a proof found, gathered over time, the gravest first."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from escalation.judging import Code, Problem
from escalation.windows import Span

WARNINGS = frozenset(
    {
        Code.EMPTY_STEP,
        Code.ONLY_BACKUP,
        Code.HANGS_ON_ONE,
        Code.PARTNER_LATE,
        Code.NO_CONSENT_WRITTEN,
        Code.MEASURE_NOT_WEIGHED,
        Code.EVALUATION_DUE,
    }
)
NOTES = frozenset({Code.NOT_PROVABLE})


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, and every time it is there: `spans` in order, not touching each other."""

    problem: Problem
    spans: tuple[Span, ...]

    @property
    def code(self) -> Code:
        """What is wrong."""
        return self.problem.code

    @property
    def is_error(self) -> bool:
        """Whether it keeps a plan from being activated."""
        return self.code not in WARNINGS and self.code not in NOTES

    @property
    def is_warning(self) -> bool:
        """Whether people should look at it."""
        return self.code in WARNINGS

    @property
    def witness(self) -> datetime:
        """A moment at which it is so: the first."""
        return self.spans[0][0]


@dataclass(slots=True)
class Gathered:
    """Problems as they are found, from `begins` on; one that returns every night is one finding."""

    begins: datetime
    kinds: dict[Problem, set[str]] = field(default_factory=dict)
    spans: dict[Problem, list[Span]] = field(default_factory=dict)

    def add(self, problem: Problem, kinds: Iterable[str], span: Span) -> None:
        """Note that these kinds have a problem from a moment until just before another."""
        about = replace(problem, kinds=()) if problem.kinds else problem
        self.kinds.setdefault(about, set()).update(kinds)
        self.spans.setdefault(about, []).append(span)

    def again(self, other: "Gathered", begins: datetime) -> None:
        """Note everything another gathered, as if it had begun at this moment."""
        later = begins - other.begins
        for problem, spans in other.spans.items():
            self.kinds.setdefault(problem, set()).update(other.kinds[problem])
            moved = [(one + later, end + later) for one, end in spans]
            self.spans.setdefault(problem, []).extend(moved)

    def findings(self) -> tuple[Finding, ...]:
        """Everything found: errors first, then in the order of time."""
        found = [
            Finding(replace(problem, kinds=tuple(sorted(self.kinds[problem]))), merged(spans))
            for problem, spans in self.spans.items()
        ]
        return tuple(sorted(found, key=_order))


def _order(finding: Finding) -> tuple[int, datetime, str, int]:
    grave = 0 if finding.is_error else 1 if finding.is_warning else 2
    return grave, finding.witness, finding.code, finding.problem.step or 0


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time in order, spans that touch each other as one."""
    merged: list[Span] = []
    for begins, ends in sorted(spans):
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(ends, merged[-1][1]))
        else:
            merged.append((begins, ends))
    return tuple(merged)
