"""The promises, each once, over plans, people and histories nobody thought of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from escalation.decision import Decision, Opening, Ring, Verdict, Warn
from escalation.duty import Facts, OnDuty
from escalation.engine import decide, open_alert
from escalation.model import Alert, Contact, Holding, Lane, Level, Outcome, Priority, Status, Step
from escalation.people import (
    Absence,
    Divert,
    KnownContact,
    Limits,
    Period,
    PeriodSort,
    WakeUp,
)
from escalation.timing import SHORTEST_WAIT
from escalation.triggers import (
    Accepted,
    AllWell,
    Arrived,
    Claimed,
    Declined,
    Deferred,
    Due,
    Extended,
    Forwarded,
    HandedOver,
    Outside,
    PersonNamed,
    Raised,
    Released,
    Repeated,
    Resolved,
    TakenOver,
    Trigger,
    Unreachable,
    Withdrawn,
)
from escalation.windows import Window
from tests.escalation.story import EVENING, LEVELS, a_plan, actor, an_opening, id_of, minutes

settings.register_profile(
    "promises",
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
PROMISE = settings.get_profile("promises")

CALLABLE = ("daughter", "son", "team", "colleague", "partner", "nurse", "desk", "backup")
CENTRE_KINDS = ("alarm.smoke", "alarm.no_movement_after_fall")
KINDS = (*CENTRE_KINDS, "alarm.button", "alarm.bed_exit", "medication.missed_dose")
RINGING = (Priority.P1, Priority.P2, Priority.P3)
QUESTIONS = {"still_coming", "who_goes", "are_you_safe"}

names = some.sampled_from(CALLABLE)
levels = some.sampled_from(
    [Level.INFORMAL_CAREGIVER, Level.OWN_TEAM, Level.NIGHT_PARTNER, Level.CARE_CENTRE]
)
lengths = some.integers(0, 30).map(minutes)
steps = some.builds(
    Step,
    level=levels,
    wait=lengths,
    needed=some.sampled_from([1, 1, 1, 2, 0]),
    who=some.one_of(some.just(()), some.lists(names.map(id_of), max_size=2).map(tuple)),
    beside=some.lists(levels, max_size=1).map(tuple),
)
ladders = some.lists(steps, max_size=4)


@some.composite
def facts(draw: some.DrawFn) -> Facts:
    people = tuple(
        KnownContact(
            id_of(name),
            LEVELS[name],
            draw(some.sampled_from([("webhook",), ("call", "sms"), ()])),
            served=draw(some.booleans()),
            consent=draw(some.sampled_from([True, True, False])),
            needs=draw(needs),
            limits=draw(limits),
        )
        for name in draw(some.lists(names, unique=True))
    )
    absences = tuple(
        Absence(id_of(draw(names)), EVENING + draw(lengths), EVENING + minutes(draw(hours)))
        for _ in range(draw(some.integers(0, 3)))
    )
    few = some.frozensets(names.map(id_of), max_size=2)
    plan_now = draw(some.one_of(some.none(), ladders.map(lambda one: a_plan(*one))))
    kind, priority = draw(some.sampled_from(KINDS)), draw(some.sampled_from(RINGING))
    return Facts(
        kind,
        priority,
        people,
        absences,
        draw(few),
        draw(few),
        plan_now,
        periods=draw(some.lists(periods, max_size=3).map(tuple)),
        diverts=tuple(
            Divert(id_of(draw(names)), one, EVENING, EVENING + minutes(draw(hours)))
            for one in people[: draw(some.integers(0, 2))]
        ),
        wake_ups=draw(some.lists(wake_ups, max_size=3).map(tuple)),
    )


needs = some.sampled_from([(), (), (PeriodSort.SHIFT,), (PeriodSort.CONTRACT, PeriodSort.TURN)])
quiet = Window(timedelta(hours=21), timedelta(hours=8))
limits = some.sampled_from([None, None, Limits(1), Limits(None, False), Limits(2, quiet=quiet)])
periods = some.builds(
    lambda name, sort, after, length: Period(
        id_of(name), sort, EVENING + minutes(after), EVENING + minutes(after + length)
    ),
    names,
    some.sampled_from(PeriodSort),
    some.integers(-600, 60),
    some.integers(1, 900),
)
wake_ups = some.builds(
    lambda name, alert, before: WakeUp(id_of(name), id_of(alert), EVENING - minutes(before)),
    names,
    some.sampled_from("abc"),
    some.integers(0, 10 * 24 * 60),
)


hours = some.sampled_from([60, 90, 600])


@some.composite
def openings(
    draw: some.DrawFn,
    kinds: tuple[str, ...] = KINDS,
    priorities: tuple[Priority, ...] = (*RINGING, Priority.T),
) -> Opening:
    there = draw(some.lists(names, max_size=1))
    return an_opening(
        *draw(ladders),
        kind=draw(some.sampled_from(kinds)),
        priority=draw(some.sampled_from(priorities)),
        late=draw(some.booleans()),
        there=tuple(Contact(id_of(name), LEVELS[name], ("webhook",)) for name in there),
        there_priority=draw(some.sampled_from([None, *RINGING])),
    )


ids = some.uuids()
actors = some.sampled_from(sorted(LEVELS)).map(actor)
hands = some.one_of(some.none(), some.just(actor("operator")))
answered: dict[str, Any] = {"id": ids, "by": actors, "entered_by": hands}
outcomes = some.sampled_from(list(Outcome))
holdings = some.sampled_from(list(Holding))
plans = ladders.map(lambda one: a_plan(*one))
some_lengths = some.one_of(some.none(), lengths)
answers: list[some.SearchStrategy[Trigger]] = [
    some.builds(Claimed, **answered),
    some.builds(Accepted, eta=some_lengths, **answered),
    some.builds(Arrived, **answered),
    some.builds(Extended, more=lengths, **answered),
    some.builds(Released, **answered),
    some.builds(Declined, **answered),
    some.builds(Deferred, after=lengths, **answered),
    some.builds(HandedOver, to=actors, holding=holdings, **answered),
    some.builds(
        TakenOver,
        holding=holdings,
        reason=some.just("nearer"),
        held_by=some.one_of(some.none(), names.map(id_of)),
        **answered,
    ),
    some.builds(PersonNamed, person=actors, **answered),
    some.builds(
        Unreachable,
        id=ids,
        contact_id=names.map(id_of),
        way=some.sampled_from(["webhook", "call", "sms"]),
        step=some.integers(0, 3),
        round=some.integers(1, 3),
        reason=some.just("dead number"),
    ),
    some.builds(Repeated, id=ids, kind=some.sampled_from(KINDS)),
    some.builds(Withdrawn, id=ids, kind=some.sampled_from([*KINDS, "medication.taken"])),
    some.builds(Forwarded, steps=ladders.map(tuple), **answered),
    some.builds(AllWell, outcome=outcomes, **answered),
    some.builds(Outside, service=some.just("112"), **answered),
]
raised = some.builds(
    Raised,
    id=ids,
    kind=some.sampled_from(KINDS),
    priority=some.sampled_from(RINGING),
    plan=plans,
)
resolved = some.builds(Resolved, outcome=outcomes, **answered)
dues = some.builds(Due, id=ids, meant_for=some.just(EVENING))
calling = some.one_of(*answers, raised, dues, dues, dues)
passing = some.one_of(some.integers(0, 5), some.sampled_from([15, 31, 60])).map(minutes)
histories = some.lists(some.tuples(some.one_of(calling, resolved), passing), max_size=12)


@dataclass(frozen=True)
class Moment:
    """One decision of a history: what it was made from, and what came of it."""

    before: Alert | None
    trigger: Trigger | None
    now: datetime
    decision: Decision


def play(opening: Opening, people: Facts, history: list[tuple[Trigger, timedelta]]) -> list[Moment]:
    now, on_duty = EVENING, OnDuty(people)
    decision = open_alert(opening, on_duty, now)
    moments = [Moment(None, None, now, decision)]
    for trigger, passed in history:
        before = decision.alert
        now += passed
        if isinstance(trigger, Due) and before.due_at is not None:
            now = max(now, before.due_at)
        decision = decide(before, trigger, on_duty, now)
        moments.append(Moment(before, trigger, now, decision))
    return moments


@PROMISE
@given(openings(), facts(), histories)
def test_an_unresolved_alert_always_knows_when_it_acts_next_and_a_resolved_one_never_acts(
    opening: Opening, people: Facts, history: list[tuple[Trigger, timedelta]]
) -> None:
    for moment in play(opening, people, history):
        alert = moment.decision.alert
        assert (alert.due_at is None) == (alert.status is Status.RESOLVED)
        if alert.resolved_at is None:
            assert (alert.next_step_at is None) == alert.taken
            assert not alert.held_by_watch or alert.watch is not None


@PROMISE
@given(openings(), facts(), histories)
def test_when_a_moment_has_come_the_next_is_always_later(
    opening: Opening, people: Facts, history: list[tuple[Trigger, timedelta]]
) -> None:
    for moment in play(opening, people, history):
        due = moment.decision.alert.due_at
        if isinstance(moment.trigger, Due) and due is not None:
            assert due > moment.now


@PROMISE
@given(openings(), facts(), histories)
def test_nobody_absent_or_without_consent_is_ever_warned(
    opening: Opening, people: Facts, history: list[tuple[Trigger, timedelta]]
) -> None:
    for moment in play(opening, people, history):
        away = {one.contact_id for one in people.absences if one.covers(moment.now)}
        away |= {one.id for one in people.contacts if not one.consent}
        away -= {id_of("desk")}
        for contact_id, action in warnings(moment):
            asked = action.why in QUESTIONS or contact_id in _holders(moment)
            assert contact_id not in away or asked or action.step < 0


def warnings(moment: Moment) -> list[tuple[UUID, Warn]]:
    return [(a.contact.id, a) for a in moment.decision.actions if isinstance(a, Warn)]


def _holders(moment: Moment) -> set[UUID]:
    before = moment.before.custody if moment.before else ()
    return {one.by for one in (*before, *moment.decision.alert.custody)}


def rings(decision: Decision) -> list[Ring]:
    return [one for one in decision.actions if isinstance(one, Ring)]


@PROMISE
@given(openings(), facts(), histories)
def test_a_technical_alert_rings_and_warns_nobody(
    opening: Opening, people: Facts, history: list[tuple[Trigger, timedelta]]
) -> None:
    for moment in play(opening, people, history):
        if moment.decision.alert.lane is Lane.QUEUE:
            assert not rings(moment.decision)
            assert not warnings(moment)


@PROMISE
@given(openings(CENTRE_KINDS, RINGING), facts())
def test_smoke_always_rings_the_care_centre_in_the_first_step(
    opening: Opening, people: Facts
) -> None:
    assert rings(open_alert(opening, OnDuty(people), EVENING))


@PROMISE
@given(openings(priorities=RINGING), facts())
def test_with_nobody_answering_the_care_centre_is_called_within_the_waits_and_for_ever(
    opening: Opening, people: Facts
) -> None:
    on_duty, now = OnDuty(people), EVENING
    decision = open_alert(opening, on_duty, now)
    steps = decision.alert.plan.steps
    waits = sum((max(one.wait, SHORTEST_WAIT) for one in steps), timedelta())
    if decision.alert.step < 0:  # the desk rang with those already there, who have that long
        waits += steps[0].wait
    patience, rang_at = waits + decision.alert.plan.timing.centre_repeats, now
    while now < EVENING + timedelta(hours=6) and not decision.alert.ladder_round > 5:
        if rings(decision):
            rang_at = now
        assert now - rang_at <= patience
        due = decision.alert.due_at
        assert due is not None
        now = due
        decision = decide(decision.alert, Due(id=id_of("due"), meant_for=due), on_duty, now)
    assert decision.alert.ladder_round > 1


@PROMISE
@given(openings(), facts(), histories, calling, passing)
def test_any_trigger_twice_leaves_the_same_people_with_it(
    opening: Opening,
    people: Facts,
    history: list[tuple[Trigger, timedelta]],
    trigger: Trigger,
    passed: timedelta,
) -> None:
    last = play(opening, people, history)[-1]
    on_duty, now = OnDuty(people), last.now + passed
    once = decide(last.decision.alert, trigger, on_duty, now).alert
    twice = decide(once, trigger, on_duty, now).alert
    assert twice.status is once.status
    assert {one.by for one in twice.custody} == {one.by for one in once.custody}
    assert (twice.outcome, twice.priority, twice.kind) == (once.outcome, once.priority, once.kind)


@PROMISE
@given(openings(), facts(), histories, resolved, histories)
def test_a_resolved_alert_is_never_reopened_whatever_comes_late(
    opening: Opening,
    people: Facts,
    history: list[tuple[Trigger, timedelta]],
    ending: Resolved,
    late: list[tuple[Trigger, timedelta]],
) -> None:
    by_operator = Resolved(id=ending.id, by=actor("operator"), outcome=ending.outcome)
    moments = play(opening, people, [*history, (by_operator, minutes(1)), *late])
    for moment in moments[len(history) + 2 :]:
        assert moment.decision.alert == moment.before
        assert moment.decision.actions == ()
        assert moment.decision.answer.verdict is Verdict.ALREADY_RESOLVED


@PROMISE
@given(openings(), facts(), histories)
def test_the_ladder_of_a_running_alert_changes_only_when_it_is_raised(
    opening: Opening, people: Facts, history: list[tuple[Trigger, timedelta]]
) -> None:
    for moment in play(opening, people, history):
        if moment.before is not None and not isinstance(moment.trigger, Raised):
            assert moment.decision.alert.plan == moment.before.plan


@PROMISE
@given(openings(), facts(), histories)
def test_the_priority_only_rises_and_a_refusal_gives_nobody_the_alert(
    opening: Opening, people: Facts, history: list[tuple[Trigger, timedelta]]
) -> None:
    for moment in play(opening, people, history):
        if moment.before is None:
            continue
        alert, answer = moment.decision.alert, moment.decision.answer
        assert alert.priority.rank <= moment.before.priority.rank
        if answer.verdict in {Verdict.NOT_YOURS, Verdict.NOT_ALLOWED, Verdict.TAKEN}:
            assert alert.custody == moment.before.custody
            assert alert.resolved_at is None
