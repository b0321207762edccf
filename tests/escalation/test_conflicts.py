"""Agreements that could both decide: refused before they hold; whatever is not has one winner."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations
from uuid import UUID

from hypothesis import assume, given, settings
from hypothesis import strategies as some

from escalation.activation import stand_in_the_way
from escalation.agreements import Agreement, Source, plan_for
from escalation.care_file import CareFile
from escalation.defaults import LivingForm
from escalation.judging import Code
from escalation.model import Level, Step
from escalation.verify import verify
from escalation.windows import DAY, OnHolidays, Window
from tests.escalation.story import id_of, minutes
from tests.escalation.test_promises import PROMISE
from tests.escalation.test_verify import FEAST, HOUR, local

KINDS = ("alarm.button", "alarm.fall", "lifestyle.not_up")
PATTERNS = ("*", "alarm.*", "alarm.button", "lifestyle.not_up")
FORMS = ((), (), (LivingForm.SPREAD,), (LivingForm.SPREAD, LivingForm.APARTMENTS))
BEGINS = local("2026-12-24 00:00")
LAST = UUID(int=2**128 - 1)

few_hours = some.sampled_from([0, 6, 12, 18, 24]).map(lambda one: one * HOUR)
windows = some.builds(
    Window,
    few_hours,
    few_hours,
    some.sampled_from([frozenset(range(7)), frozenset({3, 4})]),
    some.sampled_from(OnHolidays),
)
valid = some.sampled_from([None, BEGINS - DAY, BEGINS + 30 * HOUR])
agreements = some.builds(
    Agreement,
    some.uuids(),
    some.lists(some.sampled_from(PATTERNS), min_size=1, max_size=2).map(tuple),
    some.just((Step(Level.CARE_CENTRE, minutes(1)),)),
    some.one_of(some.none(), windows),
    some.sampled_from(Source),
    valid_from=valid,
    living_forms=some.sampled_from(FORMS),
)


@some.composite
def sets(draw: some.DrawFn) -> list[Agreement]:
    """Some agreements, and some that differ from one of them in little."""
    first = draw(some.lists(agreements, min_size=1, max_size=2))
    for other in draw(some.lists(agreements, min_size=1, max_size=2)):
        alike = draw(some.sampled_from(first))
        field = draw(some.sampled_from(["kinds", "window", "source", "valid_from", "living_forms"]))
        first.append(replace(alike, id=other.id, **{field: getattr(other, field)}))
    assume(len({one.id for one in first}) == len(first))
    return first


def a_file(agreed: Sequence[Agreement]) -> CareFile:
    named = tuple(replace(one, name=f"agreement {at}") for at, one in enumerate(agreed))
    return CareFile(id_of("client"), named, LivingForm.SPREAD, (), (), (), (), holidays=FEAST)


def precedence(one: Agreement, kind: str) -> tuple[object, ...]:
    """Whose, how near the kind, how wide: as it is agreed between people, not as it is coded."""
    near = min(at for at, some in enumerate(_patterns(kind)) if some in one.kinds)
    width = timedelta(days=99) if one.window is None else one.window.length
    feast = one.window is not None and one.window.holidays is OnHolidays.ONLY
    return one.source, near, not feast, width, bool(one.living_forms)


def _patterns(kind: str) -> tuple[str, str, str]:
    return kind, f"{kind.partition('.')[0]}.*", "*"


def undecided(care: CareFile, kind: str, at: datetime) -> set[str]:
    """The agreements of which none goes before the other, where those lead."""
    fitting = [
        one
        for one in care.agreements
        if one.holds(at, care.holidays) and set(_patterns(kind)) & set(one.kinds)
    ]
    own = [one for one in fitting if one.source is Source.CLIENT] or fitting
    alike = [
        {one.name, two.name}
        for one, two in combinations(own, 2)
        if precedence(one, kind) == precedence(two, kind)
        and not any(_before(three, one, kind) for three in own)
    ]
    return set().union(*alike)


def _before(one: Agreement, two: Agreement, kind: str) -> bool:
    _, *mine, form = precedence(one, kind)
    _, *theirs, other = precedence(two, kind)
    return (*mine, not form) < (*theirs, not other)


@settings(PROMISE, max_examples=80)
@given(sets(), some.integers(0, 48 * 4 - 1), some.sampled_from(KINDS))
def test_two_that_could_both_decide_are_found_and_else_one_alone_does(
    agreed: list[Agreement], quarter: int, kind: str
) -> None:
    care, at = a_file(agreed), BEGINS + minutes(15 * quarter)
    proof = verify(care, BEGINS, BEGINS + 2 * DAY)
    told = {
        name
        for one in proof.findings
        if one.code is Code.CONFLICT and kind in one.problem.kinds
        and any(begins <= at < ends for begins, ends in one.spans)
        for name in one.problem.agreements
    }  # fmt: skip
    assert told == undecided(care, kind, at)
    if not told:
        assert winner(care, kind, at) == winner(backwards(care), kind, at)


def winner(care: CareFile, kind: str, at: datetime) -> str:
    _, plan = plan_for(care.agreements, kind, care.living_form, at, holidays=care.holidays)
    return plan.name


def backwards(care: CareFile) -> CareFile:
    """The same agreements, written in another order and called by other ids."""
    other = [replace(one, id=UUID(int=LAST.int - one.id.int)) for one in reversed(care.agreements)]
    return replace(care, agreements=tuple(other))


@settings(PROMISE, max_examples=40)
@given(sets())
def test_one_of_two_that_could_both_decide_does_not_come_into_force(
    agreed: list[Agreement],
) -> None:
    care = a_file(agreed)
    proof = verify(care, BEGINS, BEGINS + 8 * DAY)
    torn = [set(one.problem.agreements) for one in proof.findings if one.code is Code.CONFLICT]
    for one in care.agreements:
        refused = stand_in_the_way(care, proof, None, {one.id}, BEGINS)
        codes = {two.code for two in refused.get(one.id, ())}
        assert (Code.CONFLICT in codes) == any(one.name in names for names in torn)


def test_two_for_many_living_forms_that_both_fit_are_found() -> None:
    always = Agreement(UUID(int=1), ("*",), (), source=Source.ORGANISATION, living_forms=FORMS[2])
    care = a_file([always, replace(always, id=UUID(int=2), living_forms=FORMS[3])])
    proof = verify(care, BEGINS, BEGINS + DAY)
    assert Code.CONFLICT in {one.code for one in proof.findings}
