"""What happens to an alert: the whole state machine, pure, and read from here."""

from dataclasses import replace
from datetime import datetime

from escalation import answering, climbing, custody, ending, joining, watching
from escalation.decision import Answer, Decision, Opening, Verdict
from escalation.draft import Draft
from escalation.duty import OnDuty
from escalation.ladder import centre_at_once, closed, technical_queue
from escalation.model import Alert, Holding, Lane, Plan, Priority
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


def open_alert(opening: Opening, on_duty: OnDuty, now: datetime) -> Decision:
    """Open an alert and say who is called first.

    The ladder is frozen here and closed: it ends with the care centre, whatever was agreed. A
    late alarm starts there at once. Priority T waits in the technical queue, and so does I,
    which the hub should not have opened an alert for.
    """
    draft = Draft(_opened(opening, now), on_duty, now)
    if draft.quiet:
        climbing.queue(draft, "queued")
    elif _goes_to_those_already_there(opening):
        _call_those_already_there(draft, opening)
    else:
        climbing.call_from(draft, 0, "opened")
    return Decision(draft.alert, tuple(draft.actions), draft.done())


def decide(alert: Alert, trigger: Trigger, on_duty: OnDuty, now: datetime) -> Decision:
    """Say what happens to `alert` when `trigger` arrives at `now`.

    Triggers may arrive late, twice or in the wrong order; one that no longer applies changes
    nothing. The ladder never ends: the last step repeats until enough people have the alert.
    A resolved alert is never reopened. `on_duty` holds the facts for every level of the
    ladder, the care centre, the backup, and any level the trigger names.
    """
    draft = Draft(alert, on_duty, now)
    if alert.resolved_at is not None:
        return Decision(alert, (), draft.answer(Verdict.ALREADY_RESOLVED))
    watching.renew_watch(draft, trigger)
    answer = _apply(draft, trigger)
    return Decision(draft.alert, tuple(draft.actions), answer)


# A table of contents: one line a trigger, so its length is not a sign of anything hidden.
def _apply(draft: Draft, trigger: Trigger) -> Answer:  # noqa: C901, PLR0911, PLR0912
    match trigger:
        case Due():
            return _pass_time(draft)
        case Claimed():
            return watching.claim(draft, trigger)
        case Accepted():
            return custody.accept(draft, trigger)
        case Arrived():
            return custody.arrive(draft, trigger)
        case Extended():
            return custody.extend(draft, trigger)
        case Released():
            return custody.release(draft, trigger)
        case Declined():
            return answering.decline(draft, trigger)
        case Deferred():
            return answering.defer(draft, trigger)
        case HandedOver(holding=Holding.WATCH):
            return watching.offer_watch(draft, trigger)
        case HandedOver():
            return custody.hand_over(draft, trigger)
        case TakenOver(holding=Holding.WATCH):
            return watching.take_over_watch(draft, trigger)
        case TakenOver():
            return custody.take_over(draft, trigger)
        case PersonNamed():
            return custody.name_person(draft, trigger)
        case Unreachable():
            return answering.unreachable(draft, trigger)
        case Repeated():
            return joining.repeat(draft, trigger)
        case Raised():
            return joining.raise_priority(draft, trigger)
        case Withdrawn():
            return joining.withdraw(draft, trigger)
        case Forwarded():
            return watching.forward(draft, trigger)
        case AllWell():
            return ending.all_well(draft, trigger)
        case Outside():
            return answering.call_outside(draft, trigger)
        case Resolved():  # pragma: no branch (mypy proves that there is no other)
            return ending.resolve(draft, trigger)


def _pass_time(draft: Draft) -> Answer:
    """Do everything whose moment has come, each kind once; a stale Due does nothing."""
    before = draft.alert
    if before.due_at is None or before.due_at > draft.now:
        return draft.no_change()
    if before.watch is not None and before.watch.until <= draft.now:
        watching.end_watch(draft)
    custody.end_leases(draft)
    if _is_due(draft.alert.next_step_at, draft.now):
        climbing.climb(draft)
    if _was_missed(before, draft.now) and not draft.alert.taken:
        climbing.call_centre_beside(draft, "hub_was_down")
    if _is_due(draft.alert.backup_at, draft.now):
        draft.alert = replace(draft.alert, backup_at=None)
        climbing.warn_backup(draft)
    return draft.done()


def _is_due(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


def _was_missed(alert: Alert, now: datetime) -> bool:
    """Whether the wait of a P1 ended so long ago that the hub must have been down."""
    missed = alert.next_step_at is not None and (
        alert.next_step_at + alert.plan.timing.missed_wait < now
    )
    return missed and alert.priority is Priority.P1


def _opened(opening: Opening, now: datetime) -> Alert:
    queued = opening.priority.rank >= Priority.T.rank
    plan = _ladder(opening, queued=queued)
    urgent = opening.priority is Priority.P1
    return Alert(
        id=opening.id,
        organisation_id=opening.organisation_id,
        subject_id=opening.subject_id,
        home_id=opening.home_id,
        client_ids=opening.client_ids,
        kind=opening.kind,
        emergency=opening.emergency,
        priority=opening.priority,
        lane=Lane.QUEUE if queued else Lane.ALARM,
        plan=plan,
        opened_at=now,
        late=opening.late,
        marks=opening.marks,
        rang_at=now,
        backup_at=now + plan.timing.backup_after if urgent else None,
    )


def _ladder(opening: Opening, *, queued: bool) -> Plan:
    if queued:
        return technical_queue(opening.plan)
    return closed(centre_at_once(opening.plan) if opening.late else opening.plan, opening.kind)


def _goes_to_those_already_there(opening: Opening) -> bool:
    other = opening.already_there_priority or opening.priority
    return bool(opening.already_there) and opening.priority.rank >= other.rank


def _call_those_already_there(draft: Draft, opening: Opening) -> None:
    """Whoever has this client's other alert hears it first, with the desk; nobody new is rung."""
    draft.alert = replace(
        draft.alert,
        step=-1,
        next_step_at=draft.now + draft.alert.plan.steps[0].wait,
    )
    for contact in opening.already_there:
        draft.warn(contact, "opened")
    draft.ring_centre("opened")
