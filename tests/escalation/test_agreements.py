"""Which agreement applies to this kind at this local moment."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from escalation.agreements import (
    Agreement,
    Consent,
    ConsentBy,
    Inform,
    InformWhen,
    Override,
    Source,
    in_conflict,
    plan_for,
)
from escalation.defaults import LivingForm
from escalation.kinds import Circumstances
from escalation.model import Level, Plan, Priority
from escalation.people import Limits
from escalation.windows import OnHolidays, Window, is_night
from tests.escalation.story import CAREGIVER, CENTRE, PARTNER, TEAM, id_of, minutes

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
HOUR = timedelta(hours=1)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MONDAY_NOON = "2026-01-05 12:00"
CALLS = {
    Level.INFORMAL_CAREGIVER: "caregiver",
    Level.OWN_TEAM: "team",
    Level.NIGHT_PARTNER: "partner",
    Level.CARE_CENTRE: "centre",
    Level.TECHNICAL_DESK: "technique",
}


def local(moment: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=AMSTERDAM, fold=fold).astimezone(UTC)


def window(begins: float, ends: float, *weekdays: int) -> Window:
    return Window(begins * HOUR, ends * HOUR, frozenset(weekdays or range(7)))


def agreed(name: str, *kinds: str, **fields: Any) -> Agreement:
    return Agreement(id_of(name), kinds or ("*",), (TEAM, CENTRE), name=name, **fields)


def ladder(plan: Plan) -> list[str]:
    return [CALLS[step.level] for step in plan.steps]


def chosen(*agreements: Agreement, kind: str = "alarm.button", at: str = MONDAY_NOON) -> str:
    return plan_for(agreements, kind, LivingForm.SPREAD, local(at))[1].name


def test_the_most_specific_kind_leads() -> None:
    everything, alarms, button = (
        agreed("*"),
        agreed("alarms", "alarm.*"),
        agreed("b", "alarm.button"),
    )
    assert chosen(everything, alarms, button) == "b"
    assert chosen(everything, alarms, button, kind="alarm.fall") == "alarms"
    assert chosen(everything, alarms, button, kind="lifestyle.not_up") == "*"


def test_of_two_windows_the_narrowest_leads() -> None:
    always, day = agreed("always"), agreed("day", window=window(7, 23))
    monday = agreed("monday", window=window(7, 23, 0))
    assert chosen(always, day, monday) == "monday"
    assert chosen(always, day, monday, at="2026-01-06 12:00") == "day"
    assert chosen(always, day, monday, at="2026-01-06 23:30") == "always"


def test_the_clients_own_agreement_goes_before_the_organisations_default() -> None:
    default = agreed("default", "alarm.button", source=Source.ORGANISATION)
    assert chosen(default, agreed("client")) == "client"
    assert chosen(default) == "default"


def test_what_another_stands_in_for_does_not_count_while_that_one_holds() -> None:
    usual = agreed("usual", "alarm.button")
    ends = local("2026-01-12 00:00")
    meanwhile = agreed("meanwhile", "*", instead_of=usual.id, valid_until=ends)
    assert chosen(usual, meanwhile) == "meanwhile"
    assert chosen(usual, meanwhile, at="2026-01-12 00:00") == "usual"
    alike = replace(meanwhile, kinds=("alarm.button",))
    assert in_conflict((usual, alike), "alarm.button", LivingForm.SPREAD) == ()


def test_of_two_alike_the_one_agreed_last_leads() -> None:
    old = agreed("old", valid_from=local("2025-01-01 00:00"))
    new = agreed("new", valid_from=local("2025-06-01 00:00"))
    assert chosen(old, new) == chosen(new, old) == "new"


def test_an_agreement_holds_from_its_first_moment_until_just_before_its_last() -> None:
    until, since = local("2026-01-05 12:00"), local("2026-01-05 12:00")
    old, new = agreed("old", valid_until=until), agreed("new", valid_from=since)
    assert chosen(old, new, at="2026-01-05 11:59") == "old"
    assert chosen(old, new, at="2026-01-05 12:00") == "new"


@pytest.mark.parametrize(
    ("moment", "covered"),
    [
        ("2026-01-02 21:59", False),
        ("2026-01-02 22:00", True),
        ("2026-01-03 05:59", True),
        ("2026-01-03 06:00", False),
        ("2026-01-03 22:30", False),
        ("2026-01-02 05:00", False),
    ],
)
def test_a_window_belongs_to_the_day_on_which_it_begins(moment: str, covered: bool) -> None:
    friday_night = window(22, 6, 4)
    assert friday_night.covers(local(moment), AMSTERDAM) is covered


@pytest.mark.parametrize(
    ("moment", "fold", "covered"),
    [
        ("2026-10-24 23:00", 0, True),
        ("2026-10-25 02:20", 0, True),
        ("2026-10-25 02:40", 0, False),
        ("2026-10-25 02:20", 1, False),
        ("2026-10-25 03:10", 0, False),
    ],
)
def test_a_time_that_comes_twice_counts_the_first_time(
    moment: str, fold: int, covered: bool
) -> None:
    assert window(22, 2.5).covers(local(moment, fold), AMSTERDAM) is covered


@pytest.mark.parametrize(
    ("utc", "covered"),
    [("2026-03-29T00:59:59", True), ("2026-03-29T01:00:00", False), ("2026-03-29T01:20:00", False)],
)
def test_a_time_that_is_skipped_counts_when_the_clock_passes_it(utc: str, covered: bool) -> None:
    at = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert window(22, 2.5).covers(at, AMSTERDAM) is covered


@pytest.mark.parametrize("night", ["2026-03-29", "2026-10-25"])
def test_the_night_is_an_hour_shorter_or_longer_when_the_clock_changes(night: str) -> None:
    assert is_night(local(f"{night} 06:59"))
    assert not is_night(local(f"{night} 07:00"))


moments = some.integers(0, 365 * 24 * 60).map(lambda passed: NEW_YEAR + minutes(passed))
edges = some.lists(some.integers(0, 95), min_size=2, max_size=5, unique=True).map(sorted)


@given(moments, edges)
def test_windows_that_follow_each_other_cover_every_moment_once(
    at: datetime, quarters: list[int]
) -> None:
    following = [*quarters[1:], quarters[0]]
    windows = [window(a / 4, b / 4) for a, b in zip(quarters, following, strict=True)]
    assert sum(one.covers(at, AMSTERDAM) for one in windows) == 1


def test_a_window_of_equal_times_is_a_whole_day() -> None:
    assert window(7, 7, 0).covers(local("2026-01-06 06:59"), AMSTERDAM)
    assert window(7, 7, 0).length == 24 * HOUR


@pytest.mark.parametrize("name", ["Europe/Nowhere", "../etc/passwd", ""])
def test_a_time_zone_nobody_knows_does_not_keep_an_alarm_from_opening(name: str) -> None:
    day = agreed("day", window=window(7, 23), time_zone=name)
    assert plan_for([day], "alarm.button", None, local(MONDAY_NOON), name)[1].name == "day"


def test_an_agreement_may_set_the_priority_the_nearest_one_counts() -> None:
    overrides = (Override("*", Priority.P3), Override("alarm.bed_exit", Priority.P1))
    agreement = agreed("a", overrides=overrides)
    at = local(MONDAY_NOON)
    assert plan_for([agreement], "alarm.bed_exit", None, at)[0] is Priority.P1
    assert plan_for([agreement], "alarm.water", None, at)[0] is Priority.P3
    other = agreed("b", overrides=overrides[1:])
    assert plan_for([other], "alarm.water", None, at)[0] is Priority.P2


def test_what_only_informs_is_an_alarm_where_it_is_named_and_not_with_its_family() -> None:
    family = agreed("a", overrides=(Override("medication.*", Priority.P2),))
    at = local(MONDAY_NOON)
    assert plan_for([family], "medication.several_missed", None, at)[0] is Priority.P2
    for kind in ("medication.taken", "medication.dispensed"):
        assert plan_for([family], kind, None, at)[0] is Priority.I
        named = agreed("b", overrides=(Override(kind, Priority.P2),))
        assert plan_for([named], kind, None, at)[0] is Priority.P2


def test_no_agreement_makes_smoke_less_urgent_or_leaves_out_the_centre() -> None:
    agreement = agreed("a", overrides=(Override("*", Priority.I),))
    priority, plan = plan_for([agreement], "alarm.smoke", None, local(MONDAY_NOON))
    assert priority is Priority.P1
    assert plan.steps[0].levels == (Level.OWN_TEAM, Level.CARE_CENTRE)


def test_the_plan_has_the_timing_of_its_priority_or_the_organisations_own() -> None:
    at = local(MONDAY_NOON)
    _, plan = plan_for([], "alarm.water", None, at)
    assert plan.timing.centre_repeats == minutes(3)
    own = {Priority.P2: plan.timing.__class__(*[minutes(7)] * 8)}
    assert plan_for([], "alarm.water", None, at, timings=own)[1].timing == own[Priority.P2]
    assert plan_for([], "alarm.button", None, at, timings=own)[1].timing.watch == minutes(3)


DAY, NIGHT = "2026-01-05 12:00", "2026-01-05 23:30"


@pytest.mark.parametrize(
    ("kind", "living", "at", "called"),
    [
        ("alarm.button", LivingForm.SPREAD, DAY, "centre team centre"),
        ("alarm.button", LivingForm.APARTMENTS, NIGHT, "centre partner centre"),
        ("alarm.button", LivingForm.CLUSTERED, NIGHT, "team centre"),
        ("alarm.fall", LivingForm.INSTITUTION, DAY, "team centre"),
        ("lifestyle.not_back_in_bed", LivingForm.SPREAD, NIGHT, "centre partner centre"),
        ("lifestyle.not_up", LivingForm.CLUSTERED, DAY, "caregiver team centre"),
        ("location.left_zone", LivingForm.SPREAD, DAY, "caregiver team centre"),
        ("alarm.left_home", LivingForm.SPREAD, NIGHT, "centre partner centre"),
        ("medication.several_missed", LivingForm.SPREAD, DAY, "team centre"),
        ("technical.gateway_offline", LivingForm.SPREAD, NIGHT, "centre"),
        ("technical.offline", LivingForm.SPREAD, NIGHT, "technique"),
        ("alarm.button", None, NIGHT, "centre"),
    ],
)
def test_the_default_ladder(kind: str, living: LivingForm, at: str, called: str) -> None:
    assert ladder(plan_for([], kind, living, local(at))[1]) == called.split()


def test_the_team_in_the_building_has_a_minute_and_a_half() -> None:
    plan = plan_for([], "alarm.button", LivingForm.CLUSTERED, local(DAY))[1]
    assert plan.steps[0].wait == minutes(1.5)


@pytest.mark.parametrize(
    ("at", "critical", "priority"),
    [
        ("2026-01-05 22:29", False, Priority.P3),
        ("2026-01-05 22:30", False, Priority.I),
        ("2026-01-06 06:59", False, Priority.I),
        ("2026-01-06 07:00", False, Priority.P3),
        ("2026-01-05 23:30", True, Priority.P2),
    ],
)
def test_a_medicine_that_can_wait_is_never_a_visit_at_night(
    at: str, critical: bool, priority: Priority
) -> None:
    when = Circumstances(time_critical=critical)
    kind = "medication.missed_dose"
    assert plan_for([], kind, LivingForm.SPREAD, local(at), circumstances=when)[0] is priority


def test_an_agreement_about_medicines_at_night_is_kept() -> None:
    own = agreed("own", "medication.missed_dose")
    priority, plan = plan_for([own], "medication.missed_dose", None, local(NIGHT))
    assert (priority, plan.name) == (Priority.P3, "own")


def test_the_steps_of_an_agreement_are_its_ladder() -> None:
    own = Agreement(id_of("a"), ("*",), (CAREGIVER, PARTNER))
    plan = plan_for([own], "alarm.button", LivingForm.SPREAD, local(DAY))[1]
    assert (ladder(plan), plan.agreement_id) == (["caregiver", "partner", "centre"], own.id)


@pytest.mark.parametrize("wish", [Priority.I, Priority.T])
@pytest.mark.parametrize("kinds", ["*", "alarm.*", "alarm.button"])
def test_no_agreement_makes_a_call_for_help_silent(kinds: str, wish: Priority) -> None:
    agreement = agreed("a", overrides=(Override(kinds, wish),))
    priority, plan = plan_for((agreement,), "alarm.button", LivingForm.SPREAD, local(MONDAY_NOON))
    assert (priority, ladder(plan)) == (Priority.P3, ["team", "centre"])


@pytest.mark.parametrize(("begins", "ends"), [(-1, 7), (23, 25), (10**9, 7)])
def test_a_window_holds_times_of_a_day_and_nothing_else(begins: float, ends: float) -> None:
    with pytest.raises(ValueError, match="between 00:00 and 24:00"):
        window(begins, ends)


def test_an_organisations_default_may_be_for_some_living_forms() -> None:
    general = agreed("general", source=Source.ORGANISATION)
    spread = agreed("spread", source=Source.ORGANISATION, living_forms=(LivingForm.SPREAD,))
    clustered = agreed("c", source=Source.ORGANISATION, living_forms=(LivingForm.CLUSTERED,))
    assert chosen(general, spread, clustered) == "spread"
    assert chosen(clustered) == "default spread"


def test_a_more_specific_default_leads_whatever_the_living_form() -> None:
    button = agreed("button", "alarm.button", source=Source.ORGANISATION)
    spread = agreed("spread", source=Source.ORGANISATION, living_forms=(LivingForm.SPREAD,))
    assert chosen(button, spread) == "button"


def test_an_agreement_counts_until_consent_for_it_is_withdrawn() -> None:
    given_at, withdrawn_at = local("2026-01-01 00:00"), local("2026-01-05 12:00")
    consent = Consent(ConsentBy.REPRESENTATIVE, given_at, withdrawn_at=withdrawn_at)
    own = agreed("own", consent=consent)
    assert chosen(own, at="2026-01-05 11:59") == "own"
    assert chosen(own, at="2026-01-05 12:00") == "default spread"
    assert chosen(replace(own, consent=replace(consent, withdrawn_at=None))) == "own"


def test_a_holidays_agreement_counts_on_the_organisations_holidays() -> None:
    feast = agreed("feast", window=Window(0 * HOUR, 24 * HOUR, holidays=OnHolidays.ONLY))
    holidays = {local(MONDAY_NOON).date(): 18 * HOUR}

    def plan(at: str) -> str:
        form = LivingForm.SPREAD
        return plan_for([feast], "alarm.button", form, local(at), holidays=holidays)[1].name

    assert plan("2026-01-05 17:59") == "default spread"
    assert plan("2026-01-05 18:00") == "feast"


def conflict(*agreements: Agreement, kind: str = "alarm.button") -> list[str]:
    holding = [one for one in agreements if one.holds(local(MONDAY_NOON))]
    return sorted(one.name for one in in_conflict(holding, kind, LivingForm.SPREAD))


def test_two_agreements_that_fit_equally_well_are_in_conflict() -> None:
    early, late = agreed("early", window=window(7, 15)), agreed("late", window=window(11, 19))
    assert conflict(early, late) == ["early", "late"]
    assert conflict(early, replace(late, window=window(15, 23))) == []


def test_what_is_narrower_more_specific_or_the_clients_own_is_no_conflict() -> None:
    wide = agreed("wide", window=window(7, 23))
    assert conflict(wide, agreed("narrow", window=window(7, 15))) == []
    assert conflict(wide, agreed("alarms", "alarm.*", window=window(7, 23))) == []
    assert conflict(wide, replace(wide, id=id_of("o"), source=Source.ORGANISATION)) == []
    assert conflict(wide, agreed("water", "alarm.water", window=window(7, 23))) == []


def test_a_conflict_that_something_more_specific_decides_is_none() -> None:
    one, two, button = agreed("one"), agreed("two"), agreed("button", "alarm.button")
    assert conflict(one, two, button) == []
    assert conflict(one, two, button, kind="alarm.fall") == ["one", "two"]


@pytest.mark.parametrize(
    ("when", "ended", "told"),
    [
        (InformWhen.AT_ONCE, "2026-01-05 03:10", "2026-01-05 03:10"),
        (InformWhen.IN_THE_MORNING, "2026-01-05 03:10", "2026-01-05 07:30"),
        (InformWhen.IN_THE_MORNING, "2026-01-05 23:00", "2026-01-06 07:30"),
        (InformWhen.IN_THE_MORNING, "2026-01-05 07:30", "2026-01-05 07:30"),
        (InformWhen.IN_THE_MORNING, "2026-01-05 22:59", "2026-01-05 22:59"),
        (InformWhen.IN_THE_MORNING, "2026-10-25 02:20", "2026-10-25 07:30"),
        (InformWhen.NEVER, "2026-01-05 12:00", None),
    ],
)
def test_nobody_is_woken_to_be_informed(when: InformWhen, ended: str, told: str | None) -> None:
    moment = Inform(id_of("daughter"), when).tell_at(local(ended))
    assert moment == (None if told is None else local(told))


WORDS: dict[str, Any] = {"needed": "two"}


@pytest.mark.parametrize(
    "made",
    [
        lambda: agreed("a", 7),  # type: ignore[arg-type]
        lambda: Agreement(id_of("a"), ("*",), (replace(TEAM, **WORDS),)),
        lambda: Consent(ConsentBy.CLIENT, local(DAY), withdrawn_at=datetime(2026, 1, 1)),  # noqa: DTZ001
        lambda: Limits(wake_ups_a_week=-1),
        lambda: Limits(wake_ups_a_week=[]),  # type: ignore[arg-type]
    ],
)
def test_what_makes_no_sense_is_found_when_it_is_read(made: Callable[[], object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        made()
