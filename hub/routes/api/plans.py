"""/api/v1/clients/{client}/who: who is called at a moment, for integrators and planners."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query
from pydantic import AwareDatetime, BaseModel, Field

from adapters.contract import Kind
from escalation.care_file import CareFile
from escalation.course import Rung
from escalation.model import Level, Priority
from hub.access.sharing import Part
from hub.plans.files import CareFiles, horizon
from hub.plans.telling import told_agreement
from hub.plans.who import Who, who
from hub.routes.api.modes import kept_back
from hub.routes.dependencies import NowDep, SignedIn, WebDep
from hub.routes.problems import FieldRefused, documented
from hub.store.care_files import read_rows, woken

router = APIRouter(tags=["plans"], responses=documented(401, 404, 422, 503))


FURTHEST = timedelta(days=731)


class NotCalled(BaseModel):
    """Somebody of a step who is not called, and why."""

    contact_id: UUID | None
    reason: str = Field(examples=["absent", "off_duty", "quiet", "load"])


class CalledStep(BaseModel):
    """One step of the ladder, nobody answering; 0 is the provider's backup, beside the others."""

    step: int
    level: Level
    after_seconds: float
    called: list[UUID]
    not_called: list[NotCalled]


class WhoIsCalled(BaseModel):
    """Who is called for such an event. Without steps nobody is: it waits on a list."""

    client_id: UUID
    at: datetime
    kind: str
    priority: Priority
    plan: str
    steps: list[CalledStep]


@router.get("/clients/{client}/who")
async def who_is_called(
    client: str,
    web: WebDep,
    viewer: SignedIn,
    now: NowDep,
    at: Annotated[
        AwareDatetime | None, Query(description="A moment with its offset; left out: now.")
    ] = None,
    kind: Kind = Kind.BUTTON,
) -> WhoIsCalled:
    """Say who is called at a moment, by id or external id of the client.

    It knows rosters, turns, absences, agreements and how often somebody was woken lately; not who
    is busy just then.
    """
    if at is not None and abs(at - now) > FURTHEST:
        raise FieldRefused("at", "is years away", "Ask about a moment within two years of now.")
    moment = now if at is None else at.astimezone(UTC)
    async with web.store.transaction(viewer) as uow:
        found = await uow.registry.client(client, now)
        if found is None:
            raise HTTPException(404, "There is no such client.")
        rows = await read_rows(uow.db, [found.id], *horizon(moment, 1))
        calls = await woken(uow.db, rows, moment)
        closed = Part.CONTACTS in await kept_back(uow, found.id, now)
        await uow.access.looked(viewer, None, [found.id], "client.who", now)
    files = list(CareFiles(rows, moment))
    if not files:
        raise HTTPException(404, "This client is no longer in care: the care centre is called.")
    answer = who(files[0], kind, moment, calls)
    return WhoIsCalled(
        client_id=found.id,
        at=moment,
        kind=kind,
        priority=answer.priority,
        plan=_called(answer, files[0], closed=closed),
        steps=[_step(one) for one in answer.rungs],
    )


def _called(answer: Who, care: CareFile, *, closed: bool) -> str:
    """What the agreement is called; where caregivers are kept back, what it is about and when."""
    agreed = next((one for one in care.agreements if one.id == answer.agreement_id), None)
    return told_agreement(agreed) if closed and agreed is not None else answer.plan


def _step(rung: Rung) -> CalledStep:
    return CalledStep(
        step=rung.step,
        level=rung.level,
        after_seconds=rung.after.total_seconds(),
        called=[one.id for one in rung.contacts],
        not_called=[
            NotCalled(contact_id=one.contact_id, reason=one.reason) for one in rung.skipped
        ],
    )
