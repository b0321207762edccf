"""/api/v1/contacts/{contact}/divert: a team sends its calls on for a while, or takes them back."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, HTTPException
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hub.access.viewer import Viewer
from hub.registry.diverting import (
    NoSuchTeam,
    NotThere,
    Team,
    divert,
    diverts_of,
    end_divert,
    targets_of,
    team_of,
)
from hub.registry.outcome import who_of
from hub.routes.api.activations import may_review
from hub.routes.api.bodies import NoNul
from hub.routes.api.modes import Setter
from hub.routes.dependencies import NotForThisRole, NowDep, WebDep
from hub.routes.problems import FieldRefused, documented
from hub.store.people import named
from hub.store.tables import contacts
from hub.store.unit_of_work import UnitOfWork

router = APIRouter(tags=["plans"], responses=documented(401, 403, 404, 422, 503))


class NewDivert(BaseModel):
    """To whom a team's calls go from now on, until a moment within a day."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"to": "night-west", "ends_at": "2026-11-23T07:00:00+01:00"}]
        },
    )

    to: Annotated[str, Field(max_length=200), NoNul] = Field(
        description="Id, or external id, of a team or service that can take them."
    )
    ends_at: AwareDatetime


class DivertView(BaseModel):
    """A divert that is in force or has yet to begin."""

    to: str = Field(description="The name of who takes the calls.")
    begins_at: datetime
    ends_at: datetime


class TeamDiverts(BaseModel):
    """What a team sends on, and to whom it can."""

    contact_id: UUID
    items: list[DivertView]
    can_take: list[str] = Field(description="External ids of who can take its calls.")


@router.get("/contacts/{contact}/divert")
async def diverts(contact: str, web: WebDep, viewer: Setter, now: NowDep) -> TeamDiverts:
    """Show to whom a team's calls go, and to whom they can."""
    async with web.store.transaction(viewer) as uow:
        return await _shown(uow, await own_team(uow, viewer, contact), now)


@router.post("/contacts/{contact}/divert", status_code=201)
async def put_divert(
    contact: str, body: NewDivert, web: WebDep, viewer: Setter, now: NowDep
) -> TeamDiverts:
    """Send a team's calls on from now until a moment; one in force makes place for it.

    For the people of the team, and for who agrees on plans in its organisation. Where the other
    cannot be called the team is called all the same.
    """

    async def work(uow: UnitOfWork) -> TeamDiverts:
        team = await own_team(uow, viewer, contact)
        targets = await targets_of(uow, team, now)
        chosen = [one.id for one in targets if body.to in (str(one.id), one.external_id)]
        if len(chosen) != 1:
            raise FieldRefused("to", "cannot take these calls", "Send one of `can_take`.")
        await diverted(uow, team, chosen[0], body.ends_at.astimezone(UTC), viewer, now)
        return await _shown(uow, team, now)

    return await web.store.retried(work, viewer)


@router.delete("/contacts/{contact}/divert")
async def delete_divert(contact: str, web: WebDep, viewer: Setter, now: NowDep) -> TeamDiverts:
    """Let a team be called again from now on; a second time changes nothing."""

    async def work(uow: UnitOfWork) -> TeamDiverts:
        team = await own_team(uow, viewer, contact)
        await end_divert(uow, team, who_of(viewer), now)
        return await _shown(uow, team, now)

    return await web.store.retried(work, viewer)


async def own_team(uow: UnitOfWork, viewer: Viewer, contact: str) -> Team:
    """Find a team of the viewer's organisation that they may divert.

    Raises NotForThisRole, and HTTPException where there is none.
    """
    asked = sa.select(contacts.c.id).where(
        contacts.c.organisation_id == viewer.organisation_id, named(contacts, contact)
    )
    ids = list((await uow.db.execute(asked)).scalars())
    try:
        team = await team_of(uow, ids[0] if len(ids) == 1 else UUID(int=0))
    except NoSuchTeam as error:
        raise HTTPException(404, "There is no such team of your organisation.") from error
    if not may_divert(viewer, team):
        raise NotForThisRole
    return team


def may_divert(viewer: Viewer, team: Team) -> bool:
    """Whether somebody belongs to a team, or agrees on the plans of its organisation."""
    belongs = team.id in {viewer.contact_id} | viewer.answers_for
    return belongs or may_review(viewer, team.organisation_id)


async def diverted(
    uow: UnitOfWork, team: Team, to_id: UUID, ends_at: datetime, viewer: Viewer, now: datetime
) -> None:
    """Send the calls on, on record. Raises FieldRefused."""
    try:
        await divert(uow, team, to_id, ends_at, who_of(viewer), now)
    except NotThere as error:
        raise FieldRefused("to", "cannot take these calls", "Choose another.") from error
    except ValueError as error:
        remedy = "Send a moment within 24 hours from now."
        raise FieldRefused("ends_at", "is past, or over a day away", remedy) from error


async def _shown(uow: UnitOfWork, team: Team, now: datetime) -> TeamDiverts:
    found = await diverts_of(uow, [team.id], now)
    items = [DivertView(to=one.to, begins_at=one.begins_at, ends_at=one.ends_at) for one in found]
    targets = await targets_of(uow, team, now)
    return TeamDiverts(
        contact_id=team.id, items=items, can_take=[one.external_id for one in targets]
    )
