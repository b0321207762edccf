"""The registry of a recorded night: from a hub's rows to another name, and back to rows.

Every column goes by its type. A new column that refers to nothing known, or holds words that
are not the program's, is left out, so that nothing leaks because somebody forgot it here.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, Range

from hub.access.secrets import Purpose, keyed_hash
from hub.rehearsal.record.pseudonyms import Pseudonyms
from hub.rehearsal.region import ADAPTERS, PEOPLE, PEPPER, Row, known, rows, token, webhooks
from hub.store import tables as t
from simulators.night import Night
from simulators.recorded import Recorded

TABLES = (
    t.organisations, t.regions, t.region_members, t.contacts, t.memberships, t.absences, t.turns,
    t.service_contracts, t.rosters, t.shifts, t.diverts, t.holidays, t.homes, t.clients,
    t.client_contacts, t.agreements, t.users, t.gateways, t.devices, t.modes,
)  # fmt: skip
NOUNS = {
    "organisation_id": "organisation", "served_by_id": "organisation", "partner_id": "organisation",
    "region_id": "region", "contact_id": "contact", "group_id": "contact", "person_id": "contact",
    "to_id": "contact", "team_id": "contact", "backup_contact_id": "contact", "home_id": "home",
    "client_id": "client", "gateway_id": "gateway", "user_id": "user", "set_by_id": "contact",
    "ended_by_id": "contact", "provider_id": "organisation",
}  # fmt: skip
NAMED = ("external_id", "name", "login", "key")  # text that is replaced by the row's own name
LEFT_OUT = (
    "polarity", "adapter", "secret_hash", "adapters", "listens", "key_header", "last_seen_at",
    "birth_date", "latitude", "longitude", "note", "street", "place",
)  # fmt: skip
CONTACTS_SEEN = "contact:"


class NoSuchTable(Exception):
    """A recording holds rows that no recording of this version has; the message names them."""


def noun_of(table: sa.Table) -> str:
    """What a row of a table is called: `absence` for absences."""
    return table.name.removesuffix("s")


def retold(table: sa.Table, row: Mapping[str, Any], names: Pseudonyms) -> dict[str, Any]:
    """One row with other names and days, as a file can hold it."""
    own = names.name(noun_of(table), row["id"]) if "id" in row else ""
    found = {one.name: _retold(one, row, own, names) for one in table.columns}
    return {key: value for key, value in found.items() if value is not None}


def _retold(column: sa.Column[Any], row: Mapping[str, Any], own: str, names: Pseudonyms) -> Any:
    value, name = row[column.name], column.name
    if value is None or name in LEFT_OUT or (name in NAMED and not own):
        return None
    if name == "id":
        return own
    if name == "ways":
        return [{"way": "webhook"}] if value else []
    if name in NAMED:
        return None  # as the id
    return _by_type(column, value, names)


def _by_type(column: sa.Column[Any], value: Any, names: Pseudonyms) -> Any:
    told = next((tell for kind, tell in TOLD.items() if isinstance(value, kind)), None)
    return None if told is None else told(value, column.name, names)


def _name(value: UUID, column: str, names: Pseudonyms) -> str | None:
    return names.name(NOUNS[column], value) if column in NOUNS else None


def _span(value: Any, _: str, names: Pseudonyms) -> list[str | None]:
    ends = (value.lower, value.upper)
    return [None if one is None else names.moment(one).isoformat() for one in ends]


# The first that fits: a moment is a day too, and true a figure.
TOLD: dict[Any, Callable[[Any, str, Pseudonyms], Any]] = {
    UUID: _name,
    str: lambda value, _, names: names.word(value) or None,
    Range: _span,
    datetime: lambda value, _, names: names.moment(value).isoformat(),
    date: lambda value, _, names: names.day(value).isoformat(),
    timedelta: lambda value, _, __: value.total_seconds(),
    (bool, int, float): lambda value, _, __: value,
    (dict, list): lambda value, _, names: names.plain(value),
}


def furnishing(night: Night) -> Iterator[tuple[sa.Table, list[Row]]]:
    """Everything a night needs in the database: its own region, or what was recorded.

    Raises NoSuchTable.
    """
    if night.recorded is None:
        yield from rows(night)
        return
    yield from recorded_rows(night.recorded)
    if night.receivers:
        yield t.out_webhooks, list(webhooks(night))


def recorded_rows(recorded: Recorded) -> Iterator[tuple[sa.Table, list[Row]]]:
    """A recorded registry as rows, in the order in which one needs the other.

    Raises NoSuchTable.
    """
    there = {one.name for one in TABLES}
    if strange := set(recorded.registry) - there:
        raise NoSuchTable(
            f"a recording has no rows of {', '.join(sorted(strange))}; leave them out"
        )
    for table in TABLES:
        if listed := recorded.registry.get(table.name):
            made = [_row(table, one) for one in listed]
            for _, alike in groupby(made, key=frozenset):  # what a row leaves out is the default
                yield table, list(alike)
    if users := recorded.registry.get("users"):
        yield t.api_tokens, [_token(one) for one in users]


def _row(table: sa.Table, said: Mapping[str, Any]) -> Row:
    row = {name: _read(table.columns[name], value) for name, value in said.items()}
    if "id" in said:
        row["id"] = known(noun_of(table), said["id"])
        own = {name: said["id"] for name in NAMED if name in table.columns}
        row = own | row
    return _completed(table, row, said)


def _completed(table: sa.Table, row: Row, said: Mapping[str, Any]) -> Row:
    """What every rehearsal gives itself: addresses, secrets that are none, its own adapters."""
    there = [{"way": "webhook", "address": f"{PEOPLE}/{said.get('id')}"}]
    given: dict[str, Row] = {
        "contacts": {"ways": there if said.get("ways") else []},
        "gateways": {"secret_hash": b"", "adapters": list(ADAPTERS)},
        "devices": {"adapter": "native"},
        "users": {"password_hash": ""},
    }
    return row | given.get(table.name, {})


def _read(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, sa.Uuid):
        return known(NOUNS[column.name], value) if column.name in NOUNS else None
    read = next((read for kind, read in READ.items() if isinstance(column.type, kind)), None)
    return value if read is None else read(value)


def _range(value: Any) -> Any:
    lower, upper = (None if one is None else datetime.fromisoformat(one) for one in value)
    return Range(lower, upper)


def _contacts_named(said: Any) -> Any:
    if isinstance(said, dict):
        return {key: _contacts_named(one) for key, one in said.items()}
    if isinstance(said, list):
        return [_contacts_named(one) for one in said]
    if isinstance(said, str) and said.startswith(CONTACTS_SEEN):
        return str(known("contact", said.removeprefix(CONTACTS_SEEN)))
    return said


READ: dict[type, Callable[[Any], Any]] = {
    sa.DateTime: datetime.fromisoformat,
    sa.Date: date.fromisoformat,
    sa.Interval: lambda value: timedelta(seconds=value),
    TSTZRANGE: _range,
    JSONB: _contacts_named,
}


def _token(user: Mapping[str, Any]) -> Row:
    who = user["contact_id"]
    return {
        "id": known("token", user["id"]),
        "organisation_id": known("organisation", user["organisation_id"]),
        "external_id": f"token-of-{user['id']}",
        "token_hash": keyed_hash(PEPPER, Purpose.API_TOKEN, token(who)),
        "user_id": known("user", user["id"]),
    }
