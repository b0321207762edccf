"""Losing any one relative: what the proof does not warn of beforehand leaves nobody alone."""

from collections.abc import Set
from dataclasses import replace
from datetime import datetime

from hypothesis import given, settings

from escalation.care_file import CareFile
from escalation.judging import Code
from escalation.model import Level
from escalation.people import Absence
from escalation.verify import Proof, verify
from escalation.windows import DAY
from tests.escalation.story import CAREGIVER, CENTRE, TEAM, id_of
from tests.escalation.test_promises import PROMISE
from tests.escalation.test_verify import MONDAY, a_file, agreed, without
from tests.escalation.test_verify_and_engine import files

NOBODY = frozenset({Code.NOBODY_GOES, Code.SOMEBODY_LATE})
WEAK = NOBODY | {Code.HANGS_ON_ONE, Code.ONLY_BACKUP}


def kinds_with(proof: Proof, codes: Set[Code]) -> set[str]:
    return {kind for one in proof.findings if one.code in codes for kind in one.problem.kinds}


def lost(care: CareFile, begins: datetime, level: Level) -> list[CareFile]:
    """The file without each of its people of this level in turn, all along."""
    return [
        replace(care, absences=(*care.absences, Absence(one.id, begins - DAY, None)))
        for one in care.contacts
        if one.level is level
    ]


@settings(PROMISE, max_examples=25)
@given(files())
def test_where_the_proof_names_no_weak_spot_the_loss_of_any_relative_leaves_somebody_to_go(
    file: tuple[CareFile, datetime],
) -> None:
    care, begins = file
    weak = kinds_with(verify(care, begins, begins + DAY), WEAK)
    for other in lost(care, begins, Level.INFORMAL_CAREGIVER):
        assert kinds_with(verify(other, begins, begins + DAY), NOBODY) <= weak


def test_a_plan_that_hangs_on_her_is_named_beforehand_and_has_nobody_when_she_is_lost() -> None:
    alone = a_file(agreed("all", CAREGIVER, CENTRE), contacts=without("team", "partner", "backup"))
    assert kinds_with(verify(alone, MONDAY, MONDAY + DAY), {Code.HANGS_ON_ONE})
    (without_her,) = lost(alone, MONDAY, Level.INFORMAL_CAREGIVER)
    assert kinds_with(verify(without_her, MONDAY, MONDAY + DAY), NOBODY)


def test_a_team_beside_her_is_enough() -> None:
    both = a_file(agreed("all", CAREGIVER, TEAM, CENTRE))
    (without_her,) = lost(both, MONDAY, Level.INFORMAL_CAREGIVER)
    proof = verify(without_her, MONDAY, MONDAY + DAY)
    assert not kinds_with(proof, NOBODY)
    assert id_of("daughter") not in {
        who for one in proof.findings for who, why in one.problem.reasons if why != "absent"
    }
