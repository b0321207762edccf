"""People and how they come in: users, sessions, API tokens, sign-in attempts, and who acts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.model import Actor, Level
from hub.access.viewer import Viewer
from hub.store.tables import (
    alert_parties,
    alerts,
    api_tokens,
    contacts,
    memberships,
    sessions,
    sign_in_attempts,
    users,
)

SEEN_EVERY = timedelta(minutes=1)
ATTEMPTS_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Login:
    """A user as sign-in needs it."""

    user_id: UUID
    organisation_id: UUID
    password_hash: str


@dataclass(frozen=True, slots=True)
class Session:
    """A live session: who it is, and what their forms must carry."""

    viewer: Viewer
    form_token: str


@dataclass(frozen=True, slots=True)
class Tries:
    """How often a key failed in a row, and until when it may not try again."""

    failures: int
    blocked_until: datetime | None


@dataclass(frozen=True, slots=True)
class Person:
    """A contact by its name, for screens and answers."""

    id: UUID
    external_id: str
    name: str
    level: Level
    sort: str
    organisation_id: UUID
    withheld: bool = False  # who it is, is not shared with whoever asks


class People:
    """Reads and writes of those who may come in; every moment is an argument."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def login(self, login: str, now: datetime) -> Login | None:
        """Find a user by login name who may come in."""
        found = await self.db.execute(
            sa.select(users.c.id, users.c.organisation_id, users.c.password_hash)
            .join(contacts, contacts.c.id == users.c.contact_id)
            .where(users.c.login == login, *_may_come_in(now))
        )
        row = found.first()
        return Login(*row) if row is not None else None

    async def open_session(
        self, user: Login, token_hash: bytes, form_token: str, now: datetime, ends_at: datetime
    ) -> None:
        """Start a session for a user who proved who they are."""
        await self.db.execute(
            sa.insert(sessions).values(
                token_hash=token_hash,
                organisation_id=user.organisation_id,
                user_id=user.user_id,
                form_token=form_token,
                created_at=now,
                seen_at=now,
                expires_at=ends_at,
            )
        )

    async def session(
        self, token_hash: bytes, now: datetime, idle: timedelta, address: str
    ) -> Session | None:
        """Find a live session by its token and note, at most once a minute, that it was used."""
        found = await self.db.execute(
            _viewers(now, sessions.c.form_token, sessions.c.seen_at)
            .join(sessions, sessions.c.user_id == users.c.id)
            .where(
                sessions.c.token_hash == token_hash,
                sessions.c.expires_at > now,
                sessions.c.seen_at > now - idle,
            )
        )
        row = found.first()
        if row is None:
            return None
        if row.seen_at < now - SEEN_EVERY:
            await self._seen(token_hash, now)
        return Session(_viewer(row, address), row.form_token)

    async def _seen(self, token_hash: bytes, now: datetime) -> None:
        await self.db.execute(
            sa.update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=now)
        )

    async def end_session(self, token_hash: bytes) -> None:
        """End a session; one that does not exist is as good as ended."""
        await self.db.execute(sa.delete(sessions).where(sessions.c.token_hash == token_hash))

    async def token(self, token_hash: bytes, now: datetime, address: str) -> Viewer | None:
        """Find the user behind a live API token."""
        found = await self.db.execute(
            _viewers(now)
            .join(api_tokens, api_tokens.c.user_id == users.c.id)
            .where(
                api_tokens.c.token_hash == token_hash,
                sa.or_(api_tokens.c.expires_at.is_(None), api_tokens.c.expires_at > now),
            )
        )
        row = found.first()
        return _viewer(row, address) if row is not None else None

    async def tries(self, key: str, now: datetime) -> Tries:
        """Read and lock what is known of a key, so that a hundred tries at once are a hundred."""
        new = insert(sign_in_attempts).values(login=key, failures=0, last_at=now)
        locked = new.on_conflict_do_update(
            index_elements=[sign_in_attempts.c.login], set_={"last_at": now}
        ).returning(sign_in_attempts.c.failures, sign_in_attempts.c.blocked_until)
        return Tries(*(await self.db.execute(locked)).one())

    async def count_try(self, key: str, failures: int, blocked_until: datetime | None) -> None:
        """Count a try before it is judged, and let the next one wait until a moment."""
        await self.db.execute(
            sa.update(sign_in_attempts)
            .where(sign_in_attempts.c.login == key)
            .values(failures=failures, blocked_until=blocked_until)
        )

    async def forgive(self, keys: Sequence[str]) -> None:
        """Forget the failures of somebody who proved who they are."""
        await self.db.execute(sa.delete(sign_in_attempts).where(sign_in_attempts.c.login.in_(keys)))

    async def forget(self, now: datetime) -> None:
        """Remove what has run out: ended sessions, and failures of more than a day ago."""
        await self.db.execute(sa.delete(sessions).where(sessions.c.expires_at <= now))
        await self.db.execute(
            sa.delete(sign_in_attempts).where(sign_in_attempts.c.last_at < now - ATTEMPTS_KEPT)
        )

    async def actor(self, contact_id: UUID) -> Actor | None:
        """Say who acts when this contact answers, with the teams and desks it belongs to."""
        found = await self.db.execute(
            sa.select(contacts.c.level, contacts.c.sort, _groups(contacts.c.id)).where(
                contacts.c.id == contact_id
            )
        )
        row = found.first()
        if row is None:
            return None
        groups = frozenset(row.groups)
        return Actor(contact_id, Level(row.level), groups, row.sort == "organisation")

    async def of_alert(self, alert_id: UUID, reference: str) -> Person | None:
        """Find a contact by id or external id among the organisations that see this alert."""
        seeing = sa.union(
            sa.select(alert_parties.c.party_id).where(alert_parties.c.alert_id == alert_id),
            sa.select(alerts.c.organisation_id).where(alerts.c.id == alert_id),
        )
        found = await self.db.execute(
            sa.select(*_PERSON).where(
                contacts.c.organisation_id.in_(seeing), named(contacts, reference)
            )
        )
        rows = found.all()
        return _person(rows[0]) if len(rows) == 1 else None

    async def named(self, contact_ids: Iterable[UUID]) -> dict[UUID, Person]:
        """Say who these contacts are; an id that is no contact is left out."""
        found = await self.db.execute(
            sa.select(*_PERSON).where(contacts.c.id.in_(set(contact_ids)))
        )
        return {row.id: _person(row) for row in found}


_PERSON = (
    contacts.c.id,
    contacts.c.external_id,
    contacts.c.name,
    contacts.c.level,
    contacts.c.sort,
    contacts.c.organisation_id,
)


def named(table: sa.Table, reference: str) -> sa.ColumnElement[bool]:
    """Match a row by its id or its external id."""
    try:
        return sa.or_(table.c.id == UUID(reference), table.c.external_id == reference)
    except ValueError:
        return table.c.external_id == reference


def _person(row: Any) -> Person:
    identifier, external_id, name, level, sort, organisation_id = row
    return Person(identifier, external_id, name, Level(level), sort, organisation_id)


def _groups(person_id: sa.ColumnElement[Any]) -> sa.Label[Any]:
    groups = sa.select(memberships.c.group_id).where(memberships.c.person_id == person_id)
    return sa.func.array(groups.scalar_subquery()).label("groups")


def _may_come_in(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Match accounts that are on, of contacts that are still there."""
    still_there = sa.or_(contacts.c.ended_at.is_(None), contacts.c.ended_at > now)
    return users.c.disabled_at.is_(None), still_there


def _viewers(now: datetime, *more: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return (
        sa.select(
            users.c.id,
            users.c.organisation_id,
            users.c.contact_id,
            users.c.role,
            contacts.c.name,
            contacts.c.level,
            _groups(users.c.contact_id),
            *more,
        )
        .select_from(users)
        .join(contacts, contacts.c.id == users.c.contact_id)
        .where(*_may_come_in(now))
    )


def _viewer(row: Any, address: str) -> Viewer:
    return Viewer(
        user_id=row.id,
        organisation_id=row.organisation_id,
        contact_id=row.contact_id,
        role=row.role,
        name=row.name,
        level=Level(row.level),
        answers_for=frozenset(row.groups),
        address=address,
    )
