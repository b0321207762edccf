"""The law on care and compulsion asks it of each measure: yes, no, or nobody spoke of it yet."""

from dataclasses import replace

import pytest

from escalation.activation import stand_in_the_way
from escalation.agreements import Source
from escalation.judging import Code
from tests.escalation.story import CENTRE, TEAM
from tests.escalation.test_verify import CONSENT, MONDAY, a_file, agreed, codes, proved


@pytest.mark.parametrize(
    ("yes", "no", "found"),
    [
        (("gps", "door"), (), None),
        (("door",), (), Code.MEASURE_NOT_WEIGHED),
        (("door",), ("gps",), Code.MEASURE_REFUSED),
    ],
)
def test_an_agreement_on_a_tracker_asks_whether_gps_is_agreed_to(
    yes: tuple[str, ...], no: tuple[str, ...], found: Code | None
) -> None:
    said = replace(CONSENT, measures=yes, refused=no)
    tracked = agreed("tracked", TEAM, CENTRE, kinds=("location.*",), consent=said)
    assert codes(proved(a_file(tracked))) == ({found} - {None})


def test_what_was_refused_keeps_an_agreement_from_coming_into_force() -> None:
    refused = replace(CONSENT, measures=(), refused=("gps",))
    tracked = agreed("tracked", TEAM, CENTRE, kinds=("location.left_zone",), consent=refused)
    care = a_file(tracked)
    found = stand_in_the_way(care, proved(care), None, {tracked.id}, MONDAY)
    assert [one.code for one in found[tracked.id]] == [Code.MEASURE_REFUSED]


def test_a_default_of_the_organisation_asks_nobody() -> None:
    said = replace(CONSENT, refused=("gps",))
    default = agreed("default", TEAM, CENTRE, consent=said, source=Source.ORGANISATION)
    assert codes(proved(a_file(default))) == set()
