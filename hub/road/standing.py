"""The alerts that are open around some subjects: read at once, locked when one of them changes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from escalation.decision import Answer, Opening
from escalation.model import Alert
from hub.store.alerts import UnreadableAlert, read_alert
from hub.store.care import Subject
from hub.store.unit_of_work import UnitOfWork


class NoSuchAlert(LookupError):
    """There is no such alert, or it is not this viewer's to see."""


class Standing:
    """Open alerts as one unit of work knows them: as they were read, locked, or decided since.

    `unreadable` are the ids of those that cannot be read, by organisation, subject and emergency.
    `answers` are those given before to the triggers they were locked for.
    """

    def __init__(
        self,
        uow: UnitOfWork,
        alerts: Iterable[Alert],
        unreadable: Mapping[tuple[UUID, UUID, str], UUID],
    ) -> None:
        self.uow, self.unreadable = uow, unreadable
        self.alerts = {one.id: one for one in alerts}
        self.answers: dict[tuple[UUID, UUID], Answer] = {}
        self._locked: set[UUID] = set()

    def of(self, subject: Subject, thing: UUID | None = None) -> Sequence[Alert]:
        """List the unresolved alerts of this subject, these clients, this home, or this thing."""
        return [
            one
            for one in self.alerts.values()
            if one.resolved_at is None and _concerns(one, subject, thing)
        ]

    def unreadable_of(self, opening: Opening) -> UUID | None:
        """Name the alert in whose place another would open, had anybody been able to read it."""
        key = (opening.organisation_id, opening.subject_id, opening.emergency)
        return self.unreadable.get(key)

    async def lock(self, joining: Iterable[tuple[UUID, UUID]]) -> None:
        """Lock alerts in the order of their ids, each for a trigger, and read them again.

        One that is locked already is left as it is. Raises NoSuchAlert and UnreadableAlert.
        """
        pairs = [one for one in joining if one[0] not in self._locked]
        if not pairs:
            return
        asked = {alert_id for alert_id, _ in pairs}
        locked = await self.uow.alerts.lock_all(asked)
        if missing := asked - locked.keys():
            raise NoSuchAlert(min(missing))
        self.alerts |= locked
        self._locked |= asked
        self.answers |= await self.uow.alerts.answers_to(pairs)

    def decided(self, alert: Alert) -> None:
        """Remember what an alert, locked or new, has become."""
        self.alerts[alert.id] = alert
        self._locked.add(alert.id)


def _concerns(alert: Alert, subject: Subject, thing: UUID | None) -> bool:
    if alert.organisation_id != subject.organisation_id:
        return False
    if alert.subject_id in (subject.subject_id, thing):
        return True
    same_home = subject.home_id is not None and alert.home_id == subject.home_id
    return same_home or not set(alert.client_ids).isdisjoint(subject.client_ids)


async def read_standing(
    uow: UnitOfWork, subjects: Sequence[Subject], things: Iterable[UUID] = ()
) -> Standing:
    """Read the open alerts around these subjects and things, without locking them.

    A device or gateway has alerts of its own, whomever it was bound to when they opened.
    """
    return standing_in(uow, await uow.alerts.open_of(subjects, things))


def standing_in(uow: UnitOfWork, rows: Iterable[Any]) -> Standing:
    """Take open alerts as they were read."""
    readable: list[Alert] = []
    unreadable: dict[tuple[UUID, UUID, str], UUID] = {}
    for row in rows:
        try:
            readable.append(read_alert(row.state))
        except UnreadableAlert:
            unreadable[row.organisation_id, row.subject_id, row.emergency] = row.id
    return Standing(uow, readable, unreadable)
