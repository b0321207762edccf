"""/api/v1/activations: what one person put in force in an emergency, and its review."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, Field

from hub.access.viewer import Viewer
from hub.registry.outcome import who_of
from hub.registry.reviews import AlreadyReviewed, NoSuchActivation, Verdict, YourOwn, review
from hub.routes.dependencies import INTEGRATOR, TEAM, TESTER, NowDep, Web, WebDep, role
from hub.routes.problems import documented
from hub.store.unit_of_work import UnitOfWork

router = APIRouter(tags=["plans"], responses=documented(401, 403, 404, 409, 422, 503))

REVIEWING = (TEAM, INTEGRATOR, TESTER)
Reviewer = Annotated[Viewer, Depends(role(*REVIEWING))]


def may_review(viewer: Viewer, organisation_id: UUID) -> bool:
    """Whether somebody agrees on the plans of this organisation's clients."""
    return viewer.role in REVIEWING and viewer.organisation_id == organisation_id


class ActivationView(BaseModel):
    """An agreement that one person put in force in an emergency."""

    id: UUID
    agreement: str = Field(description="Its external id.")
    client: str | None = Field(description="External id; null: a default of the organisation.")
    at: datetime
    by: str
    reason: str
    errors: list[str] = Field(description="What was wrong with it, in Dutch.")
    review_by: datetime = Field(description="Overdue from then on, unless it was reviewed.")
    outcome: str | None = Field(examples=["approved", "withdrawn", "replaced"])
    reviewed_at: datetime | None
    reviewed_by: str


class ActivationList(BaseModel):
    """Emergency activations: what waits for review first, by its date; 200 at most."""

    items: list[ActivationView]


@router.get("/activations")
async def activations(web: WebDep, viewer: Reviewer, now: NowDep) -> ActivationList:
    """List what was put in force in an emergency in your organisation."""
    async with web.store.transaction(viewer) as uow:
        rows = await uow.activations.of(viewer.organisation_id)
        seen = {row.client_id for row in rows} - {None}
        await uow.access.looked(viewer, None, sorted(seen), "activations.list", now)
    return ActivationList(items=[_view(row) for row in rows])


@router.post("/activations/{activation_id}/{verdict}")
async def review_activation(
    activation_id: UUID, verdict: Verdict, web: WebDep, viewer: Reviewer, now: NowDep
) -> ActivationList:
    """Approve it, or withdraw it: then what was agreed before is in force again, at once.

    409 where you put it in force yourself, or where it was reviewed or replaced already.
    """
    await reviewed(web, viewer, activation_id, verdict, now)
    return await activations(web, viewer, now)


async def reviewed(
    web: Web, viewer: Viewer, activation_id: UUID, verdict: Verdict, now: datetime
) -> None:
    """Carry out what a second person decided. Raises HTTPException with what is in the way."""
    who = who_of(viewer)

    async def work(uow: UnitOfWork) -> None:
        await review(uow, activation_id, viewer.organisation_id, verdict, who, now)

    try:
        await web.store.retried(work, viewer)
    except NoSuchActivation as error:
        raise HTTPException(404, "There is no such activation in your organisation.") from error
    except YourOwn as error:
        raise HTTPException(409, "You put it in force: let a second person review it.") from error
    except AlreadyReviewed as error:
        raise HTTPException(409, f"It was {error.outcome} already.") from error


def _view(row: Any) -> ActivationView:
    same = {name: getattr(row, name) for name in ActivationView.model_fields if name != "errors"}
    return ActivationView(**same, errors=[one["text_nl"] for one in row.findings])
