"""GET /problems: messages that became nothing, with their reasons; POST /problems/seen ticks."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from hub.access.viewer import Viewer
from hub.routes.board import around
from hub.routes.dependencies import (
    INTEGRATOR,
    TESTER,
    FormToken,
    NowDep,
    SignedIn,
    Web,
    WebDep,
    Worker,
    role,
)
from hub.screen.pages import page
from hub.screen.raw_payload import shown as shown_payload
from hub.store.troubles import RawMessage, list_troubles, raw_message, tick_seen

router = APIRouter()

Integrator = Annotated[Viewer, Depends(role(INTEGRATOR, TESTER))]


@router.get("/problems")
async def show(
    request: Request, viewer: SignedIn, web: WebDep, now: NowDep, form_token: FormToken
) -> Response:
    """List the troubled messages of the last week, unseen first."""
    facts = await around(web, viewer)
    async with web.store.transaction(viewer) as uow:
        listed = await list_troubles(uow.db, viewer, now)
    return page(
        request,
        "troubles.html",
        troubles=listed,
        unseen=[one for one in listed if not one.seen],
        may_read=viewer.role in (INTEGRATOR, TESTER),
        tab="",
        form_token=form_token,
        now=now,
        **facts,
    )


@router.post("/problems/seen")
async def seen(
    viewer: Worker,
    web: WebDep,
    now: NowDep,
    one: Annotated[UUID | None, Form()] = None,
    shown: Annotated[list[UUID] | None, Form()] = None,
) -> Response:
    """Tick one message, or every message that was on the page: never one nobody saw."""
    ticked = [one] if one is not None else shown or []
    async with web.store.transaction(viewer) as uow:
        await tick_seen(uow.db, viewer, ticked, now)
    web.feed.changed("board")
    return RedirectResponse("/problems", 303)


@router.get("/problems/{message_id}")
async def message(
    message_id: UUID,
    request: Request,
    viewer: Integrator,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
) -> Response:
    """Show one message of the own organisation with its payload; the look is on record."""
    found = await _read(web, viewer, message_id, "message.read", now)
    facts = await around(web, viewer)
    return page(
        request,
        "message.html",
        message=found,
        payload=shown_payload(found.payload),
        size=len(found.payload),
        tab="",
        form_token=form_token,
        now=now,
        **facts,
    )


@router.get("/problems/{message_id}/payload")
async def payload(message_id: UUID, viewer: Integrator, web: WebDep, now: NowDep) -> Response:
    """Give the payload as it came in; that it was fetched is on record."""
    found = await _read(web, viewer, message_id, "message.download", now)
    name = f"nachtwacht-{found.received_at:%Y%m%dT%H%M%SZ}-{message_id}.bin"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(found.payload, media_type="application/octet-stream", headers=headers)


async def _read(
    web: Web, viewer: Viewer, message_id: UUID, action: str, now: datetime
) -> RawMessage:
    async with web.store.transaction(viewer) as uow:
        found = await raw_message(uow.db, viewer, message_id)
        if found is None:
            raise HTTPException(404)
        await uow.access.looked_at_message(
            viewer, found.organisation_id, found.client_id, action, now
        )
    return found
