"""Many plans at once: the same proofs, whoever they are about."""

from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as some

from escalation.care_file import CareFile
from escalation.judging import Code
from escalation.model import Level
from escalation.proving import verify_all
from escalation.verify import Shared, verify
from escalation.windows import DAY
from tests.escalation.story import CAREGIVER, CENTRE, id_of, known
from tests.escalation.test_promises import PROMISE
from tests.escalation.test_verify import MONDAY, a_file, agreed, without
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
