"""Puts the demo region into an empty database, in one transaction, and locks its doors.

Secrets are made here or taken from an earlier run, and only their hashes are stored.
"""

from base64 import b32encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.passwords import Passwords
from hub.access.secrets import Purpose, Random, keyed_hash, new_secret
from hub.demo import example, region
from hub.demo.rows import TOKENS, known, known_thing, other_rows, ways
from hub.registry.bringing import bring
from hub.registry.files import read_file
from hub.registry.outcome import Who
from hub.registry.records import Sent, understood
from hub.store import tables
from hub.store.registered import Registered
from hub.store.straight import Straight


@dataclass(frozen=True, slots=True)
class Keys:
    """Every secret of the demo in plain text, by gateway user, login and token's purpose."""

    gateways: Mapping[str, str]
    logins: Mapping[str, str]
    tokens: Mapping[str, str]


def new_keys(random: Random) -> Keys:
    """Make every secret anew; passwords are twelve characters a person can type."""
    return Keys(
        gateways={f"{owner}/{name}": new_secret(random) for owner, name in region.GATEWAYS},
        logins={one.login: _typeable(random) for one in region.ACCOUNTS if one.by_password},
        tokens={purpose: new_secret(random) for purpose in TOKENS},
    )


async def is_seeded(db: AsyncConnection) -> bool:
    """Whether the demo region is there."""
    found = await db.execute(sa.select(tables.organisations.c.id).limit(1))
    return found.first() is not None


async def seed(db: AsyncConnection, people_url: str, now: datetime) -> None:
    """Insert the whole region; nobody can sign in until `lock` has set the secrets."""
    files = example.files(people_url).items()
    read = [one for name, text in files for one in read_file(name, text.encode())]
    records, troubles = understood([one for one in read if isinstance(one, Sent)], "")
    assert not troubles, troubles[0]
    fresh = {"gateways": {"secret_hash": b""}}
    await bring(Registered(db, Straight(db)), records, Who("demo"), now, known_thing, fresh)
    for table, rows in other_rows(now):
        await db.execute(sa.insert(table), rows)


async def hashed_logins(keys: Keys, passwords: Passwords) -> dict[str, str]:
    """Hash every password; slow on purpose, so not inside a transaction."""
    return {login: await passwords.hashed(password) for login, password in keys.logins.items()}


async def lock(db: AsyncConnection, keys: Keys, hashed: Mapping[str, str], pepper: bytes) -> None:
    """Store the hashes of these secrets, in place of any that were there."""
    for login, password_hash in hashed.items():
        change = sa.update(tables.users).where(tables.users.c.login == login)
        await db.execute(change.values(password_hash=password_hash))
    for user, secret in keys.gateways.items():
        own = tables.gateways.c.id == known("gateway", user)
        secret_hash = keyed_hash(pepper, Purpose.GATEWAY, secret)
        await db.execute(sa.update(tables.gateways).where(own).values(secret_hash=secret_hash))
    for purpose, secret in keys.tokens.items():
        own = tables.api_tokens.c.id == known("token", purpose)
        token_hash = keyed_hash(pepper, Purpose.API_TOKEN, secret)
        await db.execute(sa.update(tables.api_tokens).where(own).values(token_hash=token_hash))


async def let_speak(db: AsyncConnection, adapters: Sequence[str]) -> None:
    """Let every gateway of the demo speak all that is on, so that anything can be tried."""
    spoken = [*region.ADAPTERS, *(one for one in adapters if one not in region.ADAPTERS)]
    own = tables.gateways.c.id.in_(
        [known("gateway", f"{owner}/{name}") for owner, name in region.GATEWAYS]
    )
    await db.execute(sa.update(tables.gateways).where(own).values(adapters=spoken))


async def redirect(db: AsyncConnection, people_url: str) -> None:
    """Call the pretender people at this address from now on."""
    for one in example.PEOPLE:
        if one.called:
            change = sa.update(tables.contacts).where(
                tables.contacts.c.id == known("contact", one.id)
            )
            await db.execute(change.values(ways=ways(one.id, people_url)))


def _typeable(random: Random) -> str:
    letters = b32encode(random(8)).decode().lower()[:12]
    return "-".join(letters[at : at + 4] for at in (0, 4, 8))
