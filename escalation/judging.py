"""What is wrong with a plan: the rules of a proof, each a code that `findings` has words for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from escalation.agreements import Agreement, Source, in_conflict
from escalation.care_file import CareFile, Limit
from escalation.course import Course
from escalation.defaults import RHYTHM_KINDS
from escalation.kinds import RULES, UNKNOWN, Circumstances, default_priority, family, needs_centre
from escalation.model import Level, Priority, Step
from escalation.people import KnownContact
from escalation.windows import Span

USUAL = Circumstances()
WORST = Circumstances(away_open=True, dose_due=True, time_critical=True)
MOST_STEPS = 8  # of a ladder: more cannot be told apart from calling everybody
NOBODY_NEEDS_TO_GO = frozenset({"technical"})
INVOLUNTARY = {"location": "gps", "alarm.left_home": "door", "alarm.wandering": "door"}


class Code(StrEnum):
    """What can be wrong with a plan."""

    UNREADABLE = "unreadable"
    CONFLICT = "conflict"
    TOO_MANY_STEPS = "too_many_steps"
    CANNOT_BE_CALLED = "cannot_be_called"
    CENTRE_NOT_FIRST = "centre_not_first"
    NO_CENTRE = "no_centre"
    PROFESSIONAL_LATE = "professional_late"
    NOBODY_GOES = "nobody_goes"
    SOMEBODY_LATE = "somebody_late"
    EMPTY_STEP = "empty_step"
    ONLY_BACKUP = "only_backup"
    HANGS_ON_ONE = "hangs_on_one"
    PARTNER_LATE = "partner_late"
    NO_CONSENT_WRITTEN = "no_consent_written"
    MEASURE_NOT_WEIGHED = "measure_not_weighed"
    MEASURE_REFUSED = "measure_refused"
    EVALUATION_DUE = "evaluation_due"
    NOT_PROVABLE = "not_provable"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong: for which kinds, and what there is to say about it.

    `reasons` are contacts with why they cannot be called. `agreements` are names.
    """

    code: Code
    kinds: tuple[str, ...] = ()
    priority: Priority | None = None
    step: int | None = None
    level: Level | None = None
    reasons: tuple[tuple[UUID | None, str], ...] = ()
    after: timedelta | None = None
    limit: timedelta | None = None
    agreements: tuple[str, ...] = ()


def late_partners(
    priority: Priority, most: timedelta, slow: Course, contacts: Sequence[KnownContact]
) -> Iterator[Problem]:
    """Warn of partners that may, as agreed, take longer than anybody may be on the way.

    One that keeps its word would lose its custody before it arrives, and others be called.
    """
    called = {one.contact.id for one in slow.called}
    for one in contacts:
        if one.id in called and one.target is not None and one.target > most:
            who = ((one.id, ""),)
            yield Problem(
                Code.PARTNER_LATE, (), priority, reasons=who, after=one.target, limit=most
            )


def mentioned(agreements: Sequence[Agreement]) -> frozenset[str]:
    """The kinds that agreements name themselves, and not by family."""
    named = [kind for one in agreements for kind in one.kinds]
    named += [override.kind for one in agreements for override in one.overrides]
    return frozenset(kind for kind in named if not kind.endswith("*"))


@lru_cache(maxsize=1024)
def kinds_alike(named: frozenset[str]) -> tuple[tuple[tuple[str, ...], Circumstances], ...]:
    """Every kind, those together that always have the same plan, and the circumstances that count.

    A kind that is named in an agreement stands alone, and so does one whose priority depends on
    what else is going on: that is there twice.
    """
    alike: dict[object, list[str]] = {}
    for kind in sorted({*RULES, *named}):
        rule = RULES.get(kind, UNKNOWN)
        alone = kind if kind in named or _depends(kind) else ""
        priorities = (rule.priority, rule.at_night, needs_centre(kind))
        key = (family(kind), kind in RHYTHM_KINDS, alone, *priorities)
        alike.setdefault(key, []).append(kind)
    groups = [tuple(kinds) for kinds in alike.values()]
    often = [(kinds, when) for kinds in groups for when in (USUAL, WORST)]
    return tuple((kinds, when) for kinds, when in often if when is USUAL or _depends(kinds[0]))


def _depends(kind: str) -> bool:
    return default_priority(kind, USUAL) is not default_priority(kind, WORST)


def conflicts(care: CareFile, holding: Sequence[Agreement]) -> Iterator[Problem]:
    """The agreements of which people must choose one, of those that hold at a moment."""
    ranks = {
        (one.source, one.window and one.window.width, bool(one.living_forms)) for one in holding
    }
    if len(ranks) == len(holding):
        return  # the quick way out: whatever the kind, one goes before the other
    for kinds, _ in kinds_alike(mentioned(care.agreements)):
        equal = in_conflict(holding, kinds[0], care.living_form)
        if equal:
            yield Problem(Code.CONFLICT, kinds, agreements=tuple(sorted(one.name for one in equal)))


def course_problems(
    kind: str, priority: Priority, limit: Limit, slow: Course, worn: Course
) -> Iterator[Problem]:
    """What is wrong with how a ladder is climbed: `slow`, and `worn` with the fewest people."""
    if not any(one.contact.level is Level.CARE_CENTRE for one in slow.called):
        yield Problem(Code.NO_CENTRE)
    professional, most = slow.professional, limit.professional
    if professional is None or professional > most:
        yield Problem(Code.PROFESSIONAL_LATE, (), priority, after=professional, limit=most)
    for empty in slow.empty:
        reasons = tuple((one.contact_id, one.reason) for one in empty.skipped)
        yield Problem(Code.EMPTY_STEP, step=empty.step, level=empty.level, reasons=reasons)
    if must_go(kind):
        yield from _somebody_problems(priority, limit.somebody, worn)


def must_go(kind: str) -> bool:
    """Whether somebody must be able to go for it: nobody does for an outage."""
    return family(kind) not in NOBODY_NEEDS_TO_GO


def _somebody_problems(priority: Priority, limit: timedelta, worn: Course) -> Iterator[Problem]:
    somebody = worn.somebody
    if somebody is None:
        yield Problem(Code.NOBODY_GOES, (), priority)
    elif somebody > limit:
        yield Problem(Code.SOMEBODY_LATE, (), priority, after=somebody, limit=limit)
    elif not any(one.can_go for one in worn.called):
        yield Problem(Code.ONLY_BACKUP, after=somebody)
    else:
        yield from _hanging_on_one(limit, worn)


def _hanging_on_one(limit: timedelta, worn: Course) -> Iterator[Problem]:
    """Warn when one relative is all there is: an organisation replaces who drops out."""
    in_time = worn.can_go_within(limit)
    alone = [one for one in worn.called if one.contact.id in in_time]
    if len(in_time) == 1 and alone[0].contact.level is Level.INFORMAL_CAREGIVER:
        yield Problem(Code.HANGS_ON_ONE, reasons=((alone[0].contact.id, ""),))


def agreement_problems(care: CareFile, horizon: Span) -> Iterator[Problem]:
    """What is wrong with agreements as they are written, whatever the hour."""
    if care.unreadable:
        yield Problem(Code.UNREADABLE, agreements=care.unreadable)
    known = {one.id: one for one in care.contacts}
    for agreement in care.agreements:
        if any(end <= horizon[0] for end in agreement.ends):
            continue
        names = (agreement.name,)
        if len(agreement.steps) > MOST_STEPS:
            yield Problem(Code.TOO_MANY_STEPS, agreement.kinds, agreements=names)
        for number, step in enumerate(agreement.steps, start=1):
            reasons = tuple(_never_callable(step, known))
            if reasons:
                code = Code.CANNOT_BE_CALLED
                yield Problem(code, agreement.kinds, step=number, reasons=reasons, agreements=names)
        yield from _centre_problems(agreement)
        yield from _consent_problems(agreement, horizon)


def _never_callable(
    step: Step, known: dict[UUID, KnownContact]
) -> Iterator[tuple[UUID | None, str]]:
    for one in step.who:
        contact = known.get(one)
        if contact is None or contact.level is not step.level:
            yield one, "unknown"
        elif not contact.consent:
            yield one, "no_consent"
        elif not contact.ways and contact.level is not Level.CARE_CENTRE:
            yield one, "no_way"


def _centre_problems(agreement: Agreement) -> Iterator[Problem]:
    """Smoke and the like: whoever agrees on them by name puts the care centre first."""
    kinds = tuple(kind for kind in agreement.kinds if needs_centre(kind))
    if kinds and (not agreement.steps or Level.CARE_CENTRE not in agreement.steps[0].levels):
        yield Problem(Code.CENTRE_NOT_FIRST, kinds, agreements=(agreement.name,))


def _consent_problems(agreement: Agreement, horizon: Span) -> Iterator[Problem]:
    names, consent = (agreement.name,), agreement.consent
    if agreement.source is not Source.CLIENT:
        return
    if consent is None:
        yield Problem(Code.NO_CONSENT_WRITTEN, agreements=names)
        return
    if consent.evaluate_on is not None and consent.evaluate_on <= horizon[0].date():
        yield Problem(Code.EVALUATION_DUE, agreements=names)
    for kind in agreement.kinds:
        measure = INVOLUNTARY.get(kind) or INVOLUNTARY.get(family(kind))
        if measure is not None and measure in consent.refused:
            yield Problem(Code.MEASURE_REFUSED, (kind,), agreements=names)
        elif measure is not None and measure not in consent.measures:
            yield Problem(Code.MEASURE_NOT_WEIGHED, (kind,), agreements=names)
