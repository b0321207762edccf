"""The modes of clients: set, ended, and read; every moment is an argument."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.modes import InForce, Mode
from hub.access.sharing import NOT_SHARED
from hub.access.viewer import Viewer
from hub.store.tables import clients, contacts, modes, ripenings, service_contracts

LIFESTYLE = "lifestyle"  # the rules of a client's rhythm, which pause
MUTED = "muted:"  # what waits for a mode to end, by its kind


@dataclass(frozen=True, slots=True)
class ModeSet:
    """A mode as somebody sets it; `set_by_id` is a contact, or None where a device said so."""

    id: UUID
    organisation_id: UUID
    client_id: UUID
    mode: Mode
    begins_at: datetime
    ends_at: datetime
    set_by_id: UUID | None
    note: str = ""
    street: str = ""
    place: str = ""
    region_id: UUID | None = None
    provider_id: UUID | None = None


class Modes:
    """The modes of one unit of work. Who sets or ends one has locked the client."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def set(self, new: ModeSet, now: datetime) -> None:
        """Store a mode; one of the same sort that had not ended makes place for it."""
        same = (modes.c.client_id == new.client_id, modes.c.mode == new.mode)
        await self._end(now, new.set_by_id, *same)
        values = {name: getattr(new, name) for name in ModeSet.__slots__}
        await self.db.execute(sa.insert(modes).values(values | {"set_at": now}))

    async def end(self, mode_id: UUID, by: UUID | None, now: datetime) -> bool:
        """End a mode by hand; False when it had ended already or never was."""
        return bool(await self._end(now, by, modes.c.id == mode_id))

    async def end_of(self, client_id: UUID, mode: Mode, by: UUID | None, now: datetime) -> bool:
        """End what a client has of one sort; False when there was none."""
        same = (modes.c.client_id == client_id, modes.c.mode == mode)
        return bool(await self._end(now, by, *same))

    async def end_due(self, now: datetime) -> int:
        """End those whose moment has come; how many."""
        return len(await self._end(now, None, modes.c.ends_at <= now))

    async def next_end(self) -> datetime | None:
        """Say when the next mode ends."""
        asked = sa.select(sa.func.min(modes.c.ends_at)).where(modes.c.ended_at.is_(None))
        moment: datetime | None = (await self.db.execute(asked)).scalar_one()
        return moment

    async def _end(
        self, now: datetime, by: UUID | None, *which: sa.ColumnElement[bool]
    ) -> Sequence[UUID]:
        """End modes, and let what they muted or paused be looked at now."""
        ended_at = sa.func.least(modes.c.ends_at, sa.literal(now, sa.DateTime(timezone=True)))
        change = (
            sa.update(modes)
            .where(modes.c.ended_at.is_(None), *which)
            .values(ended_at=ended_at, ended_by_id=by)
            .returning(modes.c.client_id)
        )
        whose = list((await self.db.execute(change)).scalars())
        await self.look_again(whose, now)
        return whose

    async def look_again(self, client_ids: Sequence[UUID], now: datetime) -> None:
        """Let what modes of these clients muted or paused be looked at now."""
        if not client_ids:
            return
        homes = sa.select(clients.c.home_id).where(clients.c.id.in_(client_ids))
        about = ripenings.c.subject_id.in_(client_ids) | ripenings.c.subject_id.in_(homes)
        waiting = ripenings.c.what.like(f"{MUTED}%") | (ripenings.c.what == LIFESTYLE)
        await self.db.execute(sa.update(ripenings).where(about, waiting).values(due_at=now))

    async def of(
        self, client_ids: Iterable[UUID], now: datetime, *, notes: bool = True
    ) -> Sequence[Any]:
        """Read the modes of these clients that have not ended, with who set each: the first first.

        Also those that have yet to begin. Without `notes` their place says that they are kept back.
        """
        asked = _listed(notes=notes).where(
            modes.c.client_id.in_(list(client_ids)), modes.c.ends_at > now
        )
        rows: Sequence[Any] = (await self.db.execute(asked)).all()
        return rows

    async def get(self, mode_id: UUID) -> Any | None:
        """Read one mode that has not ended."""
        return (await self.db.execute(_listed().where(modes.c.id == mode_id))).first()


def _listed(*, notes: bool = True) -> sa.Select[Any]:
    kept_back = sa.case((modes.c.note == "", ""), else_=NOT_SHARED)
    columns = [one for one in modes.c if one.name != "note"]
    return (
        sa.select(
            *columns,
            (modes.c.note if notes else kept_back).label("note"),
            contacts.c.name.label("set_by"),
        )
        .outerjoin(contacts, contacts.c.id == modes.c.set_by_id)
        .where(modes.c.ended_at.is_(None))
        .order_by(modes.c.client_id, modes.c.begins_at, modes.c.id)
    )


def read_modes(stored: Iterable[Any] | None) -> tuple[InForce, ...]:
    """Read the modes of one client from JSON: the mode, and its bounds. Nonsense mutes nothing."""
    found = []
    for mode, begins_at, ends_at in stored or ():
        if mode in set(Mode):
            bounds = datetime.fromisoformat(begins_at), datetime.fromisoformat(ends_at)
            found.append(InForce(Mode(mode), *bounds))
    return tuple(found)


async def modes_seen(
    db: AsyncConnection, viewer: Viewer, now: datetime, name: str = ""
) -> Sequence[Any]:
    """List the modes in force of everybody the viewer's organisation cares for.

    With a name: the clients of that name or external id instead, with their modes, 50 at most.
    """
    moment = sa.literal(now, sa.DateTime(timezone=True))
    served = sa.select(service_contracts.c.organisation_id).where(
        service_contracts.c.served_by_id == viewer.organisation_id,
        service_contracts.c.role == "centre",
        service_contracts.c.valid.contains(moment),
    )
    own = clients.c.organisation_id == viewer.organisation_id
    going_on = sa.and_(
        modes.c.client_id == clients.c.id, modes.c.ended_at.is_(None), modes.c.ends_at > now
    )
    asked = (
        sa.select(
            clients.c.id.label("client_id"),
            clients.c.name,
            clients.c.care_ended_at,
            modes.c.mode,
            modes.c.begins_at,
            modes.c.ends_at,
            modes.c.external_id,
            contacts.c.name.label("set_by"),
        )
        .select_from(clients)
        .join(modes, going_on, isouter=bool(name))
        .outerjoin(contacts, contacts.c.id == modes.c.set_by_id)
        .where(sa.or_(own, clients.c.organisation_id.in_(served)))
        .order_by(clients.c.name, clients.c.id, modes.c.ends_at)
        .limit(50 if name else 500)
    )
    if name:
        like = clients.c.name.icontains(name, autoescape=True)
        asked = asked.where(sa.or_(like, clients.c.external_id == name))
    rows: Sequence[Any] = (await db.execute(asked)).all()
    return rows
