"""GET /adapters: what translates messages at this hub, how good it is, and how it does."""

from fastapi import APIRouter, Request, Response

from hub.routes.board import around
from hub.routes.dependencies import FormToken, NowDep, WebDep
from hub.routes.inspector import Looker
from hub.screen.inspector_view import OUTCOMES, RUNS
from hub.screen.pages import page
from hub.store.traffic import traffic

router = APIRouter()


@router.get("/adapters")
async def show(
    request: Request, viewer: Looker, web: WebDep, now: NowDep, form_token: FormToken
) -> Response:
    """List the adapters that are switched on, and others that messages came for; counts only."""
    facts = await around(web, viewer)
    async with web.store.transaction(viewer) as uow:
        counted = await traffic(uow.db, viewer, now)
    running = web.adapters()
    off = sorted(set(counted) - {one.name for one in running} - {""})
    return page(
        request,
        "adapters.html",
        running=running,
        traffic=counted,
        off=off,
        outcomes=OUTCOMES,
        runs=RUNS,
        tab="inspector",
        form_token=form_token,
        now=now,
        **facts,
    )
