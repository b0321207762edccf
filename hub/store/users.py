"""Accounts of people as whoever runs the hub hands them out: who signs in as which contact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.tables import contacts, organisations, sessions, users


class LoginTaken(Exception):
    """Somebody has this login, or the contact has an account already."""


@dataclass(frozen=True, slots=True)
class User:
    """An account as it is listed, never its password. `disabled_at` None: it may come in."""

    id: UUID
    login: str
    role: str
    named: str  # organisation/contact
    disabled_at: datetime | None
    ended_at: datetime | None  # of the contact


_LISTED = (
    sa.select(
        users.c.id,
        users.c.login,
        users.c.role,
        (organisations.c.external_id + "/" + contacts.c.external_id).label("named"),
        users.c.disabled_at,
        contacts.c.ended_at,
    )
    .join(contacts, contacts.c.id == users.c.contact_id)
    .join(organisations, organisations.c.id == users.c.organisation_id)
)


class Users:
    """The accounts of one unit of work, to be changed. Programs come in by token, not here."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def all(self) -> Sequence[User]:
        """List every account with a password, by login."""
        asked = _LISTED.where(users.c.password_hash != "").order_by(users.c.login)
        return [User(*row) for row in await self.db.execute(asked)]

    async def people_of(self, organisation_id: UUID, now: datetime) -> dict[str, tuple[UUID, str]]:
        """Give the persons among an organisation's contacts, by name: id and level."""
        found = await self.db.execute(
            sa.select(contacts.c.external_id, contacts.c.id, contacts.c.level)
            .where(contacts.c.organisation_id == organisation_id, contacts.c.sort == "person")
            .where(sa.or_(contacts.c.ended_at.is_(None), contacts.c.ended_at > now))
        )
        return {row.external_id: (row.id, row.level) for row in found}

    async def add(
        self, user_id: UUID, organisation_id: UUID, contact: tuple[UUID, str], **account: str
    ) -> None:
        """Make an account (`login`, `role`, `password_hash`) for a contact: its id and name.

        Raises LoginTaken.
        """
        contact_id, external_id = contact
        row = {
            "id": user_id,
            "organisation_id": organisation_id,
            "external_id": external_id,
            "contact_id": contact_id,
            **account,
        }
        try:
            await self.db.execute(sa.insert(users).values(row))
        except IntegrityError as error:
            raise LoginTaken from error

    async def set_password(self, user_id: UUID, password_hash: str, but: bytes = b"") -> None:
        """Keep a new password; every session of theirs ends, but for the one kept under `but`."""
        await self._change(user_id, password_hash=password_hash)
        await self._end_sessions(user_id, but)

    async def disable(self, user_id: UUID, at: datetime) -> None:
        """Let nobody in with this account, and end what is open."""
        await self._change(user_id, disabled_at=at)
        await self._end_sessions(user_id)

    async def enable(self, user_id: UUID) -> None:
        """Let it in again."""
        await self._change(user_id, disabled_at=None)

    async def secrets_of(self, user_id: UUID) -> tuple[str, str]:
        """Give an account's login, and what its password is checked against."""
        asked = sa.select(users.c.login, users.c.password_hash).where(users.c.id == user_id)
        login, password_hash = (await self.db.execute(asked)).one()
        return login, password_hash

    async def _change(self, user_id: UUID, **values: Any) -> None:
        await self.db.execute(sa.update(users).where(users.c.id == user_id).values(values))

    async def _end_sessions(self, user_id: UUID, but: bytes = b"") -> None:
        theirs = (sessions.c.user_id == user_id, sessions.c.token_hash != but)
        await self.db.execute(sa.delete(sessions).where(*theirs))
