"""What keeps an agreement from coming into force: the errors of the plan it makes."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from uuid import UUID

from escalation.agreements import Agreement, in_order
from escalation.care_file import CareFile
from escalation.findings import Finding
from escalation.judging import Code
from escalation.verify import Proof
from escalation.windows import DAY, Span

AN_HOUR = timedelta(hours=1)
SOON = 8 * DAY  # every weekday


def without(care: CareFile, agreements: Set[UUID]) -> CareFile:
    """The same file as if these had not been agreed."""
    left = tuple(one for one in care.agreements if one.id not in agreements)
    return replace(care, agreements=left)


def is_there_later(proof: Proof, begins: datetime) -> bool:
    """Whether an error begins so late that others may be the cause of it."""
    return any(one.is_error and one.spans[-1][1] > begins + SOON for one in proof.findings)


def stand_in_the_way(
    care: CareFile, proof: Proof, bare: Proof | None, agreements: Set[UUID], begins: datetime
) -> Mapping[UUID, tuple[Finding, ...]]:
    """Say which errors of the proof each of these agreements answers for; those with none are out.

    It answers for what is wrong with itself, and for an error about a kind and a time for which
    it is the one that is followed; the finding is told of those kinds alone. A later error that
    is there without it too (`bare` is the proof of `without`) is not of its making: a contract
    that ends keeps nobody from agreeing.
    """
    found: dict[UUID, tuple[Finding, ...]] = {}
    there = {} if bare is None else _by_code(bare, begins + SOON)
    for finding in proof.findings:
        answers: dict[UUID, set[str]] = {}
        for one, kind in _answerable(care, finding, there) if finding.is_error else ():
            answers.setdefault(one, set()).add(kind)
        for one in sorted(answers.keys() & agreements):
            problem = replace(finding.problem, kinds=tuple(sorted(answers[one])))
            found[one] = (*found.get(one, ()), replace(finding, problem=problem))
    return found


def _by_code(proof: Proof, after: datetime) -> Mapping[tuple[Code, str], tuple[Span, ...]]:
    """When each error is there for each kind, from a moment on."""
    found: dict[tuple[Code, str], tuple[Span, ...]] = {}
    for one in proof.findings:
        later = tuple((max(span[0], after), span[1]) for span in one.spans if span[1] > after)
        for kind in one.problem.kinds:
            found[one.code, kind] = (*found.get((one.code, kind), ()), *later)
    return found


def _answerable(
    care: CareFile, finding: Finding, there: Mapping[tuple[Code, str], tuple[Span, ...]]
) -> Iterator[tuple[UUID, str]]:
    problem = finding.problem
    if problem.agreements:
        named = [one.id for one in care.agreements if one.name in problem.agreements]
        yield from product(named, problem.kinds)
        return
    held: dict[Span, set[tuple[Agreement, ...]]] = {}  # most are there without it: not looked up
    for kind in problem.kinds:
        known = there.get((finding.code, kind), ())
        for span in finding.spans:
            if not any(_within(span, one) for one in known):
                if span not in held:
                    held[span] = _held(care, span)
                for holding in held[span]:
                    for one in in_order(holding, kind, care.living_form)[:1]:
                        yield one.id, kind


def _within(span: Span, known: Span) -> bool:
    """Whether it is the same hole: a longer ladder meets it a little earlier."""
    return known[0] - AN_HOUR <= span[0] and span[1] <= known[1] + AN_HOUR


def _held(care: CareFile, span: Span) -> set[tuple[Agreement, ...]]:
    """Which agreements hold together in this time, each set once."""
    states = {state for _, state in care.plans_over(span).pieces(span[1])}
    return {
        tuple(one for place, one in enumerate(care.agreements) if place in state)
        for state in states
    }
