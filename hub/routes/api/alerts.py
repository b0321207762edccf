"""/api/v1/alerts: the list, one alert whole, and raising one by hand."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID, uuid5

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from adapters.contract import Kind
from escalation.model import Alert, Priority
from hub.access.sharing import NOT_SHARED, NOTHING, Part, Sharing
from hub.plans.telling import told_agreement
from hub.road.happened import noticed, record_event
from hub.road.standing import NoSuchAlert
from hub.routes.api.bodies import Reference, Words
from hub.routes.api.lists import Limit, PlaceDep, cursor
from hub.routes.api.showing import listed, people_in, whole
from hub.routes.api.views import AlertList, AlertView
from hub.routes.dependencies import NowDep, SignedIn, WebDep
from hub.routes.problems import FieldRefused, documented
from hub.store.access import BREAK_GLASS
from hub.store.agreements import read_agreement
from hub.store.care import Subject
from hub.store.events import Event
from hub.store.registry import Wanted
from hub.store.unit_of_work import UnitOfWork

router = APIRouter(prefix="/alerts", tags=["alerts"], responses=documented(401, 422, 503))

Which = Literal["open", "resolved", "all"]
OPEN: dict[Which, bool | None] = {"open": True, "resolved": False, "all": None}


class ByHand(BaseModel):
    """An alert raised by a person."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "client": "client-gerda",
                    "explanation": "De buurvrouw belt: er wordt niet opengedaan.",
                    "once": "0a2f6c1e-7f0b-4f0e-9d55-0d6f3a1c2b3d",
                }
            ]
        },
    )

    client: Reference
    explanation: Words = Field(default="", description="What is the matter, in a sentence.")
    once: UUID = Field(description="Your own id; sent again, it raises nothing new.")


class RaisedView(BaseModel):
    """The alert that was opened, or the open one that the new event joined."""

    alert_id: UUID


@router.get("")
async def alerts(
    web: WebDep,
    viewer: SignedIn,
    now: NowDep,
    place: PlaceDep,
    status: Annotated[Which, Query(description="Which alerts.")] = "open",
    priority: Annotated[Priority | None, Query()] = None,
    kind: Annotated[Words | None, Query(examples=["alarm.button"])] = None,
    client: Annotated[Reference | None, Query()] = None,
    limit: Limit = 50,
) -> AlertList:
    """List the alerts your organisation is party to, the newest first."""
    async with web.store.transaction(viewer) as uow:
        client_id = await _client(uow, client, now) if client is not None else None
        wanted = Wanted(OPEN[status], priority and priority.value, kind, client_id)
        rows = await uow.registry.alerts(wanted, place, limit + 1)
        page = rows[:limit]
        seen = sorted({one for row in page for one in row.client_ids})
        clients = await uow.registry.clients_of(seen)
        await uow.access.looked(viewer, None, seen, "alerts.list", now)
    more = cursor(page[-1].opened_at, page[-1].id) if len(rows) > limit else None
    return AlertList(items=[listed(row, clients) for row in page], next_cursor=more)


@router.get("/{alert_id}", responses=documented(404))
async def alert(alert_id: UUID, web: WebDep, viewer: SignedIn, now: NowDep) -> AlertView:
    """Read one alert: ladder, custody, watch, next moment, every attempt, the whole journal."""
    async with web.store.transaction(viewer) as uow:
        row = await uow.registry.alert(alert_id)
        found = await uow.alerts.get(alert_id)
        if row is None or found is None:
            raise NoSuchAlert(alert_id)
        attempts = await uow.registry.attempts(alert_id)
        lines = await uow.journal.of(alert_id)
        clients = await uow.registry.clients_of(found.client_ids)
        sharing = await uow.sharing.about(alert_id, now)
        people = people_in(found, attempts, lines)
        names = await uow.sharing.named(people, found.client_ids, sharing)
        plan = await _nameless(uow, found, sharing)
        right = BREAK_GLASS if sharing.opened else ""
        await uow.access.looked(viewer, alert_id, found.client_ids, "alert.read", now, right)
    return whole(row, found, clients, attempts, lines, names, plan)


@router.post("", status_code=201, responses=documented(403))
async def by_hand(body: ByHand, web: WebDep, viewer: SignedIn, now: NowDep) -> RaisedView:
    """Raise `alarm.manual` for a client; it follows their plan as any alarm does."""

    async def work(uow: UnitOfWork) -> UUID:
        client_id = await _client(uow, body.client, now)
        await uow.care.lock([client_id], ())
        subject = await uow.care.subject(client_id, None)
        if subject is None:
            raise _no_such_client(body.client)
        event = _event(body, subject, now)
        if (before := await uow.registry.alert_of_event(event.id)) is not None:
            return before
        raised = await record_event(uow, event, subject)
        assert raised is not None  # a manual alarm is of the alarm family: it always ends somewhere
        uow.touched |= {"board", "due", "outbox"}
        await uow.access.looked(viewer, raised, subject.client_ids, "alert.raise", now)
        return raised

    return RaisedView(alert_id=await web.store.retried(work, viewer))


async def _nameless(uow: UnitOfWork, found: Alert, sharing: Sharing) -> str | None:
    """Say which agreement it is, where its name is kept back: a caregiver's may stand in it."""
    kept = NOTHING.union(*(await uow.sharing.kept_back(sharing, found.client_ids)).values())
    if Part.CONTACTS not in kept:
        return None
    if found.plan.agreement_id is None:  # now; what it opened with may have been agreed
        return found.plan.name
    agreed = await read_agreement(uow.db, found.plan.agreement_id)
    return NOT_SHARED if agreed is None else told_agreement(agreed)


async def _client(uow: UnitOfWork, reference: str, now: datetime) -> UUID:
    found = await uow.registry.client(reference, now)
    if found is None:
        raise _no_such_client(reference)
    client_id: UUID = found.id
    return client_id


def _no_such_client(reference: str) -> FieldRefused:
    return FieldRefused(
        "client",
        f"there is no client {reference!r} you may see",
        "Send an id or external id from GET /api/v1/clients.",
    )


def _event(body: ByHand, subject: Subject, now: datetime) -> Event:
    event_id = uuid5(body.once, str(subject.subject_id))
    return replace(
        noticed(event_id, Kind.MANUAL, subject, now),
        adapter="hub",
        explanation=body.explanation,
    )
