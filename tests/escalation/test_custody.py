"""Who has it, until when, and what happens when they do not come."""

from datetime import timedelta
from typing import Any

import pytest

from escalation.decision import Scope, Verdict
from escalation.model import Holding, Level, Phase, Priority, Status
from escalation.people import Absence
from escalation.triggers import (
    Accepted,
    Arrived,
    Claimed,
    Declined,
    Deferred,
    Extended,
    HandedOver,
    Outside,
    PersonNamed,
    Released,
    TakenOver,
)
from tests.escalation.story import (
    CAREGIVER,
    CENTRE,
    EVENING,
    PARTNER,
    PEOPLE,
    TEAM,
    Story,
    a_story,
    actor,
    an_opening,
    id_of,
    known,
    minutes,
    step,
)

HOUR = timedelta(hours=1)


def test_accepting_stops_the_climb_and_the_others_hear_they_are_no_longer_needed() -> None:
    story = a_story()
    story.passes(2)
    story.answers(Accepted, "daughter", eta=minutes(10))
    assert story.alert.status is Status.ACCEPTED
    assert story.stood_down() == ["team"]
    assert story.alert.next_step_at is None


def test_anybody_ever_warned_may_accept_also_after_declining() -> None:
    story = a_story()
    story.answers(Declined, "daughter")
    assert story.answers(Accepted, "daughter").verdict is Verdict.DONE


def test_a_stranger_may_not_accept_and_the_journal_keeps_that_they_tried() -> None:
    story = a_story()
    before = story.alert
    answer = story.answers(Accepted, "stranger")
    assert (answer.verdict, story.alert) == (Verdict.NOT_YOURS, before)
    assert story.noted() == ["not_yours"]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Arrived, {}),
        (Declined, {}),
        (Deferred, {"after": minutes(5)}),
        (Outside, {"service": "112"}),
        (TakenOver, {"holding": Holding.CUSTODY, "reason": "nearer"}),
    ],
)
def test_a_stranger_may_answer_nothing(kind: type, fields: dict[str, Any]) -> None:
    story = a_story()
    before = story.alert
    assert story.answers(kind, "stranger", **fields).verdict is Verdict.NOT_YOURS
    assert story.alert == before


def test_an_operator_enters_the_answer_of_somebody_who_telephoned() -> None:
    story = a_story()
    answer = story.answers(Accepted, "stranger", on_behalf="operator")
    assert answer.held_by == (id_of("stranger"),)


def test_a_member_of_a_team_that_was_called_may_accept_for_it() -> None:
    story = a_story(TEAM, CENTRE)
    story.answers(Accepted, "colleague")
    assert story.alert.custody[0].by == id_of("colleague")
    assert story.stood_down() == ["team"]


def test_a_later_accept_is_told_who_has_it_and_changes_nothing() -> None:
    story = a_story()
    story.passes(2)
    story.answers(Accepted, "daughter")
    before = story.alert
    answer = story.answers(Accepted, "team")
    assert (answer.verdict, answer.held_by) == (Verdict.TAKEN, (id_of("daughter"),))
    assert story.alert == before


def test_accepting_twice_is_harmless_and_a_new_eta_moves_the_lease() -> None:
    story = a_story()
    story.answers(Accepted, "daughter", eta=minutes(10))
    assert story.answers(Accepted, "daughter").verdict is Verdict.NO_CHANGE
    assert story.answers(Accepted, "daughter", eta=minutes(20)).verdict is Verdict.DONE
    assert story.alert.custody[0].until == EVENING + minutes(25)


@pytest.mark.parametrize(
    ("priority", "eta", "lease"),
    [
        (Priority.P1, None, 5),
        (Priority.P1, 10, 15),
        (Priority.P1, 120, 45),
        (Priority.P1, -10, 5),
        (Priority.P2, None, 10),
        (Priority.P2, 20, 30),
        (Priority.P2, 200, 90),
        (Priority.P3, None, 30),
        (Priority.P3, 20, 480),
    ],
)
def test_the_lease_of_somebody_on_the_road(priority: Priority, eta: int | None, lease: int) -> None:
    story = Story(an_opening(CAREGIVER, CENTRE, priority=priority))
    story.answers(Accepted, "daughter", eta=None if eta is None else minutes(eta))
    assert story.alert.custody[0].until == EVENING + minutes(lease)


@pytest.mark.parametrize(("ends_in", "lease"), [(3, 3), (-1, 8), (20, 8)])
def test_a_p3_may_wait_until_the_shift_ends(ends_in: int, lease: int) -> None:
    story = Story(an_opening(TEAM, CENTRE, priority=Priority.P3))
    nurse = actor("team", shift_ends_at=EVENING + ends_in * HOUR)
    story.happens(Accepted, by=nurse, eta=minutes(20))
    assert story.alert.custody[0].until == EVENING + lease * HOUR


def test_who_does_not_arrive_is_asked_once_and_after_the_grace_the_ladder_climbs() -> None:
    story = a_story()
    story.answers(Accepted, "daughter", eta=minutes(10))
    story.forget()
    story.passes(15)
    assert (story.warned(), story.alert.status) == (["daughter"], Status.ACCEPTED)
    story.passes(1)
    assert (story.warned(), story.alert.status) == (["team"], Status.CALLING)


def test_who_answers_the_question_keeps_it() -> None:
    story = a_story()
    story.answers(Accepted, "daughter", eta=minutes(10))
    story.passes(15)
    assert story.answers(Accepted, "daughter").verdict is Verdict.DONE
    story.passes(4)
    assert story.alert.status is Status.ACCEPTED


def test_somebody_we_have_no_way_to_call_is_asked_on_their_own_device() -> None:
    story = a_story(TEAM, CENTRE)
    story.answers(Accepted, "colleague", eta=minutes(10))
    story.passes(15)
    assert story.heard() == [("colleague", "still_coming")]


def test_lost_custody_rings_at_the_desk_of_whoever_watches() -> None:
    story = a_story()
    story.answers(Accepted, "daughter", eta=minutes(10))
    story.passes(14)
    story.answers(Claimed, "operator")
    story.forget()
    story.passes(2)
    assert story.rang() == [Scope.OWN]
    assert story.alert.next_step_at == EVENING + minutes(17)
    story.passes(1)
    assert story.warned() == ["daughter", "team"]


def test_on_the_last_step_lost_custody_starts_a_new_round() -> None:
    story = a_story(CENTRE)
    story.answers(Accepted, "operator")
    story.forget()
    story.answers(Released, "operator")
    assert (story.alert.round, story.rang()) == (2, [Scope.ALL])


def test_releasing_without_having_it_changes_nothing() -> None:
    assert a_story().answers(Released, "daughter").verdict is Verdict.NO_CHANGE


def test_declining_after_accepting_gives_it_back() -> None:
    story = a_story()
    story.answers(Accepted, "daughter")
    story.forget()
    story.answers(Declined, "daughter")
    assert (story.alert.custody, story.warned()) == ((), ["team"])


def test_more_time_is_given_within_the_maximum_and_never_less() -> None:
    story = a_story()
    story.answers(Accepted, "daughter", eta=minutes(10))
    story.answers(Extended, "daughter", more=minutes(500))
    assert story.alert.custody[0].until == EVENING + minutes(45)
    story.answers(Extended, "daughter", more=minutes(1))
    assert story.alert.custody[0].until == EVENING + minutes(45)


def test_more_time_on_site_is_bounded_by_the_lease_on_site() -> None:
    story = Story(an_opening(CAREGIVER, CENTRE, priority=Priority.P2))
    story.answers(Arrived, "daughter")
    story.passes(30)
    story.answers(Extended, "daughter", more=minutes(500))
    assert story.alert.custody[0].until == EVENING + minutes(90)


def test_more_time_without_having_it_changes_nothing() -> None:
    answer = a_story().answers(Extended, "daughter", more=minutes(5))
    assert (answer.verdict, answer.reason) == (Verdict.NO_CHANGE, "no_custody")


def test_who_stands_at_the_bed_outranks_who_is_on_the_road() -> None:
    story = a_story()
    story.passes(2)
    story.answers(Accepted, "team", eta=minutes(10))
    story.forget()
    assert story.answers(Arrived, "daughter").held_by == (id_of("daughter"),)
    assert story.heard() == [("team", "outranked")]
    assert story.alert.status is Status.ON_SITE
    assert story.alert.first_arrived_at == story.now


def test_two_may_stand_at_the_bed() -> None:
    story = a_story()
    story.passes(2)
    story.answers(Arrived, "daughter")
    assert story.answers(Arrived, "team").held_by == (id_of("daughter"), id_of("team"))
    assert story.answers(Arrived, "team").verdict is Verdict.NO_CHANGE
    assert story.answers(Accepted, "team", eta=minutes(5)).verdict is Verdict.NO_CHANGE


def test_one_of_two_at_the_bed_does_not_send_the_other_home() -> None:
    story = a_story(step(Level.OWN_TEAM, 2, needed=2), CENTRE)
    story.answers(Accepted, "team")
    story.answers(Arrived, "operator")
    assert {one.by for one in story.alert.custody} == {id_of("team"), id_of("operator")}


def test_silence_on_site_is_about_the_nurses_own_safety_and_never_ends_custody() -> None:
    story = a_story()
    story.answers(Arrived, "daughter")
    story.forget()
    story.passes(45)
    assert (story.warned(), story.rang()) == (["daughter"], [])
    story.passes(1)
    assert (story.warned(), story.rang()) == ([], [Scope.SERVED])
    assert story.alert.status is Status.ON_SITE
    story.passes(46)
    assert story.rang() == [Scope.SERVED]


def test_a_partner_organisation_says_who_goes() -> None:
    story = a_story(PARTNER, CENTRE)
    story.answers(Accepted, "partner", eta=minutes(30))
    assert story.alert.custody[0].to_name
    assert story.alert.custody[0].until == EVENING + minutes(3)
    story.answers(PersonNamed, "partner", person=actor("nurse"))
    assert story.alert.custody[0].by == id_of("nurse")
    assert story.alert.custody[0].until == EVENING + minutes(5)
    assert story.heard() == [("nurse", "named")]


def test_a_partner_that_names_nobody_is_asked_and_then_loses_it() -> None:
    story = a_story(PARTNER, CENTRE)
    story.answers(Accepted, "partner")
    assert story.answers(Accepted, "partner", eta=minutes(5)).verdict is Verdict.NO_CHANGE
    story.answers(Extended, "partner", more=minutes(60))
    assert story.alert.custody[0].until == EVENING + minutes(3)
    story.forget()
    story.passes(4)
    assert (story.warned(), story.rang()) == (["partner", "desk"], [Scope.SERVED])


def test_the_partners_nurse_who_accepts_names_herself() -> None:
    story = a_story(PARTNER, CENTRE)
    story.answers(Accepted, "partner")
    story.answers(Accepted, "nurse", eta=minutes(10))
    assert [one.by for one in story.alert.custody] == [id_of("nurse")]
    assert story.alert.custody[0].until == EVENING + minutes(15)


def test_the_partners_nurse_who_arrives_names_herself() -> None:
    story = a_story(PARTNER, CENTRE)
    story.answers(Accepted, "partner")
    story.answers(Arrived, "nurse")
    assert [one.by for one in story.alert.custody] == [id_of("nurse")]


def test_a_person_named_on_site_keeps_the_phase_and_the_lease() -> None:
    story = a_story(PARTNER, CENTRE)
    story.answers(Arrived, "partner")
    story.answers(PersonNamed, "partner", person=actor("nurse"))
    assert story.alert.custody[0].phase is Phase.ON_SITE
    assert story.alert.custody[0].until == EVENING + minutes(45)


def test_naming_needs_custody_and_a_new_name() -> None:
    story = a_story(step(Level.NIGHT_PARTNER, 2, needed=2), CENTRE)
    nobody = story.answers(PersonNamed, "partner", person=actor("nurse"))
    assert nobody.reason == "no_custody"
    story.answers(Accepted, "nurse")
    story.answers(Accepted, "partner")
    again = story.answers(PersonNamed, "partner", person=actor("nurse"))
    assert again.verdict is Verdict.NO_CHANGE


def test_a_hand_over_passes_only_when_the_other_confirms() -> None:
    story = a_story()
    story.answers(Accepted, "daughter", eta=minutes(10))
    story.forget()
    story.answers(HandedOver, "daughter", to=actor("team"), holding=Holding.CUSTODY)
    assert story.alert.custody[0].by == id_of("daughter")
    assert story.warned() == ["team"]
    assert story.answers(Accepted, "team", eta=minutes(5)).held_by == (id_of("team"),)
    assert story.heard() == [("daughter", "handed_over")]
    assert story.alert.offer is None


def test_a_hand_over_to_somebody_we_cannot_call_is_told_on_their_own_device() -> None:
    story = a_story()
    story.answers(Accepted, "daughter")
    story.answers(HandedOver, "daughter", to=actor("stranger"), holding=Holding.CUSTODY)
    assert story.heard() == [("stranger", "offer")]
    assert story.answers(Accepted, "stranger").verdict is Verdict.DONE


def test_a_hand_over_that_is_declined_stays_where_it_was() -> None:
    story = a_story()
    story.answers(Accepted, "daughter")
    story.answers(HandedOver, "daughter", to=actor("team"), holding=Holding.CUSTODY)
    story.answers(Declined, "team")
    assert story.alert.custody[0].by == id_of("daughter")
    assert ("daughter", "offer_declined") in story.heard()
    assert story.answers(Accepted, "team").verdict is Verdict.TAKEN


def test_offering_twice_or_to_oneself_or_without_having_it_changes_nothing() -> None:
    story = a_story()
    offer: dict[str, Any] = {"to": actor("team"), "holding": Holding.CUSTODY}
    assert story.answers(HandedOver, "daughter", **offer).reason == "no_custody"
    story.answers(Accepted, "daughter")
    assert story.answers(HandedOver, "daughter", **offer).verdict is Verdict.DONE
    assert story.answers(HandedOver, "daughter", **offer).verdict is Verdict.NO_CHANGE
    to_self = {**offer, "to": actor("daughter")}
    assert story.answers(HandedOver, "daughter", **to_self).verdict is Verdict.NO_CHANGE


def test_an_offer_goes_with_the_custody_it_was_about() -> None:
    story = a_story()
    story.answers(Accepted, "daughter")
    story.answers(HandedOver, "daughter", to=actor("team"), holding=Holding.CUSTODY)
    story.answers(Released, "daughter")
    assert story.alert.offer is None
    assert story.answers(Accepted, "team").verdict is Verdict.DONE


def test_an_offer_of_custody_a_partner_has_since_named_somebody_for_is_worth_nothing() -> None:
    story = a_story(PARTNER, CENTRE)
    story.answers(Accepted, "partner")
    story.answers(HandedOver, "partner", to=actor("team"), holding=Holding.CUSTODY)
    story.answers(PersonNamed, "partner", person=actor("nurse"))
    assert story.answers(Accepted, "team").verdict is Verdict.TAKEN
    assert [one.by for one in story.alert.custody] == [id_of("nurse")]


def taking_over(held_by: str | None = None) -> dict[str, Any]:
    holder = None if held_by is None else id_of(held_by)
    return {"holding": Holding.CUSTODY, "reason": "nearer", "held_by": holder}


def test_a_take_over_is_at_once_and_both_are_told() -> None:
    story = a_story()
    story.passes(2)
    story.answers(Accepted, "daughter")
    answer = story.answers(TakenOver, "team", **taking_over("daughter"))
    assert answer.held_by == (id_of("team"),)
    assert story.heard() == [("daughter", "taken_over"), ("team", "taken_over")]


def test_a_take_over_from_somebody_who_no_longer_has_it_says_who_has() -> None:
    story = a_story()
    story.passes(2)
    assert story.answers(TakenOver, "team", **taking_over()).reason == "no_custody"
    story.answers(Accepted, "daughter")
    assert story.answers(TakenOver, "team", **taking_over("son")).verdict is Verdict.TAKEN
    assert story.answers(TakenOver, "daughter", **taking_over()).verdict is Verdict.NO_CHANGE


def test_a_promise_is_kept_for_the_operator_and_never_stops_the_climb() -> None:
    story = a_story()
    story.answers(Deferred, "daughter", after=minutes(5))
    story.answers(Deferred, "daughter", after=minutes(8))
    assert [one.until for one in story.alert.promises] == [EVENING + minutes(8)]
    assert story.noted() == ["promised", "promised"]
    story.passes(2)
    assert story.warned() == ["daughter", "team"]
    story.answers(Accepted, "daughter", on_behalf="operator", eta=minutes(8))
    assert story.alert.promises == ()


def test_calling_112_is_written_down_and_is_not_an_end() -> None:
    story = a_story()
    story.answers(Outside, "operator", service="112", result="on its way")
    assert story.noted() == ["outside"]
    assert story.alert.status is Status.CALLING


def test_who_has_it_is_not_called_again_by_a_later_step() -> None:
    sons = (*PEOPLE, known("son", Level.INFORMAL_CAREGIVER))
    story = a_story(step(Level.INFORMAL_CAREGIVER, 2, needed=2), CAREGIVER, CENTRE, people=sons)
    story.answers(Accepted, "daughter")
    story.forget()
    story.passes(2)
    assert story.warned() == ["son"]


def test_a_hand_over_does_not_call_somebody_who_is_absent() -> None:
    story = a_story()
    story.passes(2)
    story.answers(Accepted, "daughter")
    story.absences = (Absence(id_of("team"), EVENING),)
    story.forget()
    story.answers(HandedOver, "daughter", to=actor("team"), holding=Holding.CUSTODY)
    assert (story.warned(), story.heard()) == ([], [("team", "offer")])
