"""What became of messages, for those who connect devices: raw row, events, alerts, states."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewer import Viewer
from hub.store.devices import ChannelState
from hub.store.messages import Pairs, pairs
from hub.store.tables import (
    alerts,
    device_states,
    devices,
    events,
    gateways,
    message_keys,
    messages,
    organisations,
    ripenings,
)
from hub.store.troubles import TROUBLED

SHOWN = 100
SEARCHED = 10_000  # of the newest messages: a filter that fits nothing must end some time


@dataclass(frozen=True, slots=True)
class Sought:
    """What is asked for; empty is all. `before` goes on from the last message of a page."""

    gateway: str = ""
    device: str = ""
    adapter: str = ""
    outcome: str = ""
    text: str = ""
    before: tuple[datetime, UUID] | None = None


@dataclass(frozen=True, slots=True)
class Became:
    """One event that came of a message, and the alert it opened or belongs to, if any."""

    id: UUID
    kind: str
    phase: str
    occurred_at: datetime
    time_source: str
    late: bool
    value: dict[str, Any]
    alert_id: UUID | None
    alert_kind: str
    alert_priority: str
    resolved: bool

    @property
    def opened(self) -> bool:
        """Whether the alert began with this event."""
        return self.alert_id == uuid5(self.id, "alert")


@dataclass(frozen=True, slots=True)
class Followed:
    """One stored message with what came of it; `device` is empty where none is registered."""

    id: UUID
    organisation_id: UUID
    organisation: str
    received_at: datetime
    gateway_id: UUID | None
    gateway: str
    device_id: UUID | None
    device: str
    device_key: str
    client_id: UUID | None
    source: str
    adapter: str
    topic: str
    payload: bytes
    size: int
    qos: int
    duplicate: bool
    replayed: bool
    outcome: str
    reason: str
    content_type: str
    user_properties: Pairs
    adapter_version: str
    contract: str
    became: tuple[Became, ...] = ()


def _chosen(payload: sa.ColumnElement[Any], source: Any) -> sa.Select[Any]:
    row = source.c
    return (
        sa.select(
            row.id,
            row.organisation_id,
            organisations.c.external_id.label("organisation"),
            row.received_at,
            row.gateway_id,
            sa.func.coalesce(gateways.c.external_id, "").label("gateway"),
            row.device_id,
            sa.func.coalesce(devices.c.external_id, "").label("device"),
            sa.func.coalesce(devices.c.key, "").label("device_key"),
            devices.c.client_id,
            row.source,
            row.adapter,
            row.topic,
            payload.label("payload"),
            sa.func.length(row.payload).label("size"),
            row.qos,
            row.duplicate,
            row.replayed,
            row.outcome,
            row.reason,
            row.content_type,
            row.user_properties,
            row.adapter_version,
            row.contract,
        )
        .join(organisations, organisations.c.id == row.organisation_id)
        .outerjoin(gateways, gateways.c.id == row.gateway_id)
        .outerjoin(devices, devices.c.id == row.device_id)
    )


async def follow(db: AsyncConnection, viewer: Viewer, sought: Sought) -> Sequence[Followed]:
    """List messages of the viewer's organisation, newest first, without their payloads.

    At most 100, from the newest 10,000 (before `before`); of those that became nothing, which
    have an index of their own, from the newest 10,000 of that outcome.
    """
    newest = _newest(viewer, sought)
    nothing = sa.literal(b"", sa.LargeBinary)
    asked = _chosen(nothing, newest).where(*_fitting(newest, sought))
    ordered = asked.order_by(newest.c.received_at.desc(), newest.c.id.desc()).limit(SHOWN)
    return await _with_events(db, (await db.execute(ordered)).all())


def _newest(viewer: Viewer, sought: Sought) -> sa.Subquery:
    asked = sa.select(messages).where(messages.c.organisation_id == viewer.organisation_id)
    if sought.outcome in TROUBLED:
        asked = asked.where(messages.c.outcome == sa.literal_column(f"'{sought.outcome}'"))
    if sought.before is not None:
        moment, message_id = sought.before
        last = sa.tuple_(sa.literal(moment, sa.DateTime(timezone=True)), sa.literal(message_id))
        asked = asked.where(
            messages.c.received_at <= moment,  # lets the index find the place
            sa.tuple_(messages.c.received_at, messages.c.id) < last,
        )
    ordered = asked.order_by(messages.c.received_at.desc(), messages.c.id.desc())
    return ordered.limit(SEARCHED).subquery()


def _fitting(newest: sa.Subquery, sought: Sought) -> list[sa.ColumnElement[bool]]:
    fitting: list[sa.ColumnElement[bool]] = []
    if sought.gateway:
        fitting.append(gateways.c.external_id == sought.gateway)
    if sought.device:
        fitting.append(
            sa.or_(devices.c.external_id == sought.device, devices.c.key == sought.device)
        )
    if sought.adapter:
        fitting.append(newest.c.adapter == sought.adapter)
    if sought.outcome:
        fitting.append(newest.c.outcome == sought.outcome)
    if sought.text:
        raw = sa.literal(sought.text.encode("utf-8", "replace"), sa.LargeBinary)
        fitting.append(
            sa.or_(
                newest.c.topic.icontains(sought.text, autoescape=True),
                newest.c.reason.icontains(sought.text, autoescape=True),
                sa.func.position(raw.op("IN")(newest.c.payload)) > 0,
            )
        )
    return fitting


async def followed(db: AsyncConnection, viewer: Viewer, message_id: UUID) -> Followed | None:
    """Read one message of the viewer's organisation, whole, as long as it is kept."""
    asked = _chosen(messages.c.payload, messages).where(
        messages.c.id == message_id, messages.c.organisation_id == viewer.organisation_id
    )
    found = await _with_events(db, (await db.execute(asked)).all())
    return found[0] if found else None


async def _with_events(db: AsyncConnection, rows: Sequence[Any]) -> list[Followed]:
    """Add events; they keep the moment at which their message was received, which is indexed."""
    asked = (
        sa.select(
            events.c.message_id,
            events.c.id,
            events.c.kind,
            events.c.phase,
            events.c.occurred_at,
            events.c.time_source,
            events.c.late,
            events.c.value,
            events.c.alert_id,
            sa.func.coalesce(alerts.c.kind, ""),
            sa.func.coalesce(alerts.c.priority, ""),
            alerts.c.resolved_at.is_not(None),
        )
        .outerjoin(alerts, alerts.c.id == events.c.alert_id)
        .where(
            events.c.received_at.in_({row.received_at for row in rows}),
            events.c.message_id.in_([row.id for row in rows]),
        )
        .order_by(events.c.id)
    )
    became: dict[UUID, list[Became]] = {}
    for message_id, *event in (await db.execute(asked)).all() if rows else ():
        became.setdefault(message_id, []).append(Became(*event))
    return [_followed(row, tuple(became.get(row.id, ()))) for row in rows]


def _followed(row: Any, became: tuple[Became, ...]) -> Followed:
    said = {**row._mapping, "user_properties": pairs(row.user_properties)}
    return Followed(**said, became=became)


async def first_of(db: AsyncConnection, message: Followed) -> UUID | None:
    """The message that an earlier one with the same key and bytes was, if this is its copy."""
    scope = f"{message.gateway_id}/{message.adapter}/{message.device_key}"
    asked = (
        sa.select(message_keys.c.message_id)
        .where(
            message_keys.c.scope == scope,
            message_keys.c.digest == sha256(message.payload).digest(),
            message_keys.c.first_at <= message.received_at,
            message_keys.c.message_id != message.id,
        )
        .order_by(message_keys.c.first_at.desc())
        .limit(1)
    )
    return (await db.execute(asked)).scalar_one_or_none()


async def states_of(db: AsyncConnection, device_id: UUID) -> Sequence[ChannelState]:
    """What each channel of a device says at this moment, by channel."""
    columns = [device_states.c[name] for name in ChannelState.__slots__]
    asked = sa.select(*columns).where(device_states.c.device_id == device_id)
    return [ChannelState(*row) for row in await db.execute(asked.order_by(device_states.c.channel))]


async def held_until(db: AsyncConnection, message: Followed) -> datetime | None:
    """The moment at which what this message said becomes an event if it lasts, where it waits."""
    asked = sa.select(ripenings.c.due_at).where(
        ripenings.c.subject_id == message.device_id,
        ripenings.c.what.startswith("hold:"),
        ripenings.c.state["message_id"].astext == str(message.id),
    )
    return (await db.execute(asked.limit(1))).scalar_one_or_none()
