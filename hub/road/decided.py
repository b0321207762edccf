"""Stores what decisions ask for: who has it, who may see it, messages, journal; on one trip."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from escalation.decision import Action, Answer, Decision, StandDown, Tell, Warn
from escalation.model import Alert
from escalation.triggers import Trigger
from hub.road.facts import Known
from hub.road.informing import informed
from hub.store.alerts import Applied, Opened, Shown
from hub.store.events import Event
from hub.store.journal import Account, Line
from hub.store.outbox import Promised, Promises
from hub.store.unit_of_work import UnitOfWork
from hub.store.values import encode
from hub.store.ways import addresses

Addresses = Mapping[UUID, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision about one alert, and what is kept of it.

    `opened` is there for a new alert, `before` for one that was. `first` leads the lines of its
    account. `answered` says that the trigger's answer must be remembered.
    """

    decision: Decision
    trigger_id: UUID
    first: Line
    known: Known
    at: datetime
    before: Alert | None = None
    opened: Opened | None = None
    answered: bool = False

    @property
    def alert(self) -> Alert:
        """What the alert has become."""
        return self.decision.alert


async def keep(
    uow: UnitOfWork,
    decided: Sequence[Decided],
    happened: Sequence[tuple[Event, UUID | None]] = (),
) -> None:
    """Store decisions, about each alert at most one, and events with the alert of each."""
    known = await _addresses(uow, decided)
    afterwards = await informed(uow, decided)
    promises = [_promises(one, known) for one in decided] + [one for _, one, _ in afterwards]
    if any(one.promised for one in promises):
        uow.touched.add("outbox")
    held = [one.alert for one in decided if _is_held_by_others(one)]
    shown = [_shown(one) for one in decided]
    async with uow.straight.one_trip():
        await uow.alerts.add((one.alert, one.opened) for one in decided if one.opened is not None)
        await uow.alerts.save(one.alert for one in decided if one.before not in (None, one.alert))
        await uow.alerts.has(held)
        await uow.alerts.show_to_parties(one for one in shown if one is not None)
        await uow.outbox.overtake([call for one in decided for call in _overtaken(one)])
        await uow.outbox.promise(promises)
        await uow.alerts.applied(
            Applied(one.alert, one.trigger_id, one.decision.answer, one.at)
            for one in decided
            if one.answered
        )
        told = [(alert_id, line) for alert_id, _, line in afterwards]
        await uow.journal.write_all(_account(one, told) for one in decided)
        await uow.events.add(happened)


def _is_held_by_others(one: Decided) -> bool:
    had = () if one.before is None else one.before.custody
    changed = {custody.by for custody in had} != {custody.by for custody in one.alert.custody}
    return changed or one.alert.resolved_at is not None


def _shown(one: Decided) -> Shown | None:
    """A new alert has its parties; one that was gets those of whoever is called as well."""
    before = set() if one.before is None else {each.contact.id for each in one.before.warned}
    called = frozenset({each.contact.id for each in one.alert.warned} - before)
    return Shown(one.alert, called, one.at) if one.before is None or called else None


def _account(one: Decided, told: Sequence[tuple[UUID, Line]]) -> Account:
    lines = [one.first, *(_line(action) for action in one.decision.actions)]
    lines += [line for alert_id, line in told if alert_id == one.alert.id]
    return Account(one.alert.organisation_id, one.alert.id, lines, one.at)


Telling = Warn | StandDown | Tell


def _told(one: Decided) -> Sequence[Telling]:
    return [each for each in one.decision.actions if isinstance(each, Warn | StandDown | Tell)]


async def _addresses(uow: UnitOfWork, decided: Sequence[Decided]) -> Addresses:
    """Find by which ways whoever is told can be reached now; most of them are known already."""
    known = {row.id: addresses(row.ways) for one in decided for row in one.known.people}
    missing = {_whom(each) for one in decided for each in _told(one)} - known.keys()
    return known | dict(await uow.outbox.addresses(sorted(missing)))


def _overtaken(one: Decided) -> Iterable[tuple[UUID, UUID]]:
    over = (each for each in one.decision.actions if isinstance(each, StandDown))
    return [(one.alert.id, each.contact.id) for each in over]


def _promises(one: Decided, known: Addresses) -> Promises:
    """Turn actions into messages: the addresses are those the contacts have now."""
    alert = one.alert
    promised: list[Promised] = []
    for action in _told(one):
        theirs = known.get(_whom(action), {})
        for way in _ways(action, theirs):
            name = f"{alert.id}/{one.trigger_id}/{len(promised)}"
            promised.append(_message(action, way, theirs[way], uuid5(alert.id, name)))
    return Promises(alert.organisation_id, alert.id, alert.priority.rank, promised, one.at)


def _whom(action: Telling) -> UUID:
    return action.contact_id if isinstance(action, Tell) else action.contact.id


def _ways(action: Telling, known: Iterable[str]) -> Sequence[str]:
    """A call goes by all its ways at once, a quiet word by the first."""
    match action:
        case Warn(ways=ways):
            return [way for way in ways if way in known]
        case StandDown() | Tell():
            return list(known)[:1]


def _message(action: Telling, way: str, address: str, id: UUID) -> Promised:  # noqa: A002
    match action:
        case Warn(contact=contact, step=step, round=round_number, why=why):
            return Promised(id, contact.id, way, address, "warn", why, step, round_number)
        case StandDown(contact=contact, why=why):
            return Promised(id, contact.id, way, address, "stand_down", why)
        case Tell(contact_id=contact_id, what=what):
            return Promised(id, contact_id, way, address, "tell", what)


def line_of(trigger: Trigger, answer: Answer) -> Line:
    """Tell what was said, and what came of it: an answer that counted for nothing as such."""
    said = encode(trigger) | {"verdict": answer.verdict.value}
    by, entered_by = said.pop("by", None), said.pop("entered_by", None)
    said.pop("id")
    said.pop("plan", None)
    return Line(
        _snake_case(type(trigger).__name__),
        said,
        None if by is None else UUID(by["id"]),
        None if entered_by is None else UUID(entered_by["id"]),
    )


def _line(action: Action) -> Line:
    said: dict[str, Any] = encode(action)
    if (contact := said.pop("contact", None)) is not None:
        said |= {"contact_id": contact["id"], "level": contact["level"]}
    return Line(_snake_case(type(action).__name__), said)


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
