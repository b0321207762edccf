"""What tables are made of: the kinds of columns and keys that all of them share."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

MOMENT = sa.DateTime(timezone=True)


def key() -> sa.Column[Any]:
    """The internal id, a UUID that the hub makes."""
    return sa.Column("id", sa.Uuid, primary_key=True)


def organisation() -> sa.Column[Any]:
    """Whose row it is: the provider that owns it."""
    return sa.Column("organisation_id", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False)


def owned(
    name: str, *columns: sa.schema.SchemaItem, external: bool = True, **options: Any
) -> sa.Table:
    """A tenant's table: id, owner, external id, and the key that composite references need."""
    own = [key(), organisation()]
    keys: list[sa.schema.SchemaItem] = [sa.UniqueConstraint("organisation_id", "id")]
    if external:
        own.append(sa.Column("external_id", sa.Text, nullable=False))
        keys.append(sa.UniqueConstraint("organisation_id", "external_id"))
    return sa.Table(name, metadata, *own, *columns, *keys, **options)


def refers(column: str, table: str) -> sa.ForeignKeyConstraint:
    """A reference within one organisation: a row can never point at another tenant's."""
    return sa.ForeignKeyConstraint(
        ["organisation_id", column], [f"{table}.organisation_id", f"{table}.id"]
    )


def text(name: str, default: str | None = "") -> sa.Column[Any]:
    """Text that is never null; without a default it must be given."""
    if default is None:
        return sa.Column(name, sa.Text, nullable=False)
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def json(name: str, default: str = "{}") -> sa.Column[Any]:
    """A JSON value that is never null."""
    return sa.Column(name, JSONB, nullable=False, server_default=sa.text(f"'{default}'::jsonb"))


def flag(name: str) -> sa.Column[Any]:
    """Yes or no; no, unless said."""
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())
