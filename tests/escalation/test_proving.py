"""Many plans at once: the same proofs, whoever they are about."""

from dataclasses import replace
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as some

from escalation.agreements import Consent, ConsentBy
from escalation.care_file import CareFile
from escalation.judging import Code
from escalation.model import Level
from escalation.people import Absence
from escalation.proving import Likeness, verify_all
from escalation.shared import Shared
from escalation.verify import verify
from escalation.windows import DAY
from tests.escalation.story import CAREGIVER, CENTRE, TEAM, id_of, known
from tests.escalation.test_promises import PROMISE
from tests.escalation.test_verify import EVERYBODY, MONDAY, a_file, agreed, without
from tests.escalation.test_verify_and_engine import files


def a_family(name: str) -> CareFile:
    people = (*without("daughter"), known(name, Level.INFORMAL_CAREGIVER))
    return a_file(agreed("all", CAREGIVER, CENTRE), contacts=people)


def test_every_family_is_told_about_its_own_people() -> None:
    names = ("daughter", "son", "neighbour")
    proved = verify_all(map(a_family, names), MONDAY, MONDAY + DAY)
    hanging = [
        finding.problem.reasons[0][0]
        for _, proof in proved
        for finding in proof.findings
        if finding.code is Code.HANGS_ON_ONE
    ]
    assert hanging == [id_of(name) for name in names]


@settings(PROMISE, max_examples=8)
@given(some.lists(files(), min_size=1, max_size=3))
def test_many_proofs_are_those_of_each(drawn: list[tuple[CareFile, datetime]]) -> None:
    begins = drawn[0][1]
    cares = [care for care, _ in drawn]
    shared = Shared()
    list(verify_all(cares, begins + DAY, begins + 2 * DAY, shared))  # as on another day
    for care, proof in verify_all([*cares, *cares], begins, begins + DAY, shared):
        alone = verify(care, begins, begins + DAY)
        assert proof.bounds == alone.bounds
        assert set(proof.findings) == set(alone.findings)


def test_an_absence_is_judged_again_in_its_own_days_alone() -> None:
    away = Absence(id_of("team"), MONDAY + DAY, MONDAY + 2 * DAY)
    before = a_file(agreed("all", CAREGIVER, TEAM, CENTRE))
    judged_again = []
    for days in (9, 30):
        shared = Shared()
        list(verify_all([before], MONDAY, MONDAY + days * DAY, shared))
        known = shared.size
        list(verify_all([replace(before, absences=(away,))], MONDAY, MONDAY + days * DAY, shared))
        judged_again.append(shared.size - known)
    assert 0 < judged_again[1] == judged_again[0]


def test_another_daughter_leaves_what_does_not_call_her_as_it_was_judged() -> None:
    shared, agreement = Shared(), agreed("all", TEAM, CENTRE, kinds=("*",))
    list(verify_all([a_file(agreement)], MONDAY, MONDAY + DAY, shared))
    judged = shared.size
    more = (*EVERYBODY, known("son", Level.INFORMAL_CAREGIVER))
    list(verify_all([a_file(agreement, contacts=more)], MONDAY, MONDAY + DAY, shared))
    assert shared.size == judged


def written(days_ago: int, evaluate_in: int) -> CareFile:
    """Two alike agreements, one of ten days ago; consent is talked about again in so many days."""
    given_at = MONDAY - days_ago * DAY
    again = (MONDAY + evaluate_in * DAY).date()
    consent = Consent(ConsentBy.REPRESENTATIVE, given_at, again)
    old = agreed("old", CAREGIVER, CENTRE, valid_from=MONDAY - 10 * DAY, consent=consent)
    new = agreed("new", CENTRE, CAREGIVER, valid_from=given_at, consent=consent)
    return a_file(old, new)


def test_who_agreed_when_makes_no_other_proof_as_long_as_the_newest_is_the_newest() -> None:
    cares = [written(1, 5), written(9, 50), written(11, 50), written(9, -1), written(-1, 5)]
    keys = [Likeness.of(care, MONDAY).key for care in cares]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 4
    for care, proof in verify_all(cares, MONDAY, MONDAY + 2 * DAY):
        assert set(proof.findings) == set(verify(care, MONDAY, MONDAY + 2 * DAY).findings)
