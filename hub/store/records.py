"""How a thing of the registry lies in its row: read as a record, and written back.

A value is what JSON can hold (`hub.registry.values`); references go by external id.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.registry import plans, values
from hub.registry.fields import Field, Lies, Noun
from hub.registry.nouns import CONTACTS, NOUNS
from hub.registry.values import at_of, said_at
from hub.store.many import rows_of
from hub.store.tables import organisations

Key = tuple[str, str, str]  # noun, external id of the organisation (or empty), name
Row = Any


@dataclass(frozen=True, slots=True)
class Stored:
    """One thing as it is stored: its row's key, and its record."""

    key: Mapping[str, Any]
    organisation_id: UUID | None
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one thing; `before` is None for what is new."""

    noun: Noun
    key: Mapping[str, Any]
    organisation_id: UUID | None
    name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    ids: Mapping[tuple[str, str], UUID]  # (field, external id) -> id, for references


def owner_of(noun: Noun) -> sa.ColumnElement[str]:
    """Select the external id of the organisation a thing belongs to; empty where nobody owns it."""
    if noun.shared:
        return sa.literal("")
    own = sa.select(organisations.c.external_id)
    return own.where(organisations.c.id == noun.table.c.organisation_id).scalar_subquery()


def name_of(noun: Noun) -> sa.ColumnElement[Any]:
    """Select what a thing is called within its organisation."""
    if noun.named == ("external_id",):
        own: sa.Column[Any] = noun.table.c.external_id
        # what was stored without a name goes by its id
        return sa.func.coalesce(own, sa.cast(noun.table.c.id, sa.Text)) if own.nullable else own
    parts: list[Any] = []
    for field_ in noun.fields:
        if field_.name in noun.named:
            parts += [*(["/"] if parts else []), sa.cast(read_field(noun, field_), sa.Text)]
    return parts[0] if len(parts) == 1 else sa.func.concat(*parts)


def read_field(noun: Noun, field_: Field) -> sa.ColumnElement[Any]:
    """Select a field, with external ids in the place of ids."""
    match field_.lies:
        case Lies.PLAIN | Lies.DATE | Lies.MOMENT | Lies.LENGTH:
            return name_of(noun) if field_.name == "external_id" else noun.table.c[field_.at]
        case Lies.REFERENCE:
            other = NOUNS[field_.refers].table.alias()
            found = sa.select(_name_from(noun, field_, other))
            return found.where(other.c.id == noun.table.c[field_.at]).scalar_subquery()
        case Lies.BEGINS | Lies.ENDS:
            edge = sa.func.lower if field_.lies is Lies.BEGINS else sa.func.upper
            moment: sa.ColumnElement[Any] = edge(noun.table.c[field_.at], type_=sa.DateTime(True))
            return sa.case((sa.func.isfinite(moment), moment))
        case Lies.LISTED:
            return _names_listed(noun, field_)
        case Lies.BODY:
            return noun.table.c.body


def _name_from(noun: Noun, field_: Field, other: sa.FromClause) -> sa.ColumnElement[Any]:
    """What a thing is called here; another organisation's has that before it."""
    name: sa.ColumnElement[Any] = other.c.external_id
    if not field_.abroad:
        return name
    owner = sa.select(organisations.c.external_id + "/")
    owner = owner.where(organisations.c.id == other.c.organisation_id)
    own = other.c.organisation_id == noun.table.c.organisation_id
    return sa.case((own, name), else_=owner.scalar_subquery() + name)


def _names_listed(noun: Noun, field_: Field) -> sa.ColumnElement[Any]:
    listed = noun.listing
    assert listed is not None
    other = NOUNS[field_.refers].table.alias()
    found = (
        sa.select(other.c.external_id)
        .join(listed.table, listed.table.c[listed.other] == other.c.id)
        .where(listed.table.c[listed.own] == noun.table.c.id)
        .order_by(other.c.external_id)
    )
    return sa.func.array(found.scalar_subquery())


def stored(noun: Noun, row: Row, called: Mapping[str, str]) -> Stored:
    """Make a record of a row; `called` names the contacts inside an agreement, by id."""
    key = {one: getattr(row, f"key_{one}") for one in noun.keys}
    body = {} if not called and noun.name != "agreements" else _said_body(row, called)
    kept = {
        one.name: body.get(one.name, one.usual)
        if one.lies is Lies.BODY
        else _said(one, getattr(row, f"f_{one.name}"))
        for one in noun.fields
    }
    own = key["id"] if noun.name == "organisations" else getattr(row, "organisation_id", None)
    return Stored(key, own, kept)


def body_of(row: Row) -> dict[str, Any]:
    """Give the body of an agreement as it is stored; empty for other nouns."""
    return dict(row.f_kinds) if isinstance(row.f_kinds, dict) else {}


def _said_body(row: Row, called: Mapping[str, str]) -> dict[str, Any]:
    """Tell an agreement's body in its four fields, with contacts by name."""
    own = f"{row.owner_}/"
    body = plans.with_names(body_of(row), lambda one: called.get(one, one).removeprefix(own))
    if plans.INSTEAD in body:
        body[plans.INSTEAD] = called.get(body[plans.INSTEAD], body[plans.INSTEAD])
    window = body.get("window")
    return {
        "kinds": sorted(body.get("kinds", ())),
        "window": None if window is None else plans.slim_window(window),
        "steps": [plans.slim_step(one) for one in body.get("steps", ())],
        "rest": plans.slim_rest(body),
    }


def _said(field_: Field, value: Any) -> Any:
    if isinstance(value, datetime):
        return said_at(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return values.seconds(value)
    if field_.sort is plans.WINDOW and isinstance(value, dict):
        return plans.slim_window(value)
    return sorted(value) if field_.sort is values.WORDS else value


def rewritten(table: sa.Table, names: Iterable[str], keys: Sequence[str]) -> bytes:
    """Write an UPDATE of many rows, each by its key. Run it with `put`."""
    columns = [table.c[name] for name in names]
    set_ = ", ".join(f"{one.name} = r.{one.name}" for one in columns if one.name not in keys)
    own = " AND ".join(f"t.{name} = r.{name}" for name in keys)
    sql = f"UPDATE {table.name} t SET {set_} FROM {rows_of(*columns)} WHERE {own}"  # noqa: S608 - our own names
    return sql.encode()


def row_of(change: Change) -> dict[str, Any]:
    """Write a record as its row; lists stand in a table of their own."""
    row: dict[str, Any] = dict(change.key)
    if not change.noun.shared:
        row["organisation_id"] = change.organisation_id
    for one in change.noun.fields:
        match one.lies:
            case Lies.LISTED | Lies.BODY:
                continue
            case Lies.ENDS:
                begins = row[one.at]
                ends = _column(one, change)
                row[one.at] = f"[{begins or ''},{ends or ''})"
            case Lies.PLAIN | Lies.DATE | Lies.MOMENT | Lies.LENGTH | Lies.REFERENCE | Lies.BEGINS:
                row[one.at] = _column(one, change)
    if change.noun.name == "agreements":
        row["body"] = _written_body(change)
    return row


def _column(field_: Field, change: Change) -> Any:
    value = change.after[field_.name]
    if value is None:
        return None
    match field_.lies:
        case Lies.REFERENCE:
            ids = change.ids
            return ids.get((field_.name, value)) or ids[field_.refers, value]  # another's
        case Lies.DATE:
            return date.fromisoformat(value)
        case Lies.LENGTH:
            return timedelta(seconds=value)
        case Lies.MOMENT | Lies.BEGINS | Lies.ENDS:
            return at_of(value)
        case Lies.PLAIN | Lies.LISTED | Lies.BODY:
            return value


def _written_body(change: Change) -> dict[str, Any]:
    after = change.after
    body = {
        **after["rest"],
        "kinds": after["kinds"],
        "steps": after["steps"],
        "window": after["window"],
        "source": "organisation" if after["client"] is None else "client",
        "version": after["version"],
    }
    if (stood_in := body.get(plans.INSTEAD)) is not None:
        body[plans.INSTEAD] = str(change.ids["agreements", stood_in])
    return plans.with_names(body, lambda one: str(change.ids.get((CONTACTS.name, one), one)))
