"""GET /plans: where care plans do not hold, with the moment and the remedy; work for the day.

What one person put in force in an emergency stands on it too, for a second one to review.
"""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from hub.plans.dropping_out import away_now
from hub.registry.reviews import Verdict
from hub.routes.api.activations import Reviewer, reviewed
from hub.routes.board import around
from hub.routes.dependencies import FormToken, NowDep, SignedIn, WebDep
from hub.screen.pages import page

router = APIRouter()

SHOWN_FOR = timedelta(days=30)


@router.get("/plans")
async def show(
    request: Request,
    viewer: SignedIn,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
    said: str = "",
) -> Response:
    """List what waits for review and the plans with findings; every look is on record."""
    facts = await around(web, viewer)
    async with web.store.transaction(viewer) as uow:
        rows = await uow.proofs.seen(viewer, now)
        found = [one for one in rows if one.errors or one.warnings]
        listed = await uow.activations.of(viewer.organisation_id)
        waiting = [one for one in listed if one.outcome is None]
        disclosed = await uow.sharing.disclosed(viewer.organisation_id, now - SHOWN_FOR)
        away = await away_now(uow.db, viewer.organisation_id, now)
        seen = {one.client_id for one in (*found, *waiting)} - {None}
        seen |= {client_id for one in disclosed for client_id in one.client_ids}
        await uow.access.looked(viewer, None, sorted(seen), "plans.show", now)
    return page(
        request, "plans.html", plans=found, proved=len(rows), waiting=waiting, away=away,
        disclosed=disclosed, tab="plans", own=viewer.user_id, said=SAID.get(said, ""),
        form_token=form_token, now=now, **facts,
    )  # fmt: skip


SAID = {
    "approve": "Goedgekeurd. De afspraak blijft gelden.",
    "withdraw": "Ingetrokken. Wat daarvoor was afgesproken, geldt nu weer.",
}


@router.post("/plans/activations/{activation_id}/{verdict}")
async def decide(
    activation_id: UUID, verdict: Verdict, viewer: Reviewer, web: WebDep, now: NowDep
) -> Response:
    """Approve or withdraw what somebody else put in force in an emergency."""
    await reviewed(web, viewer, activation_id, verdict, now)
    return RedirectResponse(f"/plans?said={verdict}", 303)
