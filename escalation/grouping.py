"""Does this event belong to an alert that is already open? One emergency, one alert."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from escalation.joining import is_more_urgent
from escalation.kinds import emergency, group, takes_back
from escalation.model import Alert, Contact, Lane, Plan, Priority
from escalation.triggers import Raised, Repeated, Withdrawn


@dataclass(frozen=True, slots=True)
class Happening:
    """What grouping needs to know of an event.

    `subject_id` is the client, the home for a home's event, or the device for a technical one.
    `withdraws` is True when the device takes back what it said before.
    """

    kind: str
    priority: Priority
    subject_id: UUID
    client_ids: tuple[UUID, ...] = ()
    home_id: UUID | None = None
    withdraws: bool = False
    marks: tuple[str, ...] = ()


def joined(happening: Happening, open_alerts: Iterable[Alert]) -> Alert | None:
    """The unresolved alert an event joins, however old; None when it is a matter of its own.

    An event that takes something back joins what it takes back; only where there is nothing of
    that, an alert of its own kind. Of several the most urgent is joined, of those the oldest.
    """
    over = takes_back(happening.kind)
    same = [
        alert
        for alert in open_alerts
        if alert.resolved_at is None
        and _same_matter(happening, alert)
        and _same_subject(happening, alert)
    ]
    return min(
        same,
        key=lambda one: (not _is_over(over, one), one.priority.rank, one.opened_at, one.id),
        default=None,
    )


def trigger_for(
    trigger_id: UUID, alert: Alert, happening: Happening, plan: Plan
) -> Repeated | Raised | Withdrawn:
    """What an event does to the alert it joins; `plan` is the one that leads if it is raised."""
    says_over = takes_back(happening.kind) and happening.kind != alert.kind
    if happening.withdraws or says_over:
        return Withdrawn(id=trigger_id, kind=happening.kind)
    if is_more_urgent(alert, happening.kind, happening.priority):
        return Raised(
            id=trigger_id,
            kind=happening.kind,
            priority=happening.priority,
            plan=plan,
            marks=happening.marks,
        )
    return Repeated(id=trigger_id, kind=happening.kind, marks=happening.marks)


def already_there(
    happening: Happening, open_alerts: Iterable[Alert]
) -> tuple[tuple[Contact, ...], Priority | None]:
    """Who has another open alert of the same client or home, and the most urgent priority of those.

    For `Opening.already_there`: they hear of a new alert first, and nobody new does, unless it
    is more urgent than what they came for.
    """
    beside = [
        alert
        for alert in open_alerts
        if alert.resolved_at is None
        and alert.lane is Lane.ALARM
        and alert.custody
        and _same_place(happening, alert)
    ]
    contacts = {
        one.contact.id: one.contact
        for alert in beside
        for one in alert.warned
        if one.contact.id in {custody.by for custody in alert.custody}
    }
    return tuple(contacts.values()), min(
        (one.priority for one in beside), key=lambda one: one.rank, default=None
    )


def _same_matter(happening: Happening, alert: Alert) -> bool:
    """What is taken back is a kind, not an emergency: a cancelled press says nothing of a fall."""
    kind = happening.kind
    if _is_over(takes_back(kind), alert):
        return True
    if happening.withdraws:
        return alert.kind == kind
    return alert.emergency in {emergency(kind, happening.priority), group(kind)}


def _is_over(over: frozenset[str], alert: Alert) -> bool:
    return not over.isdisjoint({alert.kind, alert.emergency})


def _same_subject(happening: Happening, alert: Alert) -> bool:
    if happening.subject_id == alert.subject_id:
        return True
    return alert.lane is Lane.ALARM and not set(alert.client_ids).isdisjoint(happening.client_ids)


def _same_place(happening: Happening, alert: Alert) -> bool:
    same_home = alert.home_id is not None and alert.home_id == happening.home_id
    return same_home or not set(alert.client_ids).isdisjoint(happening.client_ids)
