"""What the demo region has beside its registry: who comes in, and who is away today.

Ids follow from external ids, so that every demo has the same ones.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from hub.demo import region
from hub.registry.nouns import GATEWAYS
from hub.store import tables

DEMO = uuid5(NAMESPACE_URL, "nachtwacht:demo")
TOKENS = {"script": "proef", "pretender": "robin"}  # what a token is for: whose it is

Row = dict[str, Any]


def known(noun: str, name: str) -> UUID:
    """The id of something in the demo region."""
    return uuid5(DEMO, f"{noun}/{name}")


def known_thing(noun: str, owner: str, name: str) -> UUID:
    """The id of something in its registry."""
    return known(noun.removesuffix("s"), f"{owner}/{name}" if noun == GATEWAYS.name else name)


def other_rows(now: datetime) -> Iterator[tuple[sa.Table, list[Row]]]:
    """Tables with rows; hashes are still empty, so nobody can come in yet."""
    yield tables.absences, [_away(now)]
    yield tables.users, [_user(one) for one in region.ACCOUNTS]
    yield tables.api_tokens, [_token(purpose, login) for purpose, login in TOKENS.items()]


def _organisation(name: str) -> UUID:
    return known("organisation", name)


def ways(contact: str, people_url: str) -> list[dict[str, str]]:
    """How the hub reaches somebody: by a webhook that pretends to be their telephone."""
    return [{"way": "webhook", "address": f"{people_url}/{contact}"}]


def _away(now: datetime) -> Row:
    owner, name, reason = region.AWAY
    return {
        "id": known("absence", name),
        "organisation_id": _organisation(owner),
        "contact_id": known("contact", name),
        "during": Range(now - timedelta(days=2), now + timedelta(days=12)),
        "reason": reason,
    }


def _user(one: region.Account) -> Row:
    return _owned("user", one.owner, one.login) | {
        "login": one.login,
        "password_hash": "",
        "role": one.role,
        "contact_id": known("contact", one.contact),
    }


def _token(purpose: str, login: str) -> Row:
    owner = next(one.owner for one in region.ACCOUNTS if one.login == login)
    unset = known("unset", purpose).bytes
    return _owned("token", owner, purpose) | {"token_hash": unset, "user_id": known("user", login)}


def _owned(noun: str, owner: str, name: str) -> Row:
    return {
        "id": known(noun, name),
        "organisation_id": _organisation(owner),
        "external_id": name,
    }
