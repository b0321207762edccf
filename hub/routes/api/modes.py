"""/api/v1/clients/{client}/modes and /care: who is away or not alone, and whose care has ended."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from fastapi import APIRouter, Depends, HTTPException
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from escalation.modes import LONGEST, Mode
from hub.access.sharing import NOTHING, Part, Parts
from hub.access.viewer import Viewer
from hub.routes.api.bodies import NoNul
from hub.routes.dependencies import (
    INTEGRATOR,
    NIGHT,
    OPERATOR,
    TEAM,
    TESTER,
    NowDep,
    SignedIn,
    WebDep,
    role,
)
from hub.routes.problems import FieldRefused, documented
from hub.store.modes import ModeSet
from hub.store.tables import clients, organisations, regions
from hub.store.unit_of_work import UnitOfWork

router = APIRouter(tags=["modes"], responses=documented(401, 403, 404, 422, 503))

SHORT = frozenset({Mode.CARER_PRESENT, Mode.MAINTENANCE, Mode.TEST})  # have an end of their own
SOON = timedelta(days=366)

Setter = Annotated[Viewer, Depends(role(OPERATOR, NIGHT, TEAM, INTEGRATOR, TESTER))]
Words = Annotated[str, Field(max_length=400), NoNul]


class NewMode(BaseModel):
    """A mode to set; one of the same sort that the client has makes place for it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"mode": "hospital", "ends_at": "2026-12-01T12:00:00+01:00"}]
        },
    )

    mode: Mode
    begins_at: AwareDatetime | None = Field(default=None, description="Left out: now.")
    ends_at: AwareDatetime | None = Field(
        default=None, description="May be left out for a visit, maintenance or a test."
    )
    note: Words = ""
    street: Words = Field(default="", description="Where the client is, for `elsewhere`.")
    place: Words = ""
    region: Words = Field(default="", description="Id or external id: whose night partner comes.")
    provider: Words = Field(default="", description="Id or external id: whose team comes.")


class ModeView(BaseModel):
    """A mode that is in force or has yet to begin."""

    id: UUID
    mode: Mode
    begins_at: datetime
    ends_at: datetime
    set_at: datetime
    set_by: str | None = Field(description="Who set it; null where a device said so.")
    note: str
    street: str
    place: str
    region_id: UUID | None
    provider_id: UUID | None


class ModeList(BaseModel):
    """The modes of one client, and whether their care has ended."""

    client_id: UUID
    care_ended_at: datetime | None
    items: list[ModeView]


class Care(BaseModel):
    """Whether care has ended, from this moment on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"ended": True}]})

    ended: bool


@router.get("/clients/{client}/modes")
async def modes_of(client: str, web: WebDep, viewer: SignedIn, now: NowDep) -> ModeList:
    """List a client's modes that have not ended, by id or external id of the client."""
    async with web.store.transaction(viewer) as uow:
        found = await client_of(uow, client, now)
        await uow.access.looked(viewer, None, [found.id], "modes.list", now)
        return await listed(uow, found.id, now)


@router.post("/clients/{client}/modes", status_code=201)
async def set_mode(
    client: str, body: NewMode, web: WebDep, viewer: Setter, now: NowDep
) -> ModeList:
    """Set a mode: it counts at once, and ends by itself. Sent again, it begins anew."""
    async with web.store.transaction(viewer) as uow:
        found = await client_of(uow, client, now)
        await put_mode(uow, found, body, viewer, now)
        return await listed(uow, found.id, now)


@router.post("/clients/{client}/modes/{mode}/end")
async def end_mode(client: str, mode: Mode, web: WebDep, viewer: Setter, now: NowDep) -> ModeList:
    """End a mode at once; one that has ended stays so. What it muted and is still true rings."""
    async with web.store.transaction(viewer) as uow:
        found = await client_of(uow, client, now)
        await take_mode(uow, found, mode, viewer, now)
        return await listed(uow, found.id, now)


@router.post("/clients/{client}/care")
async def end_care(client: str, body: Care, web: WebDep, viewer: Setter, now: NowDep) -> ModeList:
    """End somebody's care, or take that back. At once: a press then reaches the centre only."""
    async with web.store.transaction(viewer) as uow:
        found = await client_of(uow, client, now)
        await put_care(uow, found, viewer, now, ended=body.ended)
        return await listed(uow, found.id, now)


async def client_of(uow: UnitOfWork, reference: str, now: datetime) -> Any:
    """Find a client the viewer may see; 404 when there is not exactly one."""
    found = await uow.registry.client(reference, now)
    if found is None:
        raise HTTPException(404, "There is no such client.")
    return found


async def kept_back(uow: UnitOfWork, client_id: UUID, now: datetime) -> Parts:
    """Say what of a client is not shared with whoever asks."""
    sharing = await uow.sharing.now(now)
    return (await uow.sharing.kept_back(sharing, [client_id])).get(client_id, NOTHING)


async def put_mode(
    uow: UnitOfWork, client: Any, body: NewMode, viewer: Viewer, now: datetime
) -> None:
    """Set a mode for a client, and write down who did. Raises FieldRefused."""
    begins_at, ends_at = _bounds(body, now)
    new = ModeSet(
        uuid4(),
        client.organisation_id,
        client.id,
        body.mode,
        begins_at,
        ends_at,
        viewer.contact_id,
        body.note,
        body.street,
        body.place,
        await _named(uow, regions, "region", body.region),
        await _named(uow, organisations, "provider", body.provider),
    )
    await uow.care.lock({client.id}, set())
    await uow.modes.set(new, now)
    await uow.access.looked(viewer, None, [client.id], f"mode.set.{body.mode}", now)
    uow.touched |= {"board", "due", "modes"}


async def take_mode(
    uow: UnitOfWork, client: Any, mode: Mode, viewer: Viewer, now: datetime
) -> None:
    """End a client's mode, and write down who did."""
    await uow.care.lock({client.id}, set())
    if await uow.modes.end_of(client.id, mode, viewer.contact_id, now):
        await uow.access.looked(viewer, None, [client.id], f"mode.end.{mode}", now)
        uow.touched |= {"board", "due", "modes"}


async def put_care(
    uow: UnitOfWork, client: Any, viewer: Viewer, now: datetime, *, ended: bool
) -> None:
    """End somebody's care now, or take it up again, and write down who did."""
    await uow.care.lock({client.id}, set())
    change = sa.update(clients).where(clients.c.id == client.id)
    await uow.db.execute(
        change.where(clients.c.care_ended_at.is_(None)).values(care_ended_at=now)
        if ended
        else change.values(care_ended_at=None)
    )
    action = "care.end" if ended else "care.resume"
    await uow.access.looked(viewer, None, [client.id], action, now)
    uow.touched |= {"board", "registry"}


async def listed(uow: UnitOfWork, client_id: UUID, now: datetime) -> ModeList:
    """A client's modes as they are now."""
    row = (await uow.registry.clients_of([client_id]))[client_id]
    notes = Part.INSTRUCTIONS not in await kept_back(uow, client_id, now)
    found = await uow.modes.of([client_id], now, notes=notes)
    items = [ModeView.model_validate(one, from_attributes=True) for one in found]
    return ModeList(client_id=client_id, care_ended_at=row.care_ended_at, items=items)


def _bounds(body: NewMode, now: datetime) -> tuple[datetime, datetime]:
    """From when until when. Raises FieldRefused for no end, one that is past, or one too late."""
    begins_at = max(body.begins_at.astimezone(UTC), now) if body.begins_at is not None else now
    longest = LONGEST[body.mode]
    if begins_at > now + SOON:
        raise FieldRefused("begins_at", "is over a year away", "Send a moment within a year.")
    if body.ends_at is None:
        if body.mode not in SHORT:
            raise FieldRefused("ends_at", "this mode needs an end", "Send the moment it ends.")
        return begins_at, begins_at + longest
    ends_at = body.ends_at.astimezone(UTC)
    if ends_at <= begins_at:
        raise FieldRefused("ends_at", "is not after its beginning", "Send a moment to come.")
    if ends_at > begins_at + longest:
        most = f"at most {longest} after it begins"
        raise FieldRefused("ends_at", "is too far away", f"Send a moment {most}.")
    return begins_at, ends_at


async def _named(uow: UnitOfWork, table: sa.Table, field: str, name: str) -> UUID | None:
    if not name:
        return None
    same = sa.or_(table.c.external_id == name, sa.cast(table.c.id, sa.Text) == name)
    found: UUID | None = await uow.db.scalar(sa.select(table.c.id).where(same))
    if found is None:
        raise FieldRefused(field, f"there is no {field} of that name", "Send its external id.")
    return found
