"""How an alert ends, and that it never begins again."""

from typing import Any

import pytest

from escalation.decision import Scope, Verdict
from escalation.model import Outcome, Priority, Status
from escalation.triggers import (
    Accepted,
    AllWell,
    Arrived,
    Claimed,
    Declined,
    Due,
    Repeated,
    Resolved,
)
from tests.escalation.story import (
    CAREGIVER,
    CENTRE,
    EVENING,
    TEAM,
    Story,
    a_story,
    an_opening,
    minutes,
)

SOCIAL: dict[str, Any] = {"outcome": Outcome.SOCIAL}


def a_p2(kind: str = "alarm.bed_exit") -> Story:
    return Story(an_opening(CAREGIVER, TEAM, CENTRE, kind=kind, priority=Priority.P2))


def test_resolving_stands_down_who_is_called_and_everybody_else_hears_it_once() -> None:
    story = a_story()
    story.answers(Declined, "daughter")
    story.answers(Claimed, "second operator")
    story.passes(0.5)
    story.answers(Resolved, "operator", **SOCIAL)
    assert story.stood_down() == ["team"]
    assert story.heard() == [("daughter", "ended"), ("second operator", "ended")]
    assert (story.alert.status, story.alert.outcome) == (Status.RESOLVED, Outcome.SOCIAL)
    assert story.alert.due_at is None


def test_who_is_on_the_way_is_stood_down_when_another_ends_it() -> None:
    story = a_story()
    story.answers(Accepted, "daughter")
    story.answers(Resolved, "operator", **SOCIAL)
    assert (story.stood_down(), story.heard()) == (["daughter"], [])


def test_who_has_it_may_end_it_and_others_may_not() -> None:
    story = a_story()
    story.passes(2)
    story.answers(Accepted, "daughter")
    assert story.answers(Resolved, "team", **SOCIAL).reason == "no_custody"
    assert story.answers(Resolved, "stranger", **SOCIAL).verdict is Verdict.NOT_YOURS
    assert story.answers(Resolved, "daughter", **SOCIAL).verdict is Verdict.DONE


def test_an_operator_may_end_it_for_somebody_who_telephoned() -> None:
    story = a_story()
    story.answers(Resolved, "daughter", on_behalf="operator", **SOCIAL)
    assert story.status() is Status.RESOLVED


def test_anybody_may_end_a_technical_alert() -> None:
    story = Story(an_opening(kind="technical.offline", priority=Priority.T))
    story.answers(Resolved, "stranger", outcome=Outcome.TECHNICAL)
    assert story.status() is Status.RESOLVED


def test_answers_to_a_resolved_alert_change_nothing_and_say_how_it_ended() -> None:
    story = a_story()
    story.answers(Accepted, "daughter")
    story.answers(Resolved, "daughter", **SOCIAL)
    story.forget()
    before = story.alert
    answer = story.answers(Accepted, "daughter", eta=minutes(5))
    assert (answer.verdict, answer.outcome) == (Verdict.ALREADY_RESOLVED, Outcome.SOCIAL)
    story.happens(Repeated, kind="alarm.button")
    story.happens(Due, meant_for=EVENING)
    assert (story.alert, story.told) == (before, [])


def test_all_well_ends_a_p2_with_the_outcome_asked_in_the_same_tap() -> None:
    story = a_p2()
    story.answers(AllWell, "daughter", **SOCIAL)
    assert story.alert.outcome is Outcome.SOCIAL


def test_all_well_sends_home_who_is_on_the_road() -> None:
    story = a_p2()
    story.passes(5)
    story.answers(Accepted, "team", eta=minutes(10))
    story.answers(AllWell, "daughter", **SOCIAL)
    assert "team" in story.stood_down()


def test_all_well_from_afar_does_not_overrule_who_stands_at_the_bed() -> None:
    story = a_p2()
    story.passes(5)
    story.answers(Arrived, "team")
    assert story.answers(AllWell, "daughter", **SOCIAL).reason == "somebody_on_site"
    story.answers(Arrived, "daughter")
    assert story.answers(AllWell, "daughter", **SOCIAL).reason == "somebody_on_site"
    assert story.status() is Status.ON_SITE


def test_only_a_caregiver_who_was_called_says_all_is_well() -> None:
    story = a_p2()
    assert story.answers(AllWell, "son", **SOCIAL).verdict is Verdict.NOT_YOURS
    story.passes(5)
    assert story.answers(AllWell, "team", **SOCIAL).reason == "caregivers_only"


def test_all_well_during_a_p1_rings_the_desk_that_watches_and_leaves_it_to_a_human() -> None:
    story = a_story()
    story.answers(Claimed, "operator")
    story.answers(AllWell, "daughter", **SOCIAL)
    assert (story.rang(), story.status()) == ([Scope.OWN], Status.CALLING)
    assert story.noted() == ["all_well"]


def test_all_well_from_who_has_a_p1_does_not_start_the_climb_again() -> None:
    story = a_story()
    story.answers(Accepted, "daughter")
    story.answers(AllWell, "daughter", **SOCIAL)
    assert story.alert.next_step_at is None


@pytest.mark.parametrize("priority", [Priority.P1, Priority.P2])
def test_all_well_never_applies_to_smoke_but_the_centre_hears_it(priority: Priority) -> None:
    story = Story(an_opening(CAREGIVER, kind="alarm.smoke", priority=priority))
    due = story.alert.due_at
    story.forget()
    answer = story.answers(AllWell, "daughter", **SOCIAL)
    assert (answer.verdict, answer.reason) == (Verdict.NOT_ALLOWED, "kind_needs_centre")
    assert (story.rang(), story.noted()) == ([Scope.SERVED], ["not_allowed"])
    assert story.alert.due_at == due
