"""GET /plans: where care plans do not hold, with the moment and the remedy; work for the day."""

from fastapi import APIRouter, Request, Response

from hub.routes.board import around
from hub.routes.dependencies import FormToken, NowDep, SignedIn, WebDep
from hub.screen.pages import page

router = APIRouter()


@router.get("/plans")
async def show(
    request: Request, viewer: SignedIn, web: WebDep, now: NowDep, form_token: FormToken
) -> Response:
    """List the plans with findings, errors first; every look is on record."""
    facts = await around(web, viewer)
    async with web.store.transaction(viewer) as uow:
        rows = await uow.proofs.seen(viewer, now)
        found = [one for one in rows if one.errors or one.warnings]
        seen = sorted(one.client_id for one in found)
        await uow.access.looked(viewer, None, seen, "plans.show", now)
    return page(
        request, "plans.html", plans=found, proved=len(rows), tab="plans", form_token=form_token,
        now=now, **facts,
    )  # fmt: skip
