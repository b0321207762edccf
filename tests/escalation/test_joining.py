"""What the device says next: the same again, something more urgent, or that it is over."""

from typing import Any

from escalation.decision import Scope, Verdict
from escalation.model import Lane, Outcome, Priority, Status, Step
from escalation.triggers import (
    Accepted,
    Arrived,
    Claimed,
    Forwarded,
    Raised,
    Repeated,
    Unreachable,
    Withdrawn,
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
    actor,
    an_opening,
    id_of,
    minutes,
)

URGENT: dict[str, Any] = {
    "kind": "alarm.fall",
    "priority": Priority.P1,
    "plan": a_plan(PARTNER, CENTRE),
}


def a_p2(*steps: Step) -> Story:
    ladder = steps or (CAREGIVER, TEAM, CENTRE)
    return Story(an_opening(*ladder, kind="alarm.bed_exit", priority=Priority.P2))


def again(story: Story, after: float = 20) -> None:
    story.passes(seconds=after)
    story.forget()
    story.happens(Repeated, kind="alarm.button", marks=("carer present",))


def test_the_same_emergency_again_warns_the_present_step_and_never_delays_the_climb() -> None:
    story = a_story()
    due = story.alert.next_step_at
    again(story)
    assert (story.warned(), story.rang()) == (["daughter"], [])
    assert (story.alert.repeats, story.alert.next_step_at) == (1, due)
    assert story.alert.marks == ("carer present",)


def test_a_stuck_button_is_counted_but_does_not_ring_without_end() -> None:
    story = a_story()
    again(story)
    again(story, after=5)
    assert (story.warned(), story.alert.repeats) == ([], 2)
    assert story.alert.marks == ("carer present",)


def test_a_press_right_after_the_opening_is_only_counted() -> None:
    story = a_story()
    again(story, after=3)
    assert (story.warned(), story.alert.repeats) == ([], 1)


def test_a_repeat_after_somebody_accepted_warns_them_and_sounds_at_the_centre() -> None:
    story = a_story()
    story.answers(Accepted, "daughter", eta=minutes(20))
    again(story)
    assert (story.warned(), story.rang()) == (["daughter"], [Scope.SERVED])


def test_a_repeat_sounds_where_the_centre_is_being_called() -> None:
    story = a_story(CENTRE)
    again(story)
    assert (story.warned(), story.rang()) == (["desk"], [Scope.SERVED])


def test_a_repeat_sounds_at_the_desk_of_whoever_watches() -> None:
    story = a_story()
    story.answers(Claimed, "operator")
    again(story)
    assert story.rang() == [Scope.OWN]


def test_a_repeat_reaches_those_who_were_already_there_and_the_desk() -> None:
    there = Story(an_opening(CENTRE)).alert.warned[0].contact
    story = Story(an_opening(TEAM, CENTRE, there=(there,)))
    again(story)
    assert (story.warned(), story.rang()) == (["desk"], [Scope.SERVED])


def test_a_repeat_does_not_call_somebody_who_has_become_absent() -> None:
    story = a_story()
    story.people = PEOPLE[1:]
    again(story)
    assert story.warned() == []


def test_a_technical_repeat_is_only_counted() -> None:
    story = Story(an_opening(kind="technical.offline", priority=Priority.T))
    again(story)
    assert (story.told, story.alert.repeats) == ([], 1)


def test_a_more_urgent_event_lets_its_plan_lead_from_its_first_step() -> None:
    story = a_p2()
    story.passes(6)
    story.forget()
    story.happens(Raised, **URGENT)
    assert story.warned() == ["partner"]
    assert (story.alert.priority, story.alert.kind) == (Priority.P1, "alarm.fall")
    story.passes(2)
    assert story.rang() == [Scope.SERVED]


def test_a_less_urgent_event_is_a_repeat() -> None:
    story = a_story()
    story.passes(1)
    before = story.alert.plan
    story.happens(Raised, kind="alarm.bed_exit", priority=Priority.P2, plan=a_plan(PARTNER))
    assert (story.alert.priority, story.alert.plan, story.alert.repeats) == (Priority.P1, before, 1)


def test_of_two_p1_kinds_the_one_that_needs_the_centre_at_once_leads() -> None:
    story = a_story()
    story.forget()
    plan = a_plan(TEAM, CENTRE)
    story.happens(Raised, kind="alarm.no_movement_after_fall", priority=Priority.P1, plan=plan)
    assert (story.rang(), story.warned()) == ([Scope.SERVED], ["team", "desk"])
    assert story.alert.backup_at == EVENING + minutes(30)


def test_a_kind_that_needs_the_centre_stays_so_when_the_alert_is_raised() -> None:
    opening = an_opening(TEAM, kind="alarm.no_movement_after_fall", priority=Priority.P2)
    story = Story(opening)
    story.happens(Raised, **URGENT)
    assert story.alert.kind == "alarm.no_movement_after_fall"
    assert story.rang() == [Scope.SERVED, Scope.SERVED]


def test_raising_shortens_what_the_less_urgent_plan_had_granted() -> None:
    opening = an_opening(TEAM, CENTRE, kind="lifestyle.not_up", priority=Priority.P3)
    story = Story(opening)
    story.answers(Claimed, "operator")
    story.answers(Accepted, "team", eta=minutes(60))
    story.forget()
    story.happens(Raised, **URGENT)
    assert story.alert.custody[0].until == EVENING + minutes(5)
    assert story.alert.watch is not None
    assert story.alert.watch.until == EVENING + minutes(3)
    assert (story.warned(), story.rang()) == (["team"], [Scope.OWN])
    assert story.alert.next_step_at is None


def test_raising_shortens_the_lease_on_site_and_of_who_has_yet_to_name_somebody() -> None:
    story = a_p2(PARTNER)
    story.answers(Accepted, "partner")
    story.answers(Arrived, "operator")
    story.happens(Raised, **URGENT)
    assert [one.until for one in story.alert.custody] == [EVENING + minutes(45)]
    story = a_p2(PARTNER)
    story.answers(Accepted, "partner")
    story.happens(Raised, **URGENT)
    assert [one.until for one in story.alert.custody] == [EVENING + minutes(3)]


def test_raising_never_gives_more_time_than_somebody_had() -> None:
    story = a_p2()
    story.answers(Accepted, "daughter")
    story.passes(8)
    story.happens(Raised, **URGENT)
    assert story.alert.custody[0].until == EVENING + minutes(10)


def test_the_backup_is_expected_from_the_moment_it_became_urgent_unless_somebody_came() -> None:
    story = a_p2()
    story.passes(1)
    story.happens(Raised, **URGENT)
    assert story.alert.backup_at == EVENING + minutes(31)
    story = a_p2()
    story.answers(Arrived, "daughter")
    story.happens(Raised, **URGENT)
    assert story.alert.backup_at is None


def test_raising_from_one_priority_below_p1_to_another_expects_no_backup() -> None:
    opening = an_opening(TEAM, CENTRE, kind="lifestyle.not_up", priority=Priority.P3)
    story = Story(opening)
    plan = a_plan(PARTNER, priority=Priority.P2)
    story.happens(Raised, kind="lifestyle.inactivity", priority=Priority.P2, plan=plan)
    assert story.alert.backup_at is None


def test_raising_during_the_watch_at_the_centre_rings_that_desk_and_waits_for_it() -> None:
    story = a_p2(CENTRE)
    story.answers(Claimed, "operator")
    story.forget()
    story.happens(Raised, **{**URGENT, "plan": a_plan(CENTRE, PARTNER, CENTRE)})
    assert story.rang() == [Scope.OWN]
    assert story.alert.next_step_at == EVENING + minutes(3)


def test_raising_ends_a_forwarded_ladder() -> None:
    story = a_p2()
    story.answers(Forwarded, "operator", steps=(TEAM,))
    story.happens(Raised, **URGENT)
    assert story.alert.forward is None


def test_raising_gives_a_new_ladder_whose_attempts_are_told_apart_from_the_old() -> None:
    story = a_p2()
    story.happens(Raised, **{**URGENT, "plan": a_plan(CAREGIVER, CENTRE)})
    old: dict[str, Any] = {"contact_id": id_of("daughter"), "way": "webhook", "step": 0, "round": 1}
    assert story.happens(Unreachable, reason="dead", **old).verdict is Verdict.NO_CHANGE
    assert story.alert.step == 0


def test_a_technical_alert_that_becomes_urgent_rings_and_no_technician_counts() -> None:
    story = Story(an_opening(kind="medication.jam", priority=Priority.T))
    story.happens(Accepted, by=actor("technician"), eta=minutes(60))
    story.forget()
    plan = a_plan(TEAM, CENTRE, priority=Priority.P3)
    story.happens(Raised, kind="medication.jam", priority=Priority.P3, plan=plan)
    assert (story.alert.lane, story.alert.custody) == (Lane.ALARM, ())
    assert story.warned() == ["team"]


def test_a_technical_alert_closes_itself_when_the_device_is_back() -> None:
    story = Story(an_opening(kind="technical.offline", priority=Priority.T))
    story.happens(Withdrawn, kind="technical.offline")
    assert (story.alert.status, story.alert.outcome) == (Status.RESOLVED, Outcome.TECHNICAL)
    assert story.alert.due_at is None


def test_a_withdrawn_alarm_stays_open_marked_and_needs_a_human() -> None:
    story = a_story()
    story.happens(Withdrawn, kind="alarm.button")
    assert (story.status(), story.alert.marks) == (Status.CALLING, ("withdrawn",))
    assert story.alert.withdrawn_at == EVENING
    assert story.happens(Withdrawn, kind="alarm.button").verdict is Verdict.NO_CHANGE
    story.passes(2)
    assert story.warned() == ["daughter", "team"]


def a_missed_dose() -> Story:
    return Story(an_opening(TEAM, kind="medication.missed_dose", priority=Priority.P3))


def test_a_dose_taken_after_all_closes_by_itself_while_nobody_has_it() -> None:
    story = a_missed_dose()
    story.happens(Withdrawn, kind="medication.taken")
    assert story.alert.outcome is Outcome.TAKEN_LATE
    assert story.stood_down() == ["team"]


def test_a_dose_taken_after_somebody_accepted_is_theirs_to_close() -> None:
    story = a_missed_dose()
    story.answers(Accepted, "team")
    story.happens(Withdrawn, kind="medication.taken")
    assert story.alert.resolved_at is None
    assert story.alert.marks == ("withdrawn",)


def test_a_claim_alone_does_not_keep_a_taken_dose_open() -> None:
    story = a_missed_dose()
    story.answers(Claimed, "operator")
    story.happens(Withdrawn, kind="medication.taken")
    assert story.alert.outcome is Outcome.TAKEN_LATE
