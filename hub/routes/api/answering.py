"""From a body to the engine and back: the one way in which the API changes an alert."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import Depends

from escalation.decision import Answer
from escalation.model import Actor
from hub.access.sharing import Sharing
from hub.access.viewer import Viewer
from hub.road.handling import handle
from hub.road.standing import NoSuchAlert
from hub.routes.api.bodies import AnyBody, Said
from hub.routes.api.views import AnswerView
from hub.routes.dependencies import OPERATOR, TESTER, NowDep, Web, WebDep, Worker
from hub.routes.problems import FieldRefused
from hub.store.people import Person
from hub.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers about alerts for one signed-in person, at the moment of one request."""

    web: Web
    viewer: Viewer
    now: datetime

    async def __call__(self, alert_id: UUID, body: AnyBody) -> AnswerView:
        """Give an answer to the engine. Raises NoSuchAlert and FieldRefused."""
        trigger_id = own_id(self.web, self.viewer.user_id, body)

        async def work(uow: UnitOfWork) -> AnswerView:
            alert = await uow.registry.alert(alert_id)
            if alert is None:
                raise NoSuchAlert(alert_id)
            said = await self._said(uow, alert_id, body, trigger_id)
            uow.touched |= {"board", "due", "outbox"}
            answer = await handle(uow, alert_id, body.trigger(said), self.now)
            sharing = await uow.sharing.about(alert_id, self.now)
            return await shown(uow, alert.client_ids, answer, sharing)

        return await self.web.store.retried(work, self.viewer)

    async def _said(self, uow: UnitOfWork, alert_id: UUID, body: AnyBody, trigger_id: UUID) -> Said:
        own = self.viewer.actor
        people = await _people(uow, alert_id, body.people(), self.now)
        if body.by is None:
            return Said(trigger_id, own, None, people)
        by = await _actor(uow, alert_id, "by", body.by, self.now)
        if by.id == own.id:
            return Said(trigger_id, own, None, people)
        if self.viewer.role not in (OPERATOR, TESTER):
            raise FieldRefused(
                "by",
                "only operators answer for somebody else",
                "Leave `by` out to answer yourself.",
            )
        return Said(trigger_id, by, own, people)


def own_id(web: Web, who: UUID, body: AnyBody) -> UUID:
    """Make the trigger's id from `once`, who sends it and what it says.

    So nobody's `once` stands in the way of another's answer, of the hub's own triggers, or of
    another answer by somebody who used it twice.
    """
    once = body.once or UUID(bytes=web.random(16), version=4)
    return uuid5(who, f"{once}/{type(body).__name__}/{body.by or ''}")


async def shown(
    uow: UnitOfWork, client_ids: Sequence[UUID], answer: Answer, sharing: Sharing
) -> AnswerView:
    """Show an answer with the names of those who have it, as far as they are shared."""
    return AnswerView.of(answer, await uow.sharing.named(answer.held_by, client_ids, sharing))


async def _people(
    uow: UnitOfWork, alert_id: UUID, references: Mapping[str, str], now: datetime
) -> dict[str, Actor]:
    return {
        field: await _actor(uow, alert_id, field, reference, now)
        for field, reference in references.items()
    }


async def _actor(
    uow: UnitOfWork, alert_id: UUID, field: str, reference: str, now: datetime
) -> Actor:
    person = await uow.people.of_alert(alert_id, reference)
    by_id = person is not None and reference == str(person.id)
    if person is not None and not by_id and await _is_kept_back(uow, alert_id, person, now):
        person = None  # nobody finds out by asking who is not shared
    actor = await uow.people.actor(person.id) if person is not None else None
    if actor is None:
        raise FieldRefused(
            field,
            f"{reference!r} is no contact of an organisation that sees this alert",
            "Send the id or external id of a contact in the alert's ladder or journal.",
        )
    return actor


async def _is_kept_back(uow: UnitOfWork, alert_id: UUID, person: Person, now: datetime) -> bool:
    sharing = await uow.sharing.about(alert_id, now)
    return (await uow.sharing.named([person.id], (), sharing))[person.id].withheld


def _answering(web: WebDep, viewer: Worker, now: NowDep) -> Answering:
    return Answering(web, viewer, now)


AnsweringDep = Annotated[Answering, Depends(_answering)]
