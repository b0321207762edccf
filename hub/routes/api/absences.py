"""/api/v1/contacts/{contact}/absence and /absences/{id}: a caregiver drops out, in one action.

Every plan that is hit has a proposal; one more action puts those in force, and one takes it back.
"""

from collections.abc import Awaitable, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID, uuid4

import sqlalchemy as sa
from fastapi import APIRouter, HTTPException, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from escalation.model import Level
from hub.access.viewer import Viewer
from hub.plans.dropping_out import Away, Hit, drops_out
from hub.registry.records import Trouble
from hub.registry.standing_in import (
    NoSuchAbsence,
    Standing,
    Tried,
    is_back,
    put_in_force,
    standing_of,
    take_back,
)
from hub.routes.api.activations import Reviewer
from hub.routes.api.bodies import NoNul
from hub.routes.api.modes import Setter
from hub.routes.dependencies import NowDep, Web, WebDep
from hub.routes.problems import FieldProblem, FieldRefused, documented
from hub.store.people import named
from hub.store.tables import clients, contacts
from hub.store.unit_of_work import UnitOfWork

Result = TypeVar("Result")

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


class Wanted(BaseModel):
    """Which temporary plans to put in force; they hold as long as the absence."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"clients": ["anne"]}]},
    )

    clients: list[str] | None = Field(
        default=None, max_length=500, description="External ids or ids; left out: of everybody."
    )
    reason: Annotated[str, Field(max_length=400), NoNul] = Field(
        default="", description="In an emergency: why it must hold in spite of its errors."
    )


class TemporaryPlan(BaseModel):
    """What is proposed for one client, what is in force of it, and why it is not."""

    client_id: UUID
    external_id: str
    review_by: date
    proposals: list[Proposal]
    in_force: list[str] = Field(description="External ids of temporary agreements.")
    in_force_until: datetime | None
    errors: list[FieldProblem] = Field(description="Why it was not put in force just now.")


class Absent(BaseModel):
    """An absence and every plan it hits."""

    absence_id: UUID
    contact_id: UUID
    begins_at: datetime
    ends_at: datetime | None
    plans: list[TemporaryPlan]


@router.get("/absences/{absence_id}")
async def show_absence(absence_id: UUID, web: WebDep, viewer: Reviewer, now: NowDep) -> Absent:
    """Show every plan an absence hits, what is proposed for it, and what is in force."""
    return await absent(web, viewer, absence_id, now, ())


@router.post("/absences/{absence_id}/temporary-plans")
async def put_temporary_plans(
    absence_id: UUID, body: Wanted, web: WebDep, viewer: Reviewer, now: NowDep
) -> Absent:
    """Put the temporary plans in force at once, of some clients or of all.

    Each is proved first. One with an error stays out and says why; with a `reason` it comes in
    force all the same, for a second person to review. What is in force stays as it is.
    """
    tried = await putting(web, viewer, absence_id, body, now)
    return await absent(web, viewer, absence_id, now, tried)


@router.delete("/absences/{absence_id}/temporary-plans")
async def take_temporary_plans_back(
    absence_id: UUID,
    web: WebDep,
    viewer: Reviewer,
    now: NowDep,
    client: Annotated[str, Query(max_length=500, description="Left out: of everybody.")] = "",
) -> Absent:
    """End the temporary plans at once: what was agreed before is followed again."""
    async with web.store.transaction(viewer) as uow:
        chosen = await _chosen(uow, viewer, [client] if client else None)
    await found_or_404(take_back(web.store, viewer, absence_id, chosen, now))
    return await absent(web, viewer, absence_id, now, ())


@router.delete("/absences/{absence_id}")
async def end_absence(absence_id: UUID, web: WebDep, viewer: Reviewer, now: NowDep) -> Absent:
    """Call whoever was away again from now on; the temporary plans end with the absence."""
    shown = await absent(web, viewer, absence_id, now, ())
    await found_or_404(is_back(web.store, viewer, absence_id, now))
    return shown.model_copy(update={"ends_at": now, "plans": []})


async def putting(
    web: Web, viewer: Viewer, absence_id: UUID, body: Wanted, now: datetime
) -> Sequence[Tried]:
    """Put what is wanted in force. Raises HTTPException."""
    async with web.store.transaction(viewer) as uow:
        chosen = await _chosen(uow, viewer, body.clients)
    args = (viewer, absence_id, chosen, body.reason.strip(), now, web.think)
    return await found_or_404(put_in_force(web.store, *args))


async def _chosen(
    uow: UnitOfWork, viewer: Viewer, wanted: Sequence[str] | None
) -> Sequence[UUID] | None:
    if wanted is None:
        return None
    asked = sa.select(clients.c.id).where(
        clients.c.organisation_id == viewer.organisation_id,
        sa.or_(*(named(clients, one) for one in wanted), sa.false()),
    )
    return list((await uow.db.execute(asked)).scalars())


async def found_or_404(work: Awaitable[Result]) -> Result:
    """Wait for what is asked of an absence; 404 where there is none."""
    try:
        return await work
    except NoSuchAbsence as error:
        raise HTTPException(404, "There is no such absence in your organisation.") from error


async def absent(
    web: Web, viewer: Viewer, absence_id: UUID, now: datetime, tried: Sequence[Tried]
) -> Absent:
    """Show an absence; every look is on record."""
    async with web.store.transaction(viewer) as uow:
        found = await found_or_404(standing_of(uow, absence_id, viewer.organisation_id, now))
        seen = [one.client_id for one in found.hits]
        await uow.access.looked(viewer, None, seen, "absence.show", now)
    wrong = {one.client_id: one.troubles for one in tried}
    plans = [_temporary(one, found, wrong.get(one.client_id, ())) for one in found.hits]
    return Absent(
        absence_id=absence_id,
        contact_id=found.away.contact_id,
        begins_at=found.away.begins_at,
        ends_at=found.away.ends_at,
        plans=plans,
    )


def _temporary(hit: Hit, found: Standing, troubles: Sequence[Trouble]) -> TemporaryPlan:
    standing = found.in_force.get(hit.client_id, ())
    return TemporaryPlan(
        **_plan(hit).model_dump(),
        in_force=[one.agreement for one in standing],
        in_force_until=max((one.valid_until for one in standing if one.valid_until), default=None),
        errors=[
            FieldProblem(field=one.where, problem=one.problem, remedy=one.remedy)
            for one in troubles
        ],
    )
