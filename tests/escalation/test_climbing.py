"""Who is called, in which order, and what happens when nobody answers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from escalation.decision import Scope, Verdict
from escalation.model import Contact, Lane, Level, Priority, Status
from escalation.people import Absence, KnownContact
from escalation.triggers import (
    Accepted,
    AllWell,
    Arrived,
    Claimed,
    Declined,
    Due,
    Forwarded,
    Released,
    Unreachable,
)
from tests.escalation.story import (
    CAREGIVER,
    CENTRE,
    EVENING,
    PARTNER,
    PEOPLE,
    TEAM,
    Story,
    a_plan,
    a_story,
    an_opening,
    id_of,
    known,
    minutes,
    step,
)

DAUGHTER = Contact(id_of("daughter"), Level.INFORMAL_CAREGIVER, ("webhook",))


def test_an_alert_opens_by_calling_its_first_step_only() -> None:
    story = a_story()
    assert story.warned() == ["daughter"]
    assert story.rang() == []
    assert story.alert.due_at == EVENING + minutes(2)


def test_whoever_will_be_away_by_then_is_not_the_one_to_expect() -> None:
    leaves = EVENING + minutes(1)
    away = tuple(Absence(id_of(one), leaves) for one in ("team", "colleague"))
    story = a_story(absences=away)
    assert story.warned() == ["daughter"]
    assert story.alert.plan.steps[1].level is TEAM.level
    assert story.alert.expected_step == 2
    story.passes(2)
    assert (story.warned(), story.rang()) == (["desk"], [Scope.SERVED])
    assert a_story().alert.expected_step == 1


def test_while_forwarded_the_plan_says_nothing_about_who_is_next() -> None:
    story = a_story(CENTRE, PARTNER, CENTRE)
    assert story.alert.expected_step == 1
    story.answers(Claimed, "desk")
    story.answers(Forwarded, "desk", steps=(TEAM,))
    assert story.alert.expected_step is None


def test_without_an_answer_the_next_step_is_called_when_the_wait_ends() -> None:
    story = a_story()
    story.passes(1, seconds=59)
    assert story.warned() == ["daughter"]
    story.passes(seconds=1)
    assert story.warned() == ["team"]
    story.passes(2)
    assert (story.warned(), story.rang()) == (["desk"], [Scope.SERVED])


def test_a_step_that_reaches_nobody_is_skipped_at_once_with_its_reason() -> None:
    story = a_story(absences=(Absence(id_of("daughter"), EVENING),))
    assert story.warned() == ["team"]
    assert story.skipped() == [(Level.INFORMAL_CAREGIVER, "absent")]


def test_a_step_nobody_was_ever_named_for_is_skipped_as_nobody() -> None:
    story = a_story(people=PEOPLE[1:])
    assert story.skipped() == [(Level.INFORMAL_CAREGIVER, "nobody")]
    assert story.warned() == ["team"]


def test_somebody_who_cannot_be_called_is_told_apart_in_a_step_that_does_reach() -> None:
    people = (*PEOPLE, known("son", Level.INFORMAL_CAREGIVER, consent=False))
    story = a_story(people=people)
    assert story.warned() == ["daughter"]
    assert story.skipped() == [(Level.INFORMAL_CAREGIVER, "no_consent")]


def test_a_step_whose_people_are_all_busy_is_called_together_with_the_next() -> None:
    story = a_story(busy=("daughter",))
    assert story.warned() == ["daughter", "team"]
    assert story.alert.step == 1


def test_a_caregiver_over_the_load_limit_is_called_beside_a_professional_in_a_p1() -> None:
    story = a_story(over_limit=("daughter",))
    assert story.warned() == ["daughter", "team"]


def test_a_plan_that_does_not_end_with_the_care_centre_is_closed_with_it() -> None:
    story = a_story(CAREGIVER)
    story.passes(2)
    assert story.rang() == [Scope.SERVED]


def test_a_plan_without_steps_calls_the_care_centre_at_once() -> None:
    story = Story(an_opening())
    assert story.rang() == [Scope.SERVED]


def test_where_no_desk_serves_the_provider_its_backup_is_called_at_once() -> None:
    story = Story(an_opening(), people=(known("backup", Level.BACKUP),))
    assert story.rang() == [Scope.ALL_AND_PHONE]
    assert story.skipped() == [(Level.CARE_CENTRE, "nobody")]
    assert story.warned() == ["backup"]


def test_the_care_centre_is_rung_even_when_nobody_is_known_at_all() -> None:
    story = Story(an_opening(), people=())
    assert story.rang() == [Scope.ALL_AND_PHONE]
    assert story.skipped() == [(Level.CARE_CENTRE, "nobody"), (Level.BACKUP, "nobody")]


def test_a_centre_at_which_nobody_sits_is_rung_everywhere_and_by_telephone() -> None:
    story = Story(an_opening(), people=(known("desk", Level.CARE_CENTRE, served=False),))
    assert story.rang() == [Scope.ALL_AND_PHONE]


def test_a_wait_of_nothing_does_not_call_the_whole_ladder_at_once() -> None:
    story = a_story(step(Level.INFORMAL_CAREGIVER, 0), CENTRE)
    assert story.alert.due_at is not None
    assert story.alert.due_at > EVENING


def test_a_wait_of_a_month_is_an_hour() -> None:
    story = a_story(step(Level.INFORMAL_CAREGIVER, 60 * 24 * 30), CENTRE)
    story.passes(60)
    assert story.alert.step == 1


def test_a_wait_beyond_every_calendar_still_opens_an_alert() -> None:
    story = Story(an_opening(replace(CAREGIVER, wait=timedelta.max), CENTRE))
    assert story.warned() == ["daughter"]


def test_the_last_step_never_ends_and_grows_wider_each_round() -> None:
    story = Story(an_opening(CENTRE))
    story.passes(3)
    assert story.rang() == [Scope.SERVED, Scope.ALL, Scope.ALL_AND_PHONE, Scope.ALL_AND_PHONE]
    assert story.warned() == ["desk", "desk", "desk", "backup", "desk", "backup"]


def test_from_the_second_round_the_plan_valid_now_is_called_beside_the_centre() -> None:
    day = a_plan(CAREGIVER, CENTRE, TEAM)
    story = Story(an_opening(CENTRE), plan_now=day, people=PEOPLE[:3])
    story.passes(1)
    assert story.warned() == ["daughter"]
    story.passes(1)
    assert story.warned() == ["team"]
    story.passes(1)
    assert story.warned() == ["daughter"]


def test_whoever_was_called_in_several_rounds_hears_once_that_they_are_not_needed() -> None:
    story = Story(an_opening(CENTRE), plan_now=a_plan(CAREGIVER, CENTRE, TEAM), people=PEOPLE[:3])
    story.passes(3)
    assert story.warned() == ["daughter", "team", "daughter"]
    story.answers(Accepted, "team", eta=minutes(10))
    assert story.stood_down() == ["daughter"]


def test_nobody_is_called_twice_in_one_round() -> None:
    centre = step(Level.CARE_CENTRE, 1, beside=(Level.INFORMAL_CAREGIVER,))
    story = a_story(centre, plan_now=a_plan(CAREGIVER))
    story.forget()
    story.passes(1)
    assert story.warned() == ["daughter", "desk"]


def test_who_declined_is_left_out_of_the_rounds() -> None:
    story = a_story(CAREGIVER, CENTRE, plan_now=a_plan(CAREGIVER))
    story.answers(Declined, "daughter")
    story.forget()
    story.passes(3)
    assert "daughter" not in story.warned()


def test_a_whole_night_without_an_answer_does_not_swell_the_account_of_who_was_warned() -> None:
    story = a_story(plan_now=a_plan(CAREGIVER, TEAM))
    story.passes(8 * 60)
    assert len(story.alert.warned) < 10
    assert story.status() is Status.CALLING


def test_the_last_one_out_of_a_step_climbs_at_once() -> None:
    story = a_story(people=(*PEOPLE, known("son", Level.INFORMAL_CAREGIVER)))
    story.forget()
    story.answers(Declined, "daughter")
    assert story.warned() == []
    story.answers(Declined, "son")
    assert story.warned() == ["team"]


def test_a_second_decline_changes_nothing() -> None:
    story = a_story()
    story.answers(Declined, "daughter")
    before = story.alert
    assert story.answers(Declined, "daughter").verdict is Verdict.NO_CHANGE
    assert story.alert == before


def test_a_member_who_cannot_come_answers_for_the_team_that_was_called() -> None:
    story = a_story(TEAM, CENTRE)
    story.forget()
    story.answers(Declined, "colleague")
    assert story.rang() == [Scope.SERVED]


def test_a_decline_never_ends_a_step_in_which_the_care_centre_is_called() -> None:
    story = a_story(step(Level.OWN_TEAM, 2, beside=(Level.CARE_CENTRE,)), CENTRE)
    story.answers(Declined, "team")
    assert story.alert.step == 0


def test_that_holds_when_the_centre_is_called_by_its_board_alone() -> None:
    team_beside_centre = step(Level.OWN_TEAM, 2, beside=(Level.CARE_CENTRE,))
    story = a_story(team_beside_centre, CENTRE, people=PEOPLE[:3])
    story.answers(Declined, "team")
    assert story.alert.step == 0


def test_the_last_step_repeats_as_often_as_its_priority_asks_whatever_wait_was_agreed() -> None:
    story = a_story(CAREGIVER, step(Level.CARE_CENTRE, 60))
    story.passes(2)
    assert story.alert.next_step_at == story.now + minutes(1)
    story = Story(an_opening(step(Level.CARE_CENTRE, 60), priority=Priority.P2))
    assert story.alert.next_step_at == EVENING + minutes(3)


def a_dead_number(story: Story, name: str, way: str, number: int = 0) -> Verdict:
    answer = story.happens(
        Unreachable, contact_id=id_of(name), way=way, step=number, round=1, reason="dead number"
    )
    return answer.verdict


def test_only_when_the_last_way_fails_is_somebody_out_of_the_step() -> None:
    story = a_story(
        people=(known("daughter", Level.INFORMAL_CAREGIVER, "call", "sms"), *PEOPLE[1:])
    )
    story.forget()
    a_dead_number(story, "daughter", "sms")
    assert story.warned() == []
    a_dead_number(story, "daughter", "call")
    assert story.warned() == ["team"]
    assert story.noted() == ["unreachable", "unreachable"]


def test_a_dead_number_touches_only_its_own_attempt() -> None:
    story = a_story()
    story.passes(2)
    story.forget()
    assert a_dead_number(story, "daughter", "webhook") is Verdict.DONE
    assert a_dead_number(story, "daughter", "webhook") is Verdict.NO_CHANGE
    assert a_dead_number(story, "team", "webhook", number=0) is Verdict.NO_CHANGE
    assert (story.alert.step, story.warned()) == (1, [])


def test_a_due_that_comes_too_early_or_twice_does_nothing() -> None:
    story = a_story()
    before = story.alert
    assert story.happens(Due, meant_for=EVENING).verdict is Verdict.NO_CHANGE
    assert story.alert == before


def test_a_wait_that_ended_while_the_hub_was_down_also_calls_the_care_centre_at_once() -> None:
    story = a_story()
    story.forget()
    story.sleeps(20)
    assert story.warned() == ["team", "desk"]
    assert story.rang() == [Scope.SERVED]


def test_after_an_outage_the_centre_is_not_called_twice_when_it_is_next() -> None:
    story = a_story(CAREGIVER, CENTRE)
    story.forget()
    story.sleeps(20)
    assert story.rang() == [Scope.SERVED]


def test_after_an_outage_a_p2_only_climbs() -> None:
    story = Story(an_opening(CAREGIVER, TEAM, CENTRE, priority=Priority.P2))
    story.forget()
    story.sleeps(20)
    assert (story.warned(), story.rang()) == (["team"], [])


def test_thirty_minutes_without_arrival_the_backup_is_told_once() -> None:
    story = a_story()
    story.answers(Accepted, "daughter", eta=minutes(40))
    story.forget()
    story.passes(31)
    assert story.warned() == ["backup"]


def test_a_provider_without_a_backup_has_that_in_the_journal() -> None:
    story = a_story(people=PEOPLE[:4])
    story.answers(Accepted, "daughter", eta=minutes(40))
    story.passes(31)
    assert story.skipped() == [(Level.BACKUP, "nobody")]


def test_an_alert_beside_another_first_goes_to_whoever_is_already_there_and_the_desk() -> None:
    story = Story(an_opening(TEAM, CENTRE, there=(DAUGHTER,)))
    assert (story.warned(), story.rang()) == (["daughter"], [Scope.SERVED])
    story.passes(2)
    assert story.warned() == ["team"]


def test_who_is_already_there_and_cannot_come_lets_the_ladder_begin() -> None:
    story = Story(an_opening(TEAM, CENTRE, there=(DAUGHTER,)))
    story.forget()
    story.answers(Declined, "daughter")
    assert (story.alert.step, story.warned()) == (0, ["team"])


def test_a_more_urgent_alert_does_not_wait_for_who_is_already_there() -> None:
    story = Story(an_opening(TEAM, CENTRE, there=(DAUGHTER,), there_priority=Priority.P2))
    assert story.warned() == ["team"]


def test_a_late_alarm_opens_at_the_care_centre() -> None:
    story = Story(an_opening(CAREGIVER, TEAM, CENTRE, late=True))
    assert (story.warned(), story.rang(), story.alert.late) == (["desk"], [Scope.SERVED], True)


@pytest.mark.parametrize(
    "kind", ["alarm.smoke", "alarm.co", "alarm.gas", "alarm.no_movement_after_fall"]
)
def test_fire_gas_and_no_movement_ring_the_care_centre_in_the_first_step(kind: str) -> None:
    story = Story(an_opening(CAREGIVER, TEAM, CENTRE, kind=kind), over_limit=("daughter",))
    assert story.warned() == ["daughter", "desk"]
    assert story.rang() == [Scope.SERVED]
    assert story.alert.plan.steps[0].beside == (Level.CARE_CENTRE,)


def test_a_technical_alert_waits_in_the_queue_and_rings_nobody() -> None:
    story = Story(an_opening(CAREGIVER, kind="technical.offline", priority=Priority.T))
    story.passes(3 * 24 * 60)
    assert (story.warned(), story.rang()) == ([], [])
    assert story.heard() == [("technician", "queued"), *[("technician", "reminder")] * 3]
    assert story.alert.lane is Lane.QUEUE


def test_a_technician_may_take_and_give_back_a_technical_alert_without_a_sound() -> None:
    story = Story(an_opening(kind="technical.offline", priority=Priority.T))
    assert story.answers(Accepted, "technician", eta=minutes(60)).verdict is Verdict.DONE
    assert story.answers(Claimed, "operator").verdict is Verdict.DONE
    assert story.answers(Released, "technician").verdict is Verdict.DONE
    story.passes(24 * 60)
    assert (story.warned(), story.rang()) == ([], [])
    assert story.alert.due_at == story.now + minutes(24 * 60)


def test_two_people_are_called_for_until_two_have_it() -> None:
    story = a_story(step(Level.OWN_TEAM, 2, needed=2), CENTRE)
    story.forget()
    story.answers(Accepted, "colleague")
    assert story.status() is Status.CALLING
    story.passes(2)
    assert story.rang() == [Scope.SERVED]
    story.answers(Accepted, "operator")
    assert story.status() is Status.ACCEPTED


def test_when_one_of_two_goes_and_nobody_else_was_called_the_ladder_climbs_at_once() -> None:
    story = a_story(step(Level.INFORMAL_CAREGIVER, 2, needed=2), TEAM, CENTRE)
    story.forget()
    story.answers(Accepted, "daughter")
    assert story.warned() == ["team"]


def test_the_rounds_go_on_for_the_second_when_the_first_gives_it_back() -> None:
    story = a_story(step(Level.OWN_TEAM, 2, needed=2), CENTRE)
    story.answers(Accepted, "team")
    due = story.alert.next_step_at
    story.forget()
    story.answers(Released, "team")
    assert (story.alert.next_step_at, story.alert.round, story.rang()) == (due, 1, [])


def test_an_answer_that_all_is_well_pauses_the_climb_of_a_p1_once() -> None:
    story = a_story()
    story.forget()
    story.answers(AllWell, "daughter")
    assert story.rang() == [Scope.SERVED]
    assert story.alert.next_step_at == story.now + minutes(3)
    story.passes(1)
    story.answers(AllWell, "daughter")
    assert story.alert.next_step_at == EVENING + minutes(3)


def test_a_frozen_plan_is_not_changed_by_a_later_one() -> None:
    story = a_story()
    ladder = story.alert.plan
    story.plan_now = a_plan(PARTNER)
    story.passes(10)
    assert story.alert.plan == ladder
    assert replace(story.alert, plan=ladder) == story.alert


def test_silence_of_a_technician_on_site_is_noted_and_rings_nobody() -> None:
    story = Story(an_opening(kind="technical.offline", priority=Priority.T))
    story.answers(Arrived, "technician")
    story.passes(3 * 24 * 60)
    assert (story.rang(), story.warned()) == ([], [])
    assert "no_reaction" in story.noted()


def test_a_desk_without_ways_is_rung_on_its_board_alone() -> None:
    desk = KnownContact(id_of("desk"), Level.CARE_CENTRE)
    story = a_story(CENTRE, people=(desk,))
    story.answers(Accepted, "operator")
    assert (story.rang(), story.warned(), story.stood_down()) == ([Scope.SERVED], [], [])
