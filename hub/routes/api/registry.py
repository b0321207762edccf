"""/api/v1/clients, /devices, /gateways and /messages: what the hub knows, for integrators."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from hub.routes.api.lists import Limit, PlaceDep, cursor
from hub.routes.api.views import ClientView, Page
from hub.routes.dependencies import NowDep, SignedIn, WebDep
from hub.routes.problems import documented

router = APIRouter(tags=["registry"], responses=documented(401, 422, 503))


class RegisteredClient(ClientView):
    """A client as registered."""

    home_id: UUID
    place: str
    care_ended_at: datetime | None


class ClientList(BaseModel):
    """Clients, by external id."""

    items: list[RegisteredClient]


class DeviceView(BaseModel):
    """A device, and what it is bound to."""

    id: UUID
    external_id: str
    gateway: str = Field(examples=["gw-1"])
    adapter: str = Field(examples=["zigbee2mqtt"])
    key: str = Field(description="What the device calls itself in its messages.")
    client: str | None = Field(description="External id of the client it is bound to.")
    home_id: UUID | None
    name: str
    model: str
    role: str
    room: str
    last_seen_at: datetime | None
    untested_since: datetime | None = Field(
        description="Given to another then; rings at the care centre alone until a test press."
    )


class DeviceList(BaseModel):
    """Devices, by external id."""

    items: list[DeviceView]


class GatewayView(BaseModel):
    """A gateway: what authenticates to the hub. Its secret is never shown."""

    id: UUID
    external_id: str
    adapters: list[str]
    home_id: UUID | None
    last_seen_at: datetime | None
    disabled_at: datetime | None


class GatewayList(BaseModel):
    """Gateways, by external id."""

    items: list[GatewayView]


class MessageView(BaseModel):
    """One raw message and what became of it. The payload is not shown."""

    id: UUID
    received_at: datetime
    gateway: str | None
    device_id: UUID | None
    source: str = Field(examples=["door"])
    adapter: str
    topic: str
    size: int = Field(description="Bytes of payload.")
    qos: int
    duplicate: bool
    replayed: bool
    outcome: str = Field(examples=["rejected"])
    reason: str = Field(examples=["undecodable: no field `action`"])


class MessageList(Page):
    """Messages, the newest first."""

    items: list[MessageView]


@router.get("/clients")
async def clients(web: WebDep, viewer: SignedIn, now: NowDep) -> ClientList:
    """List the clients of your organisation, and of those it is the care centre of."""
    async with web.store.transaction(viewer) as uow:
        rows = await uow.registry.clients(now)
        await uow.access.looked(viewer, None, [row.id for row in rows], "clients.list", now)
    return ClientList(
        items=[RegisteredClient.model_validate(row, from_attributes=True) for row in rows]
    )


@router.get("/devices")
async def devices(web: WebDep, viewer: SignedIn, now: NowDep) -> DeviceList:
    """List devices and what they are bound to."""
    async with web.store.transaction(viewer) as uow:
        rows = await uow.registry.devices(now)
    return DeviceList(items=[DeviceView.model_validate(row, from_attributes=True) for row in rows])


@router.get("/gateways")
async def gateways(web: WebDep, viewer: SignedIn, now: NowDep) -> GatewayList:
    """List gateways and when each was last heard."""
    async with web.store.transaction(viewer) as uow:
        rows = await uow.registry.gateways(now)
    return GatewayList(
        items=[GatewayView.model_validate(row, from_attributes=True) for row in rows]
    )


@router.get("/messages")
async def messages(
    web: WebDep,
    viewer: SignedIn,
    now: NowDep,
    place: PlaceDep,
    outcome: Annotated[
        Literal["decoded", "ignored", "rejected", "quarantined", "refused"] | None,
        Query(description="Left out: whatever was rejected, quarantined or refused."),
    ] = None,
    limit: Limit = 50,
) -> MessageList:
    """List raw messages with what became of them and why: begin here when a device is silent."""
    async with web.store.transaction(viewer) as uow:
        rows = await uow.registry.messages(outcome, place, limit + 1, now)
    page = rows[:limit]
    more = cursor(page[-1].received_at, page[-1].id) if len(rows) > limit else None
    items = [MessageView.model_validate(row, from_attributes=True) for row in page]
    return MessageList(items=items, next_cursor=more)
