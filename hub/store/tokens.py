"""API tokens of integrators as whoever runs the hub hands them out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.model import Level
from hub.store.tables import api_tokens, contacts, organisations, users

ROLE = "integrator"
NO_PASSWORD = ""  # nothing hashes to it, so nobody signs in with it


class TokenTaken(Exception):
    """The organisation has, or had, a token of this name."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is listed, never the secret itself; it opens nothing after `expires_at`."""

    id: UUID
    named: str  # organisation/name
    role: str
    expires_at: datetime | None


class Tokens:
    """The tokens of one unit of work, to be changed."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def all(self) -> Sequence[Token]:
        """List every token, by organisation and name."""
        named = (organisations.c.external_id + "/" + api_tokens.c.external_id).label("named")
        asked = (
            sa.select(api_tokens.c.id, named, users.c.role, api_tokens.c.expires_at)
            .join(organisations, organisations.c.id == api_tokens.c.organisation_id)
            .join(users, users.c.id == api_tokens.c.user_id)
            .order_by(named)
        )
        return [Token(*row) for row in await self.db.execute(asked)]

    async def add(
        self,
        ids: tuple[UUID, UUID, UUID],
        organisation: tuple[UUID, str],
        name: str,
        token_hash: bytes,
        expires_at: datetime | None,
    ) -> None:
        """Make a token with a user of its own, under whose name its looks are recorded.

        `ids` are those of the contact, the user and the token; an organisation is its id and its
        own name. Raises TokenTaken.
        """
        contact_id, user_id, token_id = ids
        organisation_id, of = organisation
        own = {"organisation_id": organisation_id, "external_id": f"token-{name}"}
        contact = {"sort": "person", "name": name, "level": Level.TECHNICAL_DESK.value}
        user = {"login": f"{of}/{name}", "password_hash": NO_PASSWORD, "role": ROLE}
        rows = (
            (contacts, {"id": contact_id, **own, **contact}),
            (users, {"id": user_id, **own, **user, "contact_id": contact_id}),
            (
                api_tokens,
                {"id": token_id, **own, "external_id": name, "token_hash": token_hash,
                 "user_id": user_id, "expires_at": expires_at},
            ),
        )  # fmt: skip
        try:
            for table, row in rows:
                await self.db.execute(sa.insert(table).values(row))
        except IntegrityError as error:
            raise TokenTaken from error

    async def expire(self, token: Token, at: datetime) -> None:
        """Let a token open nothing from a moment on."""
        own = sa.update(api_tokens).where(api_tokens.c.id == token.id)
        await self.db.execute(own.values(expires_at=at))
