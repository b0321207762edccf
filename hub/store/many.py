"""Many rows in one statement: as JSON, read back by PostgreSQL into typed rows.

One statement a row costs a round trip each; this costs one for all of them.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.values import encode

_DIALECT: Any = postgresql.dialect()  # type: ignore[no-untyped-call]  # names types only


def many(table: sa.Table, names: Iterable[str], *, then: str = "") -> sa.TextClause:
    """Write an INSERT of many rows; `then` is an ON CONFLICT clause. Execute it with `put`."""
    columns = {name: table.c[name] for name in names}
    typed = ", ".join(f"{name} {_type(column)}" for name, column in columns.items())
    listed = ", ".join(columns)
    return sa.text(
        f"INSERT INTO {table.name} ({listed}) SELECT {listed}"  # noqa: S608 - our own names
        f" FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r({typed}) {then}"
    )


def _type(column: sa.Column[Any]) -> str:
    return str(column.type.compile(dialect=_DIALECT))


async def put(
    db: AsyncConnection, statement: sa.TextClause, rows: Iterable[Mapping[str, Any]]
) -> None:
    """Write these rows, in order; none is none."""
    listed = [encode(row) for row in rows]
    if listed:
        await db.execute(statement, {"rows": json.dumps(listed)})
