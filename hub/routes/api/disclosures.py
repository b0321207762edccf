"""Seeing in an emergency what a contract keeps back: a visible act, with a reason, on record.

Whoever does so sees everything of this one alert's clients until it is over, and for two hours at
most. The provider reads in the account of the alert, and in GET /api/v1/disclosures, who it was,
when and why.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, HTTPException, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from hub.access.sharing import NOTHING, Part, Parts
from hub.access.viewer import Viewer
from hub.road.standing import NoSuchAlert
from hub.routes.api.bodies import NoNul
from hub.routes.dependencies import NowDep, SignedIn, Web, WebDep, Worker
from hub.routes.problems import documented
from hub.store.access import BREAK_GLASS
from hub.store.journal import Line
from hub.store.sharing import Disclosure
from hub.store.unit_of_work import UnitOfWork

router = APIRouter(tags=["alerts"], responses=documented(401, 403, 404, 409, 422, 503))

OPEN_FOR = timedelta(hours=2)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), NoNul]


class Disclose(BaseModel):
    """Why somebody must see what is not shared."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "Deur op slot, sleutelkluis niet te vinden."}]},
    )

    reason: Why


class DisclosedView(BaseModel):
    """What was opened, and until when; without parts nothing was kept back."""

    parts: list[str] = Field(examples=[["instructions", "contacts"]])
    until: datetime | None


class DisclosureView(BaseModel):
    """Somebody of another organisation saw what your contract with it does not share."""

    id: UUID
    alert_id: UUID
    organisation: str = Field(examples=["Nachtzorg Zwolle"])
    by: str
    at: datetime
    until: datetime
    reason: str
    parts: list[str]


class DisclosureList(BaseModel):
    """Disclosures of your clients, the newest first; 200 at most."""

    items: list[DisclosureView]


@router.post("/alerts/{alert_id}/disclose")
async def disclose(
    alert_id: UUID, body: Disclose, web: WebDep, viewer: Worker, now: NowDep
) -> DisclosedView:
    """See everything of this alert's clients until it is over, whatever the contract shares.

    For two hours at most. It is put on record with your reason, and the provider sees it. 409 once
    the alert is over.
    """
    return await opened(web, viewer, alert_id, body.reason, now)


@router.get("/disclosures")
async def disclosures(
    web: WebDep,
    viewer: SignedIn,
    now: NowDep,
    since: Annotated[AwareDatetime, Query(description="From this moment on.")] = LONG_AGO,
) -> DisclosureList:
    """List who opened what your contracts keep back, with the reason each gave."""
    async with web.store.transaction(viewer) as uow:
        rows = await uow.sharing.disclosed(viewer.organisation_id, since)
        seen = sorted({one for row in rows for one in row.client_ids})
        await uow.access.looked(viewer, None, seen, "disclosures.list", now)
    items = [DisclosureView.model_validate(row, from_attributes=True) for row in rows]
    return DisclosureList(items=items)


async def opened(
    web: Web, viewer: Viewer, alert_id: UUID, reason: str, now: datetime
) -> DisclosedView:
    """Open what is kept back of an alert, for one person. Raises NoSuchAlert, HTTPException 409.

    Where nothing is kept back, or it was opened before, nothing more happens.
    """

    async def work(uow: UnitOfWork) -> DisclosedView:
        alert = await uow.registry.alert(alert_id)
        if alert is None:
            raise NoSuchAlert(alert_id)
        sharing = await uow.sharing.about(alert_id, now)
        parts = NOTHING.union(*(await uow.sharing.kept_back(sharing, alert.client_ids)).values())
        if not parts:
            return DisclosedView(parts=[], until=None)
        if alert.resolved_at is not None:
            raise HTTPException(409, "The alert is over: nothing more is opened of its clients.")
        return await _on_record(uow, viewer, alert, parts, reason, now)

    return await web.store.retried(work, viewer)


async def _on_record(
    uow: UnitOfWork, viewer: Viewer, alert: Any, parts: Parts, reason: str, now: datetime
) -> DisclosedView:
    listed = [one.value for one in Part if one in parts]
    until, owner = now + OPEN_FOR, alert.organisation_id
    one = Disclosure(
        uuid4(), owner, alert.id, viewer.organisation_id, viewer.user_id, viewer.name,
        now, until, reason, listed,
    )  # fmt: skip
    await uow.sharing.disclose(one)
    line = Line("disclosed", {"reason": reason, "parts": listed}, viewer.contact_id)
    await uow.journal.write(owner, alert.id, [line], now)
    await uow.access.looked(
        viewer, alert.id, alert.client_ids, "alert.disclose", now, BREAK_GLASS, reason
    )
    uow.touched |= {"board"}
    return DisclosedView(parts=listed, until=until)
