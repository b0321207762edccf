"""What the device says next: the same again, something more urgent, or that it is over."""

from dataclasses import replace
from datetime import timedelta

from escalation.climbing import call_again, call_from, stop_climbing
from escalation.custody import shortened
from escalation.decision import Answer
from escalation.draft import Draft
from escalation.ending import end
from escalation.kinds import lane, needs_centre, takes_back
from escalation.ladder import closed
from escalation.model import Alert, Lane, Level, Outcome, Priority
from escalation.triggers import Raised, Repeated, Withdrawn

BETWEEN_REPEATS = timedelta(seconds=15)  # a stuck button is counted, but does not ring without end
MISSED_DOSE = "medication.missed_dose"


def repeat(draft: Draft, trigger: Repeated | Raised) -> Answer:
    """Count it and call again whoever has it or is being called; the climb is never delayed."""
    alert = draft.alert
    draft.alert = replace(alert, repeats=alert.repeats + 1, marks=_marks(alert, trigger.marks))
    if draft.quiet or (alert.rang_at and draft.now - alert.rang_at < BETWEEN_REPEATS):
        return draft.done()
    call_again(draft, "repeat")
    return draft.done()


def raise_priority(draft: Draft, trigger: Raised) -> Answer:
    """Let the more urgent plan lead from its first step; what is no more urgent is a repeat."""
    if not is_more_urgent(draft.alert, trigger.kind, trigger.priority):
        return repeat(draft, trigger)
    was_urgent = draft.alert.priority is Priority.P1
    draft.alert = _raised(draft.alert, trigger)
    draft.on_duty = draft.on_duty.about(draft.alert.kind, draft.alert.priority)
    _shorten(draft)
    if not was_urgent and draft.alert.priority is Priority.P1:
        _expect_backup(draft)
    draft.note("raised", detail=f"{draft.alert.priority} {trigger.kind}")
    if draft.alert.taken:
        stop_climbing(draft, "taken")
        call_again(draft, "raised")
    else:
        call_from(draft, 0, "raised")
    return draft.done()


def is_more_urgent(alert: Alert, kind: str, priority: Priority) -> bool:
    """Whether an event makes an open alert more urgent: by priority or by kind.

    Of two kinds with one priority the one that needs the care centre at once is more urgent.
    """
    if priority.rank != alert.priority.rank:
        return priority.rank < alert.priority.rank
    return needs_centre(kind) and not needs_centre(alert.kind)


def withdraw(draft: Draft, trigger: Withdrawn) -> Answer:
    """The device takes it back: a technical alert closes, anything else still needs a human.

    A missed dose that was taken after all closes too, while nobody has accepted.
    """
    alert = draft.alert
    if draft.quiet:
        draft.note("restored")
        end(draft, Outcome.TECHNICAL, None)
        return draft.done()
    if alert.kind == MISSED_DOSE and MISSED_DOSE in takes_back(trigger.kind) and not alert.custody:
        end(draft, Outcome.TAKEN_LATE, None)
        return draft.done()
    if alert.withdrawn_at is not None:
        return draft.no_change()
    draft.alert = replace(alert, withdrawn_at=draft.now, marks=_marks(alert, ("withdrawn",)))
    draft.note("withdrawn", detail=trigger.kind)
    return draft.done()


def _raised(alert: Alert, trigger: Raised) -> Alert:
    """The alert under its new plan; a technician's custody does not count for people in need."""
    kind = alert.kind if needs_centre(alert.kind) else trigger.kind
    return replace(
        alert,
        kind=kind,
        priority=trigger.priority,
        lane=lane(kind, trigger.priority) or Lane.ALARM,
        plan=closed(trigger.plan, kind),
        step=0,
        round=alert.round + 1,
        rounds_before=alert.round,
        forward=None,
        held_by_watch=False,
        all_well_at=None,
        repeats=alert.repeats + 1,
        marks=_marks(alert, trigger.marks),
        custody=tuple(one for one in alert.custody if one.level is not Level.TECHNICAL_DESK),
    )


def _shorten(draft: Draft) -> None:
    alert = draft.alert
    timing = alert.plan.timing
    watch = alert.watch
    if watch is not None:
        watch = replace(watch, until=min(watch.until, draft.now + timing.watch))
    draft.alert = replace(
        alert,
        watch=watch,
        custody=tuple(shortened(one, draft) for one in alert.custody),
    )


def _expect_backup(draft: Draft) -> None:
    if draft.alert.first_arrived_at is None:
        backup_at = draft.now + draft.alert.plan.timing.backup_after
        draft.alert = replace(draft.alert, backup_at=backup_at)


def _marks(alert: Alert, marks: tuple[str, ...]) -> tuple[str, ...]:
    return (*alert.marks, *(one for one in dict.fromkeys(marks) if one not in alert.marks))
