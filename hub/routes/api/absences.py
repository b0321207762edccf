"""/api/v1/contacts/{contact}/absence: a caregiver drops out, in one action."""

from datetime import UTC, date
from typing import Annotated, Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from fastapi import APIRouter, HTTPException
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from escalation.model import Level
from hub.plans.dropping_out import Away, Hit, drops_out
from hub.routes.api.bodies import NoNul
from hub.routes.api.modes import Setter
from hub.routes.dependencies import NowDep, WebDep
from hub.routes.problems import FieldRefused, documented
from hub.store.people import named
from hub.store.tables import contacts
from hub.store.unit_of_work import UnitOfWork

router = APIRouter(tags=["plans"], responses=documented(401, 403, 404, 422, 503))


class NewAbsence(BaseModel):
    """From when until when somebody cannot be called; without an end until it is taken back."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"ends_at": "2026-12-01T12:00:00+01:00", "reason": "ill"}]},
    )

    begins_at: AwareDatetime | None = Field(default=None, description="Left out: now.")
    ends_at: AwareDatetime | None = None
    reason: Annotated[str, Field(max_length=400), NoNul] = ""
    once: UUID | None = Field(default=None, description="Sent again, it changes nothing.")


class ProposedStep(BaseModel):
    """One step of a proposed ladder."""

    level: Level
    wait_seconds: float
    who: list[UUID]


class Proposal(BaseModel):
    """What to agree meanwhile instead of one agreement: the same ladder without who is away."""

    agreement_id: UUID
    name: str
    steps: list[ProposedStep]


class PlanHit(BaseModel):
    """One client whose plan is hit."""

    client_id: UUID
    external_id: str
    review_by: date = Field(description="The team has work in its queue until then.")
    proposals: list[Proposal]


class PlansHit(BaseModel):
    """Every plan that an absence hits."""

    contact_id: UUID
    absence_id: UUID
    plans: list[PlanHit]


@router.post("/contacts/{contact}/absence", status_code=201)
async def absence(
    contact: str, body: NewAbsence, web: WebDep, viewer: Setter, now: NowDep
) -> PlansHit:
    """Call somebody no more, at once: tells every plan that hits, with a proposal for each."""
    begins_at = max(body.begins_at.astimezone(UTC), now) if body.begins_at is not None else now
    ends_at = None if body.ends_at is None else body.ends_at.astimezone(UTC)
    if ends_at is not None and ends_at <= begins_at:
        raise FieldRefused("ends_at", "is not after its beginning", "Send a moment to come.")

    async def work(uow: UnitOfWork) -> PlansHit:
        found = await uow.db.execute(
            sa.select(contacts.c.id).where(
                contacts.c.organisation_id == viewer.organisation_id, named(contacts, contact)
            )
        )
        ids = list(found.scalars())
        if len(ids) != 1:
            raise HTTPException(404, "There is no such contact of your organisation.")
        away = Away(
            body.once or uuid4(), viewer.organisation_id, ids[0], begins_at, ends_at, body.reason
        )
        hits = await drops_out(uow, away, now)
        seen = [one.client_id for one in hits]
        await uow.access.looked(viewer, None, seen, "absence.report", now)
        plans = [_plan(one) for one in hits]
        return PlansHit(contact_id=ids[0], absence_id=away.id, plans=plans)

    return await web.store.retried(work, viewer)


def _plan(hit: Hit) -> PlanHit:
    return PlanHit(
        client_id=hit.client_id,
        external_id=hit.external_id,
        review_by=hit.review_by,
        proposals=[
            Proposal(agreement_id=one.id, name=one.name, steps=[_step(step) for step in one.steps])
            for one in hit.proposed
        ],
    )


def _step(step: Any) -> ProposedStep:
    seconds = step.wait.total_seconds()
    return ProposedStep(level=step.level, wait_seconds=seconds, who=list(step.who))
