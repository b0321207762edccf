"""The operator's watch: the sound stops, the alert does not."""

from typing import Any

from escalation.decision import Scope, Verdict
from escalation.model import Holding, Level, Priority, Status
from escalation.triggers import (
    Accepted,
    Claimed,
    Forwarded,
    HandedOver,
    Outside,
    Released,
    TakenOver,
)
from tests.escalation.story import (
    CAREGIVER,
    CENTRE,
    EVENING,
    PARTNER,
    TEAM,
    Story,
    a_plan,
    a_story,
    actor,
    an_opening,
    id_of,
    minutes,
    step,
)

OFFER: dict[str, Any] = {"to": actor("second operator"), "holding": Holding.WATCH}


def test_only_an_operator_may_claim() -> None:
    answer = a_story().answers(Claimed, "daughter")
    assert (answer.verdict, answer.reason) == (Verdict.NOT_ALLOWED, "operators_only")


def test_the_second_operator_hears_who_was_first_and_the_first_may_claim_again() -> None:
    story = a_story(CENTRE)
    story.answers(Claimed, "operator")
    answer = story.answers(Claimed, "second operator")
    assert (answer.verdict, answer.held_by) == (Verdict.TAKEN, (id_of("operator"),))
    assert story.answers(Claimed, "operator").verdict is Verdict.DONE


def test_at_the_care_centres_step_the_climb_waits_for_the_watch() -> None:
    story = a_story(CENTRE, PARTNER, CENTRE)
    story.answers(Claimed, "operator")
    assert story.alert.next_step_at == EVENING + minutes(3)
    story.forget()
    story.passes(2)
    assert story.warned() == []


def test_at_any_other_step_the_climb_goes_on_under_the_watch() -> None:
    story = a_story()
    story.answers(Claimed, "operator")
    story.forget()
    story.passes(2)
    assert story.warned() == ["team"]


def test_a_climb_that_reaches_the_centre_rings_at_the_desk_that_watches() -> None:
    story = a_story(CAREGIVER, CENTRE)
    story.passes(1)
    story.answers(Claimed, "operator")
    story.passes(1)
    assert story.rang() == [Scope.OWN]
    assert story.alert.next_step_at == EVENING + minutes(4)


def test_when_the_watch_ends_at_centre_first_it_rings_once_more_and_then_climbs() -> None:
    story = a_story(CENTRE, PARTNER, CENTRE)
    story.answers(Claimed, "operator")
    story.forget()
    story.passes(3)
    assert (story.rang(), story.warned()) == ([Scope.SERVED], [])
    story.passes(1)
    assert story.warned() == ["partner"]


def test_every_action_of_the_operator_renews_the_watch() -> None:
    story = a_story(CENTRE, PARTNER, CENTRE)
    story.answers(Claimed, "operator")
    story.passes(2)
    story.answers(Outside, "operator", service="GP")
    assert story.alert.next_step_at == EVENING + minutes(5)
    story.passes(2)
    story.answers(Outside, "daughter", on_behalf="operator", service="GP")
    assert story.alert.next_step_at == EVENING + minutes(7)
    story.passes(2)
    story.answers(Outside, "daughter", on_behalf="second operator", service="GP")
    assert story.alert.next_step_at == EVENING + minutes(7)


def test_while_somebody_has_it_a_watch_that_ends_rings_nobody() -> None:
    story = a_story()
    story.answers(Claimed, "operator")
    story.answers(Accepted, "daughter", eta=minutes(20))
    story.forget()
    story.passes(10)
    assert (story.rang(), story.warned(), story.alert.watch) == ([], [], None)
    assert story.noted() == ["watch_ended"]


def test_a_watch_that_ends_where_the_centre_is_called_beside_others_rings_again() -> None:
    story = Story(an_opening(step(Level.OWN_TEAM, 10), CENTRE, kind="alarm.smoke"))
    story.answers(Claimed, "operator")
    story.forget()
    story.passes(3)
    assert story.rang() == [Scope.SERVED]
    assert story.alert.next_step_at == EVENING + minutes(10)


def test_a_watch_that_ends_elsewhere_leaves_the_climb_alone() -> None:
    story = a_story(step(Level.OWN_TEAM, 10), CENTRE)
    story.answers(Claimed, "operator")
    story.forget()
    story.passes(3)
    assert (story.rang(), story.warned()) == ([], [])


def test_an_operator_who_gives_the_watch_back_lets_the_centre_ring() -> None:
    story = a_story(CENTRE, PARTNER, CENTRE)
    story.answers(Claimed, "operator")
    story.forget()
    assert story.answers(Released, "second operator").reason == "no_custody"
    assert story.answers(Released, "operator").verdict is Verdict.DONE
    assert story.rang() == [Scope.SERVED]


def test_a_watch_is_handed_over_by_name_when_the_other_claims() -> None:
    story = a_story(CENTRE)
    story.answers(Claimed, "operator")
    story.answers(HandedOver, "operator", **OFFER)
    assert story.alert.watch is not None
    assert story.alert.watch.by == id_of("operator")
    assert story.answers(Claimed, "second operator").held_by == (id_of("second operator"),)
    assert story.heard() == [("second operator", "offer"), ("operator", "handed_over")]


def test_a_watch_is_offered_only_by_who_has_it_and_to_an_operator() -> None:
    story = a_story(CENTRE)
    assert story.answers(HandedOver, "operator", **OFFER).reason == "no_watch"
    to_team = {**OFFER, "to": actor("team")}
    assert story.answers(HandedOver, "operator", **to_team).reason == "operators_only"


def test_an_offer_of_custody_is_no_offer_of_the_watch() -> None:
    story = a_story(CENTRE)
    story.answers(Claimed, "operator")
    story.answers(Accepted, "operator")
    story.answers(HandedOver, "operator", **{**OFFER, "holding": Holding.CUSTODY})
    assert story.answers(Claimed, "second operator").verdict is Verdict.TAKEN


def test_taking_over_the_watch_is_at_once_and_both_are_told() -> None:
    story = a_story(CENTRE)
    story.answers(Claimed, "operator")
    reason: dict[str, Any] = {"holding": Holding.WATCH, "reason": "break"}
    story.answers(TakenOver, "second operator", held_by=id_of("operator"), **reason)
    assert story.alert.watch is not None
    assert story.alert.watch.by == id_of("second operator")
    assert story.heard() == [("operator", "taken_over"), ("second operator", "taken_over")]
    again = story.answers(TakenOver, "second operator", **reason)
    assert again.verdict is Verdict.NO_CHANGE
    late = story.answers(TakenOver, "operator", held_by=id_of("desk"), **reason)
    assert (late.verdict, late.held_by) == (Verdict.TAKEN, (id_of("second operator"),))


def test_taking_over_a_watch_nobody_has_is_a_claim() -> None:
    story = a_story(CENTRE)
    reason: dict[str, Any] = {"holding": Holding.WATCH, "reason": "silence"}
    assert story.answers(TakenOver, "daughter", **reason).verdict is Verdict.NOT_ALLOWED
    assert story.answers(TakenOver, "operator", **reason).held_by == (id_of("operator"),)
    assert story.heard() == []


def a_forwarded_story(*ladder: object, then: float = 0) -> Story:
    story = a_story(CENTRE, PARTNER, CENTRE, plan_now=a_plan(CAREGIVER))
    story.forget()
    story.answers(Forwarded, "operator", steps=ladder)
    story.passes(then)
    return story


def test_a_forwarded_ladder_replaces_the_climb_under_the_operators_watch() -> None:
    story = a_forwarded_story(CAREGIVER, TEAM)
    assert (story.warned(), story.rang()) == (["daughter"], [])
    assert story.alert.watch is not None
    story.passes(2)
    assert story.warned() == ["team"]


def test_a_forwarded_ladder_that_runs_out_returns_to_its_desk() -> None:
    story = a_forwarded_story(CAREGIVER)
    story.forget()
    story.passes(2)
    assert (story.alert.forward, story.rang(), story.warned()) == (None, [Scope.OWN], [])
    story.passes(1)
    assert story.rang() == [Scope.ALL]


def test_when_the_operator_has_gone_it_returns_to_every_desk() -> None:
    story = a_forwarded_story(CAREGIVER, TEAM, then=3)
    story.forget()
    story.passes(1)
    assert story.rang() == [Scope.ALL]
    assert story.alert.step == 2


def test_somebody_accepts_a_forward_and_gives_it_back() -> None:
    story = a_forwarded_story(CAREGIVER, TEAM)
    story.answers(Accepted, "daughter")
    assert story.alert.status is Status.ACCEPTED
    story.answers(Released, "daughter")
    assert story.rang() == [Scope.OWN]
    story.forget()
    story.passes(3)
    assert story.warned() == ["team"]


def test_a_second_person_is_sent_by_asking_for_two() -> None:
    story = a_story()
    story.answers(Accepted, "daughter", eta=minutes(20))
    story.forget()
    assert story.answers(Forwarded, "operator", steps=(TEAM,)).verdict is Verdict.TAKEN
    story.answers(Forwarded, "operator", steps=(step(Level.OWN_TEAM, 2, needed=2),))
    assert (story.warned(), story.alert.status) == (["team"], Status.CALLING)
    story.passes(2)
    assert (story.rang(), story.alert.status) == ([Scope.OWN], Status.ACCEPTED)
    assert story.alert.next_step_at is None


def test_only_the_operator_who_watches_may_forward_and_only_to_somebody() -> None:
    story = a_story()
    assert story.answers(Forwarded, "daughter", steps=(TEAM,)).reason == "operators_only"
    assert story.answers(Forwarded, "operator", steps=()).reason == "no_steps"
    story.answers(Claimed, "operator")
    second = story.answers(Forwarded, "daughter", on_behalf="second operator", steps=(TEAM,))
    assert (second.verdict, second.held_by) == (Verdict.TAKEN, (id_of("operator"),))


def test_a_technical_alert_is_not_forwarded_it_waits_in_its_queue() -> None:
    story = Story(an_opening(kind="technical.offline", priority=Priority.T))
    assert story.answers(Forwarded, "operator", steps=(TEAM,)).reason == "in_queue"


def test_a_second_person_who_is_not_found_after_the_operator_has_gone_wakes_no_new_people() -> None:
    story = a_story(plan_now=a_plan(PARTNER))
    story.answers(Accepted, "daughter", eta=minutes(20))
    story.answers(Forwarded, "operator", steps=(step(Level.OWN_TEAM, 4, needed=2),))
    story.forget()
    story.passes(4)
    assert (story.rang(), story.warned()) == ([Scope.SERVED], [])
    assert (story.alert.status, story.alert.step) == (Status.ACCEPTED, 0)


def test_an_operator_who_lets_go_after_custody_was_lost_lets_the_ladder_climb_at_once() -> None:
    story = a_story()
    story.answers(Claimed, "operator")
    story.answers(Accepted, "daughter")
    story.answers(Released, "daughter")
    story.forget()
    story.answers(Released, "operator")
    assert story.warned() == ["team"]
