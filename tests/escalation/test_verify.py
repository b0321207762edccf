"""The proof that a care plan is closed, and that the proof is right."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from escalation.agreements import Agreement, Consent, ConsentBy, Source
from escalation.care_file import CareFile
from escalation.defaults import LivingForm
from escalation.findings import Finding
from escalation.judging import Code
from escalation.model import Level, Priority, Step
from escalation.people import (
    Absence,
    KnownContact,
    Limits,
    Period,
    PeriodSort,
    turn,
)
from escalation.shared import Shared
from escalation.verify import Proof, verify
from escalation.windows import DAY, Holidays, OnHolidays, Window
from tests.escalation.story import CAREGIVER, CENTRE, PARTNER, TEAM, id_of, known, minutes

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
HOUR = timedelta(hours=1)
NIGHT, BY_DAY = Window(23 * HOUR, 7 * HOUR), Window(7 * HOUR, 23 * HOUR)
RHYTHM = ("lifestyle.*", "location.*")
EVERYBODY = (
    known("daughter", Level.INFORMAL_CAREGIVER),
    known("team", Level.OWN_TEAM),
    known("partner", Level.NIGHT_PARTNER),
    known("desk", Level.CARE_CENTRE),
    known("backup", Level.BACKUP),
)


def local(moment: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=AMSTERDAM, fold=fold).astimezone(UTC)


MONDAY = local("2026-01-05 12:00")
CONSENT = Consent(ConsentBy.CLIENT, MONDAY, measures=("gps", "door"))


def agreed(name: str, *steps: Step, **fields: Any) -> Agreement:
    values: dict[str, Any] = {"kinds": RHYTHM, "consent": CONSENT, "name": name, **fields}
    return Agreement(id_of(name), steps=steps or (CAREGIVER, TEAM, CENTRE), **values)


def a_file(*agreements: Agreement, **fields: Any) -> CareFile:
    values: dict[str, Any] = {"living_form": LivingForm.SPREAD, "contacts": EVERYBODY, **fields}
    return CareFile(id_of("client"), agreements, **values)


def proved(care: CareFile, begins: datetime = MONDAY, days: float = 2) -> Proof:
    return verify(care, begins, begins + days * DAY)


def codes(proof: Proof) -> set[Code]:
    return {one.code for one in proof.findings}


def the(code: Code, proof: Proof) -> Finding:
    return next(one for one in proof.findings if one.code is code)


def without(*names: str) -> tuple[KnownContact, ...]:
    return tuple(one for one in EVERYBODY if one.id not in map(id_of, names))


def test_the_defaults_of_every_living_form_are_closed_and_have_nothing_to_say() -> None:
    for form in LivingForm:
        assert proved(a_file(living_form=form), days=400).findings == ()


def test_a_good_plan_is_closed() -> None:
    care = a_file(agreed("night", CENTRE, PARTNER, window=NIGHT), agreed("day", window=BY_DAY))
    proof = proved(care, days=400)
    assert (proof.closed, proof.findings) == (True, ())


def test_a_plan_says_how_long_it_takes_at_most_and_when() -> None:
    slow = (replace(CAREGIVER, wait=minutes(4)), replace(TEAM, wait=minutes(5)))
    bounds = proved(a_file(agreed("day", *slow, window=BY_DAY))).bounds
    found = bounds["lifestyle.not_back_in_bed", Priority.P2]
    assert (found.professional.longest, found.somebody.longest) == (minutes(4), minutes(3))
    assert found.professional.witness == MONDAY
    assert found.somebody.witness == local("2026-01-05 23:00")  # the default: the centre first


def test_a_professional_who_comes_too_late_is_an_error_with_its_moment() -> None:
    slow = tuple(replace(CAREGIVER, wait=minutes(one)) for one in (7, 7, 2))
    proof = proved(a_file(agreed("evening", *slow, window=Window(20 * HOUR, 21 * HOUR))))
    finding = the(Code.PROFESSIONAL_LATE, proof)
    assert not proof.closed
    assert finding.problem.after == minutes(16)
    assert [span[0] for span in finding.spans] == [
        local("2026-01-05 20:00"),
        local("2026-01-06 20:00"),
    ]


def test_a_ladder_that_runs_into_an_absence_is_found_though_it_began_before() -> None:
    late = (replace(CENTRE, wait=minutes(15)), replace(TEAM, wait=minutes(4)), CAREGIVER)
    away = Absence(id_of("team"), local("2026-01-05 18:00"), local("2026-01-05 19:00"))
    care = a_file(agreed("any", *late, kinds=("*",)), absences=(away,))
    finding = the(Code.EMPTY_STEP, proved(care))
    assert finding.spans == ((local("2026-01-05 17:45"), local("2026-01-05 18:45")),)
    assert finding.problem.reasons == ((id_of("team"), "absent"),)


def test_nobody_who_can_go_is_an_error_and_only_the_backup_a_warning() -> None:
    alone = agreed("centre", CENTRE)
    assert Code.ONLY_BACKUP in codes(proved(a_file(alone)))
    proof = proved(a_file(alone, contacts=without("backup")))
    assert (proof.closed, the(Code.NOBODY_GOES, proof).is_error) == (False, True)


def test_nobody_has_to_go_for_an_outage() -> None:
    proof = proved(a_file(contacts=without("backup")))
    assert ("technical.gateway_offline", Priority.P2) in proof.bounds
    assert proof.closed


def test_a_centre_whose_contract_ends_is_an_error_from_that_moment() -> None:
    desk = known("desk", Level.CARE_CENTRE, needs=(PeriodSort.CONTRACT,))
    contract = Period(desk.id, PeriodSort.CONTRACT, None, local("2026-01-06 12:00"))
    care = a_file(contacts=(*without("desk"), desk), periods=(contract,))
    finding = the(Code.NO_CENTRE, proved(care))
    assert finding.spans[0][1] == MONDAY + 2 * DAY
    # who opens half an hour before reaches the centre after two waits of a quarter: too late
    assert finding.witness == local("2026-01-06 11:30")


def test_two_agreements_to_choose_from_are_an_error_while_both_hold() -> None:
    early = agreed("early", window=Window(7 * HOUR, 15 * HOUR))
    late = agreed("late", window=Window(13 * HOUR, 21 * HOUR))
    finding = the(Code.CONFLICT, proved(a_file(early, late)))
    assert finding.problem.agreements == ("early", "late")
    assert finding.spans[1] == (local("2026-01-06 13:00"), local("2026-01-06 15:00"))


def test_of_a_step_to_two_only_who_can_never_be_called_is_named() -> None:
    son = known("son", Level.INFORMAL_CAREGIVER, consent=False)
    named = replace(CAREGIVER, who=(id_of("daughter"), son.id))
    care = a_file(agreed("named", named, TEAM), contacts=(*without("son"), son))
    finding = the(Code.CANNOT_BE_CALLED, proved(care))
    assert finding.problem.reasons == ((son.id, "no_consent"),)


@pytest.mark.parametrize(
    ("contact", "reason"),
    [
        (known("daughter", Level.INFORMAL_CAREGIVER, consent=False), "no_consent"),
        (KnownContact(id_of("daughter"), Level.INFORMAL_CAREGIVER), "no_way"),
        (known("daughter", Level.OWN_TEAM), "unknown"),
        (known("son", Level.INFORMAL_CAREGIVER), "unknown"),
    ],
)
def test_a_step_to_somebody_who_can_never_be_called_is_an_error(
    contact: KnownContact, reason: str
) -> None:
    named = replace(CAREGIVER, who=(id_of("daughter"),))
    care = a_file(agreed("named", named, TEAM), contacts=(*without("daughter"), contact))
    finding = the(Code.CANNOT_BE_CALLED, proved(care))
    assert (finding.is_error, finding.problem.reasons) == (True, ((id_of("daughter"), reason),))


def test_an_agreement_about_smoke_that_leaves_out_the_centre_is_an_error() -> None:
    proof = proved(a_file(agreed("smoke", CAREGIVER, CENTRE, kinds=("alarm.smoke",))))
    assert the(Code.CENTRE_NOT_FIRST, proof).is_error
    beside = replace(CAREGIVER, beside=(Level.CARE_CENTRE,))
    proof = proved(a_file(agreed("smoke", beside, CENTRE, kinds=("alarm.smoke",))))
    assert Code.CENTRE_NOT_FIRST not in codes(proof)


def test_a_ladder_longer_than_anybody_can_follow_is_an_error() -> None:
    assert Code.TOO_MANY_STEPS in codes(proved(a_file(agreed("long", *[CAREGIVER, TEAM] * 5))))


def test_a_plan_that_hangs_on_one_relative_is_a_warning() -> None:
    care = a_file(agreed("all", CAREGIVER, CENTRE))
    finding = the(Code.HANGS_ON_ONE, proved(care))
    assert (finding.is_warning, finding.problem.reasons[0][0]) == (True, id_of("daughter"))
    son = known("son", Level.INFORMAL_CAREGIVER)
    assert proved(replace(care, contacts=(*EVERYBODY, son))).findings == ()


def test_who_has_had_enough_is_not_counted_on_at_night() -> None:
    tired = known("daughter", Level.INFORMAL_CAREGIVER, limits=Limits(wake_ups_a_week=2))
    care = a_file(agreed("all", CAREGIVER, CENTRE), contacts=(*without("daughter"), tired))
    finding = the(Code.ONLY_BACKUP, proved(care))
    assert finding.spans[0] == (local("2026-01-05 23:00"), local("2026-01-06 07:00"))
    assert "alarm.left_home" not in finding.problem.kinds


def test_what_the_law_wants_written_down_is_a_warning() -> None:
    bare = agreed("bare", TEAM, CENTRE, consent=None)
    assert Code.NO_CONSENT_WRITTEN in codes(proved(a_file(bare)))
    unweighed = replace(bare, consent=replace(CONSENT, measures=()))
    assert the(Code.MEASURE_NOT_WEIGHED, proved(a_file(unweighed))).problem.kinds == ("location.*",)
    overdue = replace(bare, consent=replace(CONSENT, evaluate_on=date(2026, 1, 5)))
    assert Code.EVALUATION_DUE in codes(proved(a_file(overdue)))
    assert proved(a_file(replace(bare, source=Source.ORGANISATION))).findings == ()


def test_an_agreement_that_is_over_is_not_judged() -> None:
    over = agreed("over", *[CAREGIVER] * 9, valid_until=MONDAY)
    assert proved(a_file(over)).findings == ()


def test_beyond_the_rosters_nothing_is_proved_yet() -> None:
    team = known("team", Level.OWN_TEAM, needs=(PeriodSort.SHIFT,))
    until = local("2026-01-06 12:00")
    care = a_file(
        contacts=(*without("team"), team),
        periods=(Period(team.id, PeriodSort.SHIFT, None, until),),
        known_until=until,
    )
    proof = proved(care)
    assert codes(proof) == {Code.NOT_PROVABLE}
    assert proof.closed
    assert proof.findings[0].spans[0][1] == MONDAY + 2 * DAY
    assert until - 2 * HOUR < proof.findings[0].witness < until


FEAST: Holidays = {date(2026, 12, 24): 18 * HOUR, date(2027, 3, 28): timedelta()}


def test_the_afternoon_of_24_december_is_a_weekdays_and_its_evening_a_feasts() -> None:
    workdays = Window(17 * HOUR, 23 * HOUR, frozenset(range(5)), OnHolidays.NEVER)
    feast = Window(17 * HOUR, 23 * HOUR, holidays=OnHolidays.ONLY)
    care = a_file(
        agreed("work", TEAM, CENTRE, window=workdays),
        agreed("feast", CENTRE, window=feast),
        holidays=FEAST,
    )
    proof = proved(care, local("2026-12-23 12:00"), days=4)
    evening = (local("2026-12-24 18:00"), local("2026-12-24 23:00"))
    assert the(Code.ONLY_BACKUP, proof).spans == (evening,)


@pytest.mark.parametrize(
    ("evening", "hours"), [("2027-03-27", 7), ("2026-10-24", 9), ("2026-12-24", 8)]
)
def test_a_night_is_as_long_as_the_clock_makes_it(evening: str, hours: int) -> None:
    care = a_file(agreed("night", CENTRE, window=NIGHT))
    span = the(Code.ONLY_BACKUP, proved(care, local(f"{evening} 12:00"), days=1)).spans[0]
    assert (span[0], span[1] - span[0]) == (local(f"{evening} 23:00"), hours * HOUR)


def test_a_hole_between_two_shifts_in_an_hour_that_comes_twice_is_found() -> None:
    team = known("team", Level.OWN_TEAM, needs=(PeriodSort.SHIFT,))
    first, second = local("2026-10-25 02:20"), local("2026-10-25 02:20", fold=1)
    shifts = (
        Period(team.id, PeriodSort.SHIFT, None, first),
        Period(team.id, PeriodSort.SHIFT, second, None),
    )
    contacts = (*without("team"), team)
    care = a_file(agreed("all", TEAM, CENTRE), contacts=contacts, periods=shifts)
    finding = the(Code.EMPTY_STEP, proved(care, local("2026-10-24 12:00")))
    assert finding.spans == ((first, second),)


def test_a_night_without_a_partner_between_two_turns_calls_all_and_is_no_hole() -> None:
    nurse = known("nurse", Level.NIGHT_PARTNER, needs=(PeriodSort.TURN,))
    partner = known("partner", Level.NIGHT_PARTNER, needs=(PeriodSort.TURN,))
    turns = tuple(
        Period(one.id, PeriodSort.TURN, *turn(night, night, 7 * HOUR, AMSTERDAM))
        for one, night in ((nurse, date(2026, 12, 30)), (partner, date(2027, 1, 1)))
    )
    care = a_file(contacts=(*without("partner"), nurse, partner), periods=turns)
    assert proved(care, local("2026-12-29 12:00"), days=5).findings == ()


def test_an_agreement_that_cannot_be_read_is_an_error() -> None:
    proof = proved(a_file(unreadable=("Nacht",)))
    assert (proof.closed, the(Code.UNREADABLE, proof).problem.agreements) == (False, ("Nacht",))


def test_alike_files_are_judged_once_and_proved_the_same() -> None:
    shared, alone = Shared(), proved(a_file())
    assert verify(a_file(), MONDAY, MONDAY + 2 * DAY, shared) == alone
    judged = shared.size
    assert judged > 0
    assert verify(a_file(), MONDAY, MONDAY + 2 * DAY, shared) == alone
    assert shared.size == judged


def test_alike_agreements_about_different_kinds_are_not_in_conflict() -> None:
    fall, button = agreed("fall", kinds=("alarm.fall",)), agreed("button", kinds=("alarm.button",))
    assert Code.CONFLICT not in codes(proved(a_file(fall, button)))


def test_what_was_proved_of_a_file_before_changes_nothing_in_the_proof_of_its_change() -> None:
    before = a_file(agreed("own"))
    away = Absence(id_of("team"), MONDAY + HOUR, MONDAY + 5 * HOUR)
    after = replace(before, absences=(away,))
    shared = Shared()
    verify(before, MONDAY, MONDAY + 9 * DAY, shared)
    alone = verify(after, MONDAY, MONDAY + 9 * DAY)
    assert verify(after, MONDAY, MONDAY + 9 * DAY, shared) == alone
    later = verify(after, MONDAY + DAY, MONDAY + 9 * DAY, shared)
    assert later == verify(after, MONDAY + DAY, MONDAY + 9 * DAY)
