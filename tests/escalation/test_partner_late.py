"""The proof warns of a partner that may, as agreed, take longer than anybody may be on the way."""

from datetime import timedelta

import pytest

from escalation.findings import Finding
from escalation.judging import Code
from escalation.model import Level, Priority
from tests.escalation.story import CENTRE, PARTNER, TEAM, id_of, known, minutes
from tests.escalation.test_verify import a_file, agreed, proved, without


def late(target: timedelta | None, *steps: Level) -> list[Finding]:
    """What is found where the partner promised this, and the ladder has these steps."""
    partner = known("partner", Level.NIGHT_PARTNER, target=target)
    rungs = {Level.CARE_CENTRE: CENTRE, Level.NIGHT_PARTNER: PARTNER, Level.OWN_TEAM: TEAM}
    plan = agreed("all", *(rungs[one] for one in steps), kinds=("*",))
    care = a_file(plan, contacts=(*without("partner"), partner))
    return [one for one in proved(care).findings if one.code is Code.PARTNER_LATE]


def test_a_partner_that_may_take_longer_than_the_lease_is_a_warning_for_the_urgent_alone() -> None:
    (found,) = late(minutes(60), Level.CARE_CENTRE, Level.NIGHT_PARTNER)
    assert (found.is_warning, found.is_error) == (True, False)
    assert (found.problem.priority, found.problem.limit) == (Priority.P1, minutes(45))
    assert found.problem.reasons == ((id_of("partner"), ""),)
    assert found.problem.after == minutes(60)


@pytest.mark.parametrize("target", [None, minutes(45)])
def test_one_that_promised_nothing_or_soon_enough_is_none(target: timedelta | None) -> None:
    assert late(target, Level.CARE_CENTRE, Level.NIGHT_PARTNER) == []


def test_one_that_is_not_in_the_plan_is_none() -> None:
    assert late(minutes(60), Level.CARE_CENTRE, Level.OWN_TEAM) == []
