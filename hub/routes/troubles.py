"""GET /problems: messages that became nothing, with their reasons; POST /problems/seen ticks."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from hub.routes.board import around
from hub.routes.dependencies import FormToken, NowDep, SignedIn, WebDep, Worker
from hub.routes.inspector import LOOKERS
from hub.screen.pages import page
from hub.store.troubles import list_troubles, tick_seen

router = APIRouter()


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
        may_read=viewer.role in LOOKERS,
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
