"""Whom a step reaches at a moment, and whom not and why."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from escalation.duty import Facts, on_duty
from escalation.model import Level, Priority, Reach
from escalation.people import (
    Absence,
    Divert,
    KnownContact,
    Limits,
    Period,
    PeriodSort,
    WakeUp,
    service_hour_from,
    turn,
)
from escalation.windows import Window
from tests.escalation.story import CAREGIVER, CENTRE, EVENING, PARTNER, TEAM, id_of, known, step

FAMILY = (
    known("daughter", Level.INFORMAL_CAREGIVER, "call", "sms"),
    known("son", Level.INFORMAL_CAREGIVER, "sms"),
    known("team", Level.OWN_TEAM),
)
HOUR = timedelta(hours=1)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def facts(kind: str = "alarm.button", priority: Priority = Priority.P1, **fields: Any) -> Facts:
    return Facts(kind, priority, **{"contacts": FAMILY, **fields})


def names(reach: Reach) -> list[object]:
    return [one.id for one in reach.contacts]


def test_a_step_reaches_everybody_of_its_level_in_order() -> None:
    reach = on_duty(facts()).reachable(CAREGIVER, EVENING)
    assert names(reach) == [id_of("daughter"), id_of("son")]
    assert reach.skipped == ()


def test_a_step_may_name_who_of_its_level_is_called_and_call_other_levels_beside() -> None:
    named = step(Level.INFORMAL_CAREGIVER, who=(id_of("son"),), beside=(Level.OWN_TEAM,))
    assert names(on_duty(facts()).reachable(named, EVENING)) == [id_of("son"), id_of("team")]


def test_somebody_named_whom_nobody_knows_is_skipped_as_unknown() -> None:
    named = step(Level.INFORMAL_CAREGIVER, who=(id_of("neighbour"),))
    skipped = on_duty(facts()).reachable(named, EVENING).skipped
    assert [(one.contact_id, one.reason) for one in skipped] == [(id_of("neighbour"), "unknown")]


@pytest.mark.parametrize(
    ("hours", "away"), [(-0.1, False), (0, True), (0.9, True), (1, False), (2, False)]
)
def test_an_absence_begins_on_time_and_ends_on_time(hours: float, away: bool) -> None:
    absence = Absence(id_of("son"), EVENING, EVENING + HOUR)
    reach = on_duty(facts(absences=(absence,))).reachable(CAREGIVER, EVENING + hours * HOUR)
    assert [one.reason for one in reach.skipped] == (["absent"] if away else [])


def test_an_absence_without_an_end_lasts() -> None:
    absences = (Absence(id_of("son"), EVENING),)
    reach = on_duty(facts(absences=absences)).reachable(CAREGIVER, EVENING + 9000 * HOUR)
    assert names(reach) == [id_of("daughter")]


def test_nobody_is_called_without_consent_or_without_a_way() -> None:
    contacts = (
        known("daughter", Level.INFORMAL_CAREGIVER, consent=False),
        known("son", Level.INFORMAL_CAREGIVER),
    )
    wayless = (contacts[0], type(contacts[1])(id_of("son"), Level.INFORMAL_CAREGIVER))
    reach = on_duty(facts(contacts=wayless)).reachable(CAREGIVER, EVENING)
    assert [one.reason for one in reach.skipped] == ["no_consent", "no_way"]


def test_a_step_narrows_the_ways_but_never_to_none() -> None:
    by_sms = step(Level.INFORMAL_CAREGIVER, ways=("sms",))
    by_pager = step(Level.INFORMAL_CAREGIVER, ways=("pager",))
    assert on_duty(facts()).reachable(by_sms, EVENING).contacts[0].ways == ("sms",)
    assert on_duty(facts()).reachable(by_pager, EVENING).contacts[0].ways == ("call", "sms")


def test_a_load_limit_skips_a_caregiver_except_in_a_p1() -> None:
    over = frozenset({id_of("daughter")})
    p2 = on_duty(facts(priority=Priority.P2, over_limit=over)).reachable(CAREGIVER, EVENING)
    assert [one.reason for one in p2.skipped] == ["load"]
    p1 = on_duty(facts(over_limit=over)).reachable(CAREGIVER, EVENING)
    assert [one.alone for one in p1.contacts] == [False, True]


def test_load_limits_do_not_apply_to_smoke() -> None:
    over = frozenset({id_of("daughter")})
    smoke = on_duty(facts("alarm.smoke", Priority.P2, over_limit=over))
    assert [one.alone for one in smoke.reachable(CAREGIVER, EVENING).contacts] == [True, True]


def test_a_busy_person_is_reached_but_not_waited_for_alone() -> None:
    busy = on_duty(facts(busy=frozenset({id_of("son")}))).reachable(CAREGIVER, EVENING)
    assert [one.alone for one in busy.contacts] == [True, False]


def test_a_desk_of_the_care_centre_is_always_called_served_or_not() -> None:
    desk = known("desk", Level.CARE_CENTRE, served=False, consent=False)
    reach = on_duty(facts(contacts=(desk,))).reachable(CENTRE, EVENING)
    assert [one.served for one in reach.contacts] == [False]


def test_an_alert_that_becomes_urgent_calls_who_was_skipped_for_load() -> None:
    over = frozenset({id_of("daughter")})
    before = on_duty(facts(priority=Priority.P2, over_limit=over))
    after = before.about("alarm.fall", Priority.P1)
    assert id_of("daughter") in names(after.reachable(CAREGIVER, EVENING))


def reasons(reach: Reach) -> list[str]:
    return [one.reason for one in reach.skipped]


def local(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=AMSTERDAM).astimezone(UTC)


def spell(name: str, sort: PeriodSort, begins: str, ends: str, **fields: Any) -> Period:
    return Period(id_of(name), sort, local(begins), local(ends), **fields)


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("2026-01-05 22:59", ["off_duty"]),
        ("2026-01-05 23:00", []),
        ("2026-01-06 06:59", []),
        ("2026-01-06 07:00", ["off_duty"]),
    ],
)
def test_who_works_by_roster_is_called_during_a_shift(at: str, reason: list[str]) -> None:
    team = known("team", Level.OWN_TEAM, needs=(PeriodSort.SHIFT,))
    night = spell("team", PeriodSort.SHIFT, "2026-01-05 23:00", "2026-01-06 07:00")
    reach = on_duty(facts(contacts=(team,), periods=(night,))).reachable(TEAM, local(at))
    assert reasons(reach) == reason


PARTNERS = (
    known("partner", Level.NIGHT_PARTNER, needs=(PeriodSort.CONTRACT, PeriodSort.TURN)),
    known("nurse", Level.NIGHT_PARTNER, needs=(PeriodSort.CONTRACT, PeriodSort.TURN)),
)


def partner_at(at: str, *periods: Period) -> tuple[list[object], list[str]]:
    contracts = tuple(Period(one.id, PeriodSort.CONTRACT) for one in PARTNERS)
    every = facts(contacts=PARTNERS, periods=periods or contracts)
    reach = on_duty(every).reachable(PARTNER, local(at))
    return names(reach), reasons(reach)


def turns() -> tuple[Period, ...]:
    """The partner until the night of 31 December, the nurse from the night of 1 January."""
    service, zone = 7 * HOUR, AMSTERDAM
    first = turn(date(2026, 12, 1), date(2026, 12, 31), service, zone)
    second = turn(date(2027, 1, 1), date(2027, 1, 7), service, zone)
    return (
        Period(id_of("partner"), PeriodSort.TURN, *first),
        Period(id_of("nurse"), PeriodSort.TURN, *second),
        *(Period(one.id, PeriodSort.CONTRACT) for one in PARTNERS),
    )


@pytest.mark.parametrize(
    ("at", "whose"),
    [
        ("2026-12-31 23:59", "partner"),
        ("2027-01-01 00:00", "partner"),  # the night began in the old year
        ("2027-01-01 06:59", "partner"),
        ("2027-01-01 07:00", "nurse"),
        ("2027-01-08 06:59", "nurse"),
    ],
)
def test_a_turn_changes_at_the_service_hour_and_not_at_midnight(at: str, whose: str) -> None:
    called, skipped = partner_at(at, *turns())
    assert called == [id_of(whose)]
    assert skipped == ["not_their_turn"]


def test_a_turn_that_ends_in_the_night_the_clock_changes_ends_at_the_service_hour() -> None:
    for night, hours in ((date(2027, 3, 27), 23), (date(2026, 10, 24), 25)):
        begins, ends = turn(night, night, 7 * HOUR, AMSTERDAM)
        assert ends - begins == hours * HOUR


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("2027-01-01 00:00", "2027-01-01 07:00"),
        ("2027-01-01 07:00", "2027-01-01 07:00"),
        ("2027-01-01 07:01", "2027-01-02 07:00"),
        ("2027-03-27 12:00", "2027-03-28 07:00"),
    ],
)
def test_a_turn_takes_over_at_the_first_service_hour(at: str, then: str) -> None:
    moments = [
        datetime.fromisoformat(one).replace(tzinfo=AMSTERDAM).astimezone(UTC) for one in (at, then)
    ]
    assert service_hour_from(moments[0], 7 * HOUR, AMSTERDAM) == moments[1]


def test_where_it_is_nobodys_turn_every_partner_with_a_contract_is_called() -> None:
    assert partner_at("2027-02-01 03:00", *turns()) == ([id_of("partner"), id_of("nurse")], [])


def test_a_partner_without_a_valid_agreement_is_not_called_even_in_their_turn() -> None:
    valid = Period(id_of("nurse"), PeriodSort.CONTRACT)
    ended = spell("partner", PeriodSort.CONTRACT, "2026-01-01 00:00", "2026-12-24 00:00")
    called, skipped = partner_at("2026-12-31 23:30", *turns()[:2], valid, ended)
    assert (called, skipped) == ([], ["no_contract", "not_their_turn"])


@pytest.mark.parametrize(("at", "count"), [("22:30", 0), ("23:00", 1), ("07:30", 0)])
def test_a_partner_agreement_counts_in_its_hours(at: str, count: int) -> None:
    contract = Period(id_of("partner"), PeriodSort.CONTRACT, hours=Window(23 * HOUR, 7 * HOUR))
    assert len(partner_at(f"2026-01-05 {at}", contract)[0]) == count


def limited(**limits: Any) -> Any:
    return known("daughter", Level.INFORMAL_CAREGIVER, limits=Limits(**limits))


def woken(*wakings: tuple[str, str]) -> tuple[WakeUp, ...]:
    return tuple(WakeUp(id_of("daughter"), id_of(alert), local(at)) for alert, at in wakings)


def spared(
    person: Any, at: str, *wakings: tuple[str, str], priority: Priority = Priority.P2
) -> list[str]:
    every = facts(priority=priority, contacts=(person,), wake_ups=woken(*wakings))
    return reasons(on_duty(every).reachable(CAREGIVER, local(at)))


def test_somebody_woken_twice_this_week_is_not_woken_a_third_time() -> None:
    twice = limited(wake_ups_a_week=2)
    first, second = ("a", "2026-01-05 02:00"), ("b", "2026-01-07 03:00")
    assert spared(twice, "2026-01-10 02:00", first) == []
    assert spared(twice, "2026-01-10 02:00", first, second) == ["load"]
    assert spared(twice, "2026-01-10 12:00", first, second) == []  # by day nobody is woken
    assert spared(twice, "2026-01-12 02:00", first, second) == []  # a week later


def test_an_alert_that_rang_ten_times_woke_somebody_once() -> None:
    rings = [("a", f"2026-01-05 02:{minute}") for minute in range(10, 20)]
    assert spared(limited(wake_ups_a_week=2), "2026-01-06 02:00", *rings) == []


def test_somebody_woken_last_night_is_not_woken_tonight() -> None:
    person = limited(two_nights_in_a_row=False)
    before_midnight = ("a", "2026-01-05 23:30")
    assert spared(person, "2026-01-06 02:00", before_midnight) == []  # it is the same night
    assert spared(person, "2026-01-06 23:30", before_midnight) == ["load"]
    assert spared(person, "2026-01-07 02:00", before_midnight) == ["load"]
    assert spared(person, "2026-01-07 23:30", before_midnight) == []


def test_nobody_is_called_in_their_quiet_hours_except_for_a_p1() -> None:
    person = limited(quiet=Window(22 * HOUR, 8 * HOUR))
    assert spared(person, "2026-01-05 21:59") == []
    assert spared(person, "2026-01-05 22:00") == ["quiet"]
    assert spared(person, "2026-01-05 22:00", priority=Priority.P1) == []


def test_who_is_called_for_a_p1_in_spite_of_their_limits_is_not_waited_for_alone() -> None:
    person = limited(wake_ups_a_week=0)
    reach = on_duty(facts(contacts=(person,))).reachable(CAREGIVER, local("2026-01-05 23:30"))
    assert [one.alone for one in reach.contacts] == [False]


EAST = known("colleague", Level.OWN_TEAM, "call")


def diverted(at: datetime, to: KnownContact = EAST, **fields: Any) -> Reach:
    divert = Divert(id_of("team"), to, EVENING, EVENING + HOUR)
    return on_duty(facts(diverts=(divert,), **fields)).reachable(TEAM, at)


def test_a_team_sends_its_calls_to_another_until_the_hour_it_said() -> None:
    reach = diverted(EVENING)
    assert (names(reach), reasons(reach)) == ([id_of("colleague")], ["diverted"])
    assert names(diverted(EVENING + HOUR)) == [id_of("team")]


def test_a_team_that_sends_its_calls_to_somebody_who_is_away_is_called_itself() -> None:
    absences = (Absence(id_of("colleague"), EVENING),)
    assert names(diverted(EVENING, absences=absences)) == [id_of("team")]


def test_who_is_away_may_still_send_the_calls_on() -> None:
    assert names(diverted(EVENING, absences=(Absence(id_of("team"), EVENING),))) == [
        id_of("colleague")
    ]


def test_nobody_is_called_twice_because_calls_were_sent_on_to_them() -> None:
    both = (*FAMILY, known("colleague", Level.OWN_TEAM))
    assert names(diverted(EVENING, contacts=both)) == [id_of("colleague")]


def test_who_answers_for_a_diverted_team_stands_at_the_step_of_that_team() -> None:
    partner = known("partner", Level.NIGHT_PARTNER)
    assert [one.level for one in diverted(EVENING, partner).contacts] == [Level.OWN_TEAM]
