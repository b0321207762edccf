"""Whether an event belongs to an alert that is already open."""

from dataclasses import replace
from typing import Any

from escalation.grouping import Happening, already_there, joined, trigger_for
from escalation.model import Alert, Priority
from escalation.model import Outcome as Ending
from escalation.triggers import Accepted, Raised, Repeated, Resolved, Withdrawn
from tests.escalation.story import (
    CENTRE,
    EVENING,
    TEAM,
    Story,
    a_plan,
    an_opening,
    id_of,
    minutes,
)

CLIENT = id_of("client")


def an_alert(kind: str = "alarm.button", priority: Priority = Priority.P1) -> Alert:
    return Story(an_opening(TEAM, CENTRE, kind=kind, priority=priority)).alert


def happening(kind: str, priority: Priority = Priority.P1, **fields: Any) -> Happening:
    return Happening(kind, priority, **{"subject_id": CLIENT, "client_ids": (CLIENT,), **fields})


def test_a_fall_joins_the_press_of_the_same_client_however_old() -> None:
    pressed = an_alert()
    assert joined(happening("alarm.fall"), [pressed]) is pressed


def test_smoke_joins_only_smoke() -> None:
    pressed, smoke = an_alert(), an_alert("alarm.smoke")
    assert joined(happening("alarm.smoke"), [pressed]) is None
    assert joined(happening("alarm.smoke"), [pressed, smoke]) is smoke


def test_another_client_has_another_alert() -> None:
    other = happening("alarm.fall", subject_id=id_of("other"), client_ids=(id_of("other"),))
    assert joined(other, [an_alert()]) is None


def test_a_home_whose_client_has_the_alert_joins_it() -> None:
    assert joined(happening("alarm.fall", subject_id=id_of("home")), [an_alert()]) is not None


def test_a_resolved_alert_is_never_joined() -> None:
    story = Story(an_opening(TEAM, CENTRE))
    story.answers(Resolved, "operator", outcome=Ending.SOCIAL)
    assert joined(happening("alarm.fall"), [story.alert]) is None


def test_in_the_technical_queue_every_device_has_its_own_alert() -> None:
    offline = an_alert("technical.offline", Priority.T)
    other = happening("technical.offline", Priority.T, subject_id=id_of("device 2"))
    same = happening("technical.offline", Priority.T)
    assert joined(other, [offline]) is None
    assert joined(same, [offline]) is offline


def test_a_tracker_without_a_fix_joins_the_search_for_who_left() -> None:
    left = an_alert("location.left_zone")
    assert joined(happening("location.no_fix", subject_id=id_of("tracker")), [left]) is left
    queued = happening("location.no_fix", Priority.T, subject_id=id_of("tracker"))
    assert joined(queued, [left]) is left


def test_of_several_the_most_urgent_is_joined_and_of_those_the_oldest() -> None:
    first = an_alert()
    later = replace(first, opened_at=EVENING + minutes(1), id=id_of("later"))
    lower = replace(first, priority=Priority.P2, opened_at=EVENING - minutes(9))
    assert joined(happening("alarm.fall"), [later, lower, first]) is first


def test_a_more_urgent_event_raises_and_any_other_repeats() -> None:
    bed = an_alert("alarm.bed_exit", Priority.P2)
    plan = a_plan(CENTRE)
    assert isinstance(trigger_for(id_of("t"), bed, happening("alarm.fall"), plan), Raised)
    again = happening("alarm.bed_exit", Priority.P2, marks=("test",))
    repeated = trigger_for(id_of("t"), bed, again, plan)
    assert repeated == Repeated(id=id_of("t"), kind="alarm.bed_exit", marks=("test",))


def test_no_movement_after_a_fall_raises_a_fall_of_the_same_priority() -> None:
    event = happening("alarm.no_movement_after_fall")
    assert isinstance(trigger_for(id_of("t"), an_alert("alarm.fall"), event, a_plan(TEAM)), Raised)


def test_what_takes_back_and_is_an_alert_itself_joins_what_is_over_before_its_own() -> None:
    """An agreement may make an alarm of it; two of those are one matter."""
    taken = happening("medication.taken", Priority.P2)
    own = an_alert("medication.taken", Priority.P2)
    missed = an_alert("medication.missed_dose", Priority.P3)
    assert joined(taken, [own]) is own
    assert isinstance(trigger_for(id_of("event"), own, taken, a_plan(TEAM)), Repeated)
    assert joined(taken, [own, missed]) is missed
    assert isinstance(trigger_for(id_of("event"), missed, taken, a_plan(TEAM)), Withdrawn)


def test_what_is_taken_back_is_withdrawn() -> None:
    pressed, dose = an_alert(), an_alert("medication.missed_dose", Priority.P3)
    mains = an_alert("technical.mains_lost", Priority.T)
    cancelled = happening("alarm.button", withdraws=True)
    taken = happening("medication.taken", Priority.I)
    restored = happening("technical.mains_restored", Priority.I)
    everything = [pressed, dose, mains]
    assert joined(cancelled, everything) is pressed
    assert joined(taken, everything) is dose
    assert joined(restored, everything) is mains
    for event in (cancelled, taken, restored):
        assert isinstance(trigger_for(id_of("t"), pressed, event, a_plan(TEAM)), Withdrawn)


def test_who_is_back_is_a_withdrawal_of_the_search() -> None:
    left = an_alert("alarm.left_home")
    assert joined(happening("location.returned", Priority.I), [left, an_alert()]) is left


def test_a_cancelled_press_says_nothing_of_a_fall() -> None:
    assert joined(happening("alarm.button", withdraws=True), [an_alert("alarm.fall")]) is None


def test_whoever_has_another_alert_of_the_client_or_home_is_already_there() -> None:
    story = Story(an_opening(TEAM, CENTRE))
    story.answers(Accepted, "team")
    contacts, priority = already_there(happening("alarm.smoke"), [story.alert])
    assert ([one.id for one in contacts], priority) == ([id_of("team")], Priority.P1)
    partner = id_of("spouse")
    of_spouse = happening(
        "alarm.button", subject_id=partner, client_ids=(partner,), home_id=id_of("home")
    )
    assert len(already_there(of_spouse, [story.alert])[0]) == 1
    elsewhere = replace(of_spouse, home_id=id_of("elsewhere"))
    assert already_there(elsewhere, [story.alert]) == ((), None)
    homeless = replace(story.alert, home_id=None)
    assert already_there(replace(elsewhere, home_id=None), [homeless]) == ((), None)


def test_an_alert_nobody_has_and_a_technical_one_bring_nobody() -> None:
    technical = Story(an_opening(kind="technical.offline", priority=Priority.T))
    technical.answers(Accepted, "technician")
    resolved = Story(an_opening(TEAM, CENTRE))
    resolved.answers(Accepted, "team")
    resolved.answers(Resolved, "team", outcome=Ending.SOCIAL)
    open_alerts = [an_alert(), technical.alert, resolved.alert]
    assert already_there(happening("alarm.smoke"), open_alerts) == ((), None)
