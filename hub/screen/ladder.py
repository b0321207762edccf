"""The ladder of an alert as a row of nodes: who was, is and will be called, and how that went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from escalation.model import Alert, Level, Step, Warned
from hub.store.names import Named, Names
from hub.store.response_targets import Targets
from hub.words.kinds import LEVELS, SHORT_LEVELS
from hub.words.texts import text
from hub.words.times import in_minutes

MOST_NODES = 4
NO_TARGETS: Targets = {}


@dataclass(frozen=True, slots=True)
class Node:
    """One rung. `state` is no, was, now, yes, skipped or todo; `at` is when it is called.

    `target` says how soon the partner promised to be there; empty where that is not known.
    """

    name: str
    short: str
    state: str
    said: str
    at: datetime | None
    ways: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    target: str = ""


def nodes(alert: Alert, names: Names, targets: Targets = NO_TARGETS) -> Sequence[Node]:
    """Describe every rung of the ladder that is climbed now: the forward's, else the plan's."""
    steps = alert.forward.steps if alert.forward is not None else alert.plan.steps
    current = alert.forward.index if alert.forward is not None else alert.step
    planned = _planned(alert, steps)
    return [
        replace(
            _node(alert, names, index, step, current, planned.get(index)),
            target=_target(alert, index, step, targets),
        )
        for index, step in enumerate(steps)
    ]


def window(all_nodes: Sequence[Node]) -> Sequence[Node]:
    """Choose the nodes a narrow row has room for, the present one among them."""
    present = next((at for at, one in enumerate(all_nodes) if one.state in ("now", "yes")), 0)
    first = max(0, min(present - 1, len(all_nodes) - MOST_NODES))
    return all_nodes[first : first + MOST_NODES]


def step_name(step: Step, names: Names, alert: Alert, index: int | None = None) -> str:
    """Say whom a step calls: the people it names or has called, else the level."""
    warned = [one for one in alert.warned if index is not None and one.step == index]
    own = [one.contact.id for one in warned if one.contact.level is step.level]
    for contact_id in (*step.who, *own):
        if (known := names.contacts.get(contact_id)) is not None:
            return _called(known, names, alert.client_ids)
    return LEVELS[step.level.value]


def _called(contact: Named, names: Names, client_ids: Sequence[UUID]) -> str:
    relation = relation_of(contact.id, names.relations, client_ids)
    return f"{contact.name}, {relation}" if relation else contact.name


def relation_of(
    contact_id: UUID, relations: Mapping[tuple[UUID, UUID], str], client_ids: Sequence[UUID]
) -> str:
    """Say what a contact is to these clients: daughter, neighbour; empty when unknown."""
    found = (relations.get((client_id, contact_id), "") for client_id in client_ids)
    return next((one for one in found if one), "")


def _short(step: Step, names: Names, alert: Alert) -> str:
    if step.level is Level.INFORMAL_CAREGIVER:
        for contact_id in (*step.who, *(one.contact.id for one in alert.warned)):
            if relation := relation_of(contact_id, names.relations, alert.client_ids):
                return relation
    return SHORT_LEVELS[step.level.value]


def expected(alert: Alert) -> int:
    """The step that is called when the wait is over; one that would reach nobody is passed over."""
    if alert.forward is not None:
        return alert.forward.index + 1
    return max(alert.expected_step or 0, alert.step + 1)


def _planned(alert: Alert, steps: Sequence[Step]) -> Mapping[int, datetime]:
    """Foretell when later steps are called if nobody answers."""
    if alert.next_step_at is None or alert.custody:
        return {}
    at, found = alert.next_step_at, {}
    for index in range(expected(alert), len(steps)):
        found[index] = at
        at += steps[index].wait
    return found


def _node(
    alert: Alert, names: Names, index: int, step: Step, current: int, planned: datetime | None
) -> Node:
    levels = {step.level, *step.beside}
    warned = [
        one
        for one in alert.warned
        if one.step == index and one.contact.level in levels and alert.forward is None
    ]
    state = _state(alert, step, warned, index, current)
    return Node(
        name=step_name(step, names, alert, index),
        short=_short(step, names, alert),
        state=state,
        said=text(f"node_{state}"),
        at=warned[0].at if warned else planned,
        ways=tuple(dict.fromkeys(way for one in warned for way in one.contact.ways)),
        beside=tuple(LEVELS[one.value] for one in step.beside),
    )


def _target(alert: Alert, index: int, step: Step, targets: Targets) -> str:
    """How soon the partner of a rung promised to be there.

    Of who was called, else of who is named, else of all who may be: where these promised
    different things, nothing is said before one of them is called.
    """
    if Level.NIGHT_PARTNER not in step.levels:
        return ""
    called = [
        one.contact.id
        for one in alert.warned
        if one.step == index and one.contact.level is Level.NIGHT_PARTNER and alert.forward is None
    ]
    named = step.who if step.level is Level.NIGHT_PARTNER else ()
    promised = {targets.get(one) for one in called or named or targets}
    (only,) = promised if len(promised) == 1 else (None,)
    return "" if only is None else text("target_agreed", length=in_minutes(only))


def _state(alert: Alert, step: Step, warned: Sequence[Warned], index: int, current: int) -> str:
    if any(one.level in (step.level, *step.beside) for one in alert.custody) and (
        warned or index == current or _only_rung(alert, step)
    ):
        return "yes"
    if index == current and alert.resolved_at is None and not _settled(alert):
        return "now"
    if index > current:
        return "todo"
    if not warned:
        return "skipped" if index < current else "todo"
    if all(one.declined for one in warned):
        return "declined"
    handed_on = step.level is Level.CARE_CENTRE and alert.watch is not None
    return "was" if handed_on else "no"


def _only_rung(alert: Alert, step: Step) -> bool:
    """Whether who has it can only belong here, also when they were called beside another rung."""
    steps = alert.forward.steps if alert.forward is not None else alert.plan.steps
    return sum(step.level in one.levels for one in steps) == 1


def _settled(alert: Alert) -> bool:
    return len(alert.custody) >= alert.needed
