"""Many rows in one statement: as JSON, read back by PostgreSQL into typed rows.

One statement a row costs a round trip each; this costs one for all of them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from hub.store.straight import Asked, Straight
from hub.store.values import for_json

_DIALECT: Any = postgresql.dialect()  # type: ignore[no-untyped-call]  # names types only


def many(table: sa.Table, names: Iterable[str], *, then: str = "") -> bytes:
    """Write an INSERT of many rows; `then` is an ON CONFLICT clause. Run it with `put`."""
    columns = [table.c[name] for name in names]
    listed = ", ".join(one.name for one in columns)
    sql = f"INSERT INTO {table.name} ({listed}) SELECT {listed} FROM {rows_of(*columns)} {then}"  # noqa: S608 - our own names
    return sql.encode()


def rows_of(*columns: sa.Column[Any]) -> str:
    """Name the rows given to `put` as a source of rows `r` with the types of these columns."""
    typed = ", ".join(f"{one.name} {one.type.compile(dialect=_DIALECT)}" for one in columns)
    return f"jsonb_to_recordset(%(rows)s::jsonb) AS r({typed})"


async def put(straight: Straight, statement: bytes, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write these rows, in order; none is none. Bytes are written as they are."""
    for asked in asked_for(statement, rows):
        await straight.run(*asked)


def asked_for(statement: bytes, rows: Iterable[Mapping[str, Any]]) -> Sequence[Asked]:
    """Ask for what `put` does, to be sent with others; nothing where there are no rows."""
    listed = list(rows)
    return [(statement, {"rows": json.dumps(listed, default=for_json)})] if listed else ()
