"""/l/{token}: the link of somebody without an account.

Reading it never answers: link scanners and preview makers open links. The token in the path is
all the proof there is, so it is kept out of every log, and no cookie is looked at.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from escalation.decision import Answer
from escalation.model import Actor, Level, Outcome
from hub.access.links import token_hash
from hub.plans.dropping_out import Away, drops_out
from hub.registry.diverting import NoSuchTeam, divert, targets_of, team_of
from hub.registry.outcome import Who
from hub.road.handling import handle
from hub.routes.api import bodies
from hub.routes.api.answering import own_id, shown
from hub.routes.api.views import AnswerView
from hub.routes.dependencies import FORMS, NowDep, WebDep, address
from hub.routes.problems import FieldRefused, documented
from hub.screen.link_page import link_page
from hub.screen.pages import page
from hub.store.links import Link
from hub.store.unit_of_work import UnitOfWork

T = TypeVar("T")

router = APIRouter(prefix="/l", tags=["link"])


class LinkGone(LookupError):
    """There is no such link, or it has expired; which of the two is not said."""


class LinkAnswer(BaseModel):
    """What may be answered through a link, as JSON or as a form with the same fields."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "answer": "accept",
                    "eta_minutes": 10,
                    "once": "0a2f6c1e-7f0b-4f0e-9d55-0d6f3a1c2b3d",
                }
            ]
        },
    )

    answer: Literal[
        "accept",
        "decline",
        "away",
        "divert",
        "all_well",
        "arrive",
        "extend",
        "release",
        "resolve",
    ]
    once: UUID | None = Field(default=None, description="Sent again, it changes nothing.")
    eta_minutes: bodies.Minutes | None = None
    more_minutes: bodies.Minutes | None = None
    away_days: Annotated[int, Field(ge=1, le=92)] | None = None
    divert_to: Annotated[str, Field(max_length=60)] | None = Field(
        default=None, description="The id of a contact and hours: to whom, how long."
    )
    outcome: Outcome | None = None
    reason: bodies.Words = ""


async def _sent(request: Request) -> LinkAnswer:
    try:
        if request.headers.get("content-type", "").startswith(FORMS):
            form = await request.form()
            return LinkAnswer.model_validate({name: one for name, one in form.items() if one})
        return LinkAnswer.model_validate_json(await request.body())
    except ValidationError as error:
        wrong = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(wrong) from error


SCHEMA: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"$ref": "#/components/schemas/LinkAnswer"}}
            for kind in ("application/json", FORMS[0])
        },
    }
}


@router.api_route("/{token}", methods=["GET", "HEAD"], include_in_schema=False)
async def show(token: str, request: Request, web: WebDep, now: NowDep) -> Response:
    """Tell what happened and which answers there are. It changes nothing."""
    async with web.store.transaction() as uow:
        link = await uow.links.find(token_hash(token), now)
        if link is None:
            raise LinkGone
        return await _page(request, uow, link, now, UUID(bytes=web.random(16), version=4), None)


@router.post(
    "/{token}",
    response_model=AnswerView,
    openapi_extra=SCHEMA,
    responses=documented(404, 422, 503),
)
async def answer(
    token: str,
    request: Request,
    sent: Annotated[LinkAnswer, Depends(_sent)],
    web: WebDep,
    now: NowDep,
) -> Response | AnswerView:
    """Answer the alert this link was sent for: JSON is answered with JSON, a form with a page."""
    once = sent.once or UUID(bytes=web.random(16), version=4)

    async def work(uow: UnitOfWork) -> Response | AnswerView:
        link = await uow.links.find(token_hash(token), now)
        actor = await uow.people.actor(link.contact_id) if link is not None else None
        if link is None or actor is None:
            raise LinkGone
        body = _body(sent, actor, once)
        said = bodies.Said(own_id(web, actor.id, body), actor, None, {})
        pair = (link.alert_id, said.id)
        is_new = pair not in await uow.alerts.answers_to([pair])
        alert = await uow.alerts.get(link.alert_id)
        goes_on = alert is not None and alert.resolved_at is None
        uow.touched |= {"board", "due", "outbox"}
        if sent.answer == "away":
            await _goes_away(uow, link, actor, sent, once, now)
        if sent.answer == "divert" and is_new and goes_on:
            await _sends_on(uow, link, _needed("divert_to", sent.divert_to), now)
        given = await handle(uow, link.alert_id, body.trigger(said), now)
        if request.headers.get("content-type", "").startswith(FORMS):
            return await _page(request, uow, link, now, once, given)
        return await _as_json(uow, link, given, now)

    return await web.store.retried(work)


def _body(sent: LinkAnswer, actor: Actor, once: UUID) -> bodies.AnyBody:
    match sent.answer:
        case "accept":
            return bodies.Accept(once=once, eta_minutes=sent.eta_minutes)
        case "decline" | "away" | "divert":  # who is away cannot come now either
            return bodies.Decline(once=uuid5(once, sent.answer), reason=sent.reason)
        case "all_well":
            return bodies.TellAllWell(once=once, outcome=sent.outcome or Outcome.UNKNOWN)
        case "arrive":
            return bodies.Arrive(once=once)
        case "extend":
            more_minutes = _needed("more_minutes", sent.more_minutes)
            return bodies.Extend(once=once, more_minutes=more_minutes)
        case "release":
            return bodies.Release(once=once, reason=sent.reason)
        case "resolve":
            return _resolve(sent, actor, once)


async def _goes_away(
    uow: UnitOfWork, link: Link, actor: Actor, sent: LinkAnswer, once: UUID, now: datetime
) -> None:
    """A caregiver says that they cannot be called for some days: it counts at once."""
    if actor.level is not Level.INFORMAL_CAREGIVER:
        raise FieldRefused("answer", "is a caregiver's", "Ask your own team to note it.")
    ends_at = now + timedelta(days=_needed("away_days", sent.away_days))
    owner = await uow.people.named([link.contact_id])
    away = Away(once, owner[link.contact_id].organisation_id, link.contact_id, now, ends_at)
    await drops_out(uow, away, now)


async def _sends_on(uow: UnitOfWork, link: Link, wanted: str, now: datetime) -> None:
    """A team sends its calls on to another for some hours: it counts at once, and is on record."""
    to, _, hours = wanted.partition("/")
    try:
        team = await team_of(uow, link.contact_id)
        ends_at = now + timedelta(hours=int(hours))
        await divert(uow, team, UUID(to), ends_at, Who(f"{team.name}, link"), now)
    except NoSuchTeam as error:
        raise FieldRefused("answer", "is a team's", "Decline instead.") from error
    except (ValueError, OverflowError) as error:
        raise FieldRefused("divert_to", "cannot take these calls", "Choose another.") from error


async def _targets(uow: UnitOfWork, link: Link, now: datetime) -> Sequence[tuple[UUID, str]]:
    """Who can take the calls of the team behind a link; nobody for a person's link."""
    try:
        team = await team_of(uow, link.contact_id)
    except NoSuchTeam:
        return ()
    return [(one.id, one.name) for one in await targets_of(uow, team, now)]


def _resolve(sent: LinkAnswer, actor: Actor, once: UUID) -> bodies.Resolve:
    if actor.level is Level.INFORMAL_CAREGIVER:
        raise FieldRefused(
            "answer", "a caregiver does not finish an alert", "Send `all_well` with an outcome."
        )
    outcome = _needed("outcome", sent.outcome)
    return bodies.Resolve(once=once, outcome=outcome, note=sent.reason)


async def _as_json(uow: UnitOfWork, link: Link, given: Answer, now: datetime) -> AnswerView:
    alert = await uow.alerts.get(link.alert_id)
    owner = await uow.people.named([link.contact_id])
    sharing = await uow.sharing.of(owner[link.contact_id].organisation_id, now)
    return await shown(uow, alert.client_ids if alert is not None else (), given, sharing)


def _needed(field: str, value: T | None) -> T:
    if value is None:
        raise FieldRefused(field, "this answer needs it", "Send this field.")
    return value


async def _page(
    request: Request, uow: UnitOfWork, link: Link, now: datetime, once: UUID, given: Answer | None
) -> Response:
    alert = await uow.alerts.get(link.alert_id)
    if alert is None:
        raise LinkGone
    about = await uow.links.about(link)
    await uow.access.looked_by_link(
        link.contact_id, link.organisation_id, link.alert_id, address(request), now
    )
    targets = await _targets(uow, link, now)
    shown_page = link_page(alert, about, link.contact_id, once, given, targets)
    return page(request, "link.html", now=now, page=shown_page)
