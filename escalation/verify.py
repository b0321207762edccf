"""Proves a care plan closed: at every instant of a stretch of time, whoever does not answer.

Exact, not sampled: the stretch is cut at every moment at which a window, a shift, a turn, an
absence or an agreement begins or ends, and at every moment so long before one that a step of a
ladder is called exactly then (`sweep`). Who is called is asked of `agreements` and `duty`
themselves (`walking`); `judging` says what is wrong with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from escalation.bounds import Bounds
from escalation.care_file import CareFile
from escalation.findings import Finding, Gathered
from escalation.judging import agreement_problems
from escalation.model import Priority
from escalation.shared import Shared
from escalation.sweep import Sweep
from escalation.walking import Walks
from escalation.windows import DAY


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found over a stretch of time, the errors first, and the bounds of every kind."""

    findings: tuple[Finding, ...]
    bounds: Mapping[tuple[str, Priority], Bounds]

    @property
    def closed(self) -> bool:
        """Whether the plan may be activated."""
        return not any(one.is_error for one in self.findings)


def verify(care: CareFile, begins: datetime, ends: datetime, shared: Shared | None = None) -> Proof:
    """Prove a client's plans from one moment until just before another.

    Beyond what is known of rosters and turns nothing is proved, and a finding says so. With the
    same `shared` the proofs of alike files take less time, and are the same.
    """
    shared = shared or Shared()
    found = Gathered(begins)
    for problem in agreement_problems(care, (begins, ends)):
        found.add(problem, problem.kinds, (begins, ends))
    walks = Walks(care, care.duty_over((begins, ends + DAY)), shared)
    sweep = Sweep(care, (begins, ends), walks, shared, found)
    sweep.run()
    return Proof(found.findings(), sweep.bounds())
