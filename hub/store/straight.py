"""Statements that go straight to psycopg, past SQLAlchemy: for what every alarm costs.

A statement is bytes with `%(name)s` parameters. It runs on the connection, and in the transaction,
of the unit of work it belongs to; psycopg prepares one that comes back.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.rows import namedtuple_row
from sqlalchemy.dialects.postgresql import psycopg as dialect
from sqlalchemy.ext.asyncio import AsyncConnection

Asked = tuple[bytes, Mapping[str, Any]]
_DIALECT: Any = dialect.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Written:
    """A statement of SQLAlchemy's, written out once; `given` are the values it came with."""

    text: bytes
    given: Mapping[str, Any]

    def asked(self, values: Mapping[str, Any]) -> Asked:
        """Ask it with the values of its named parameters; others are left out."""
        return self.text, {**self.given, **values}


def written(statement: sa.SelectBase) -> Written:
    """Write a statement out as psycopg reads it."""
    compiled = statement.compile(dialect=_DIALECT)
    return Written(str(compiled).encode(), compiled.params)


class _Trip(psycopg.AsyncPipeline):
    """A pipeline that ends with its Sync. psycopg sends a Flush behind it, which says nothing new.

    But the server counts how long a session is idle in its transaction from the Sync until
    anything comes, and a Flush is something: a hub that stops then would hold its locks for ever.
    """

    def _fetch_gen(self, *, flush: bool) -> Any:
        return super()._fetch_gen(flush=False)


class Straight:
    """The connection of one unit of work, as psycopg knows it. Raises psycopg.Error."""

    def __init__(self, db: AsyncConnection) -> None:
        assert db.sync_connection is not None
        raw = db.sync_connection.connection.driver_connection
        assert isinstance(raw, psycopg.AsyncConnection)
        self.raw = raw

    async def rows(self, statement: bytes, values: Mapping[str, Any]) -> Sequence[Any]:
        """Run a statement that gives rows; each is a named tuple."""
        async with self.raw.cursor(row_factory=namedtuple_row) as cursor:
            await cursor.execute(statement, values)
            return await cursor.fetchall()

    async def together(self, *asked: Asked) -> list[Sequence[Any]]:
        """Run statements in this order on one trip to the server; the rows of each, if any."""
        cursors = []
        async with self.one_trip():
            for statement, values in asked:
                cursor = self.raw.cursor(row_factory=namedtuple_row)
                cursors.append(await cursor.execute(statement, values))
        return [[] if one.description is None else await one.fetchall() for one in cursors]

    @asynccontextmanager
    async def one_trip(self) -> AsyncIterator[None]:
        """Send what `run` is given inside this block without waiting for an answer to each.

        A failure is raised on leaving. Nothing that reads, and nothing of SQLAlchemy's, may run
        inside it.
        """
        self.raw._pipeline = _Trip(self.raw)  # as `pipeline()` of psycopg does
        try:
            async with self.raw._pipeline:
                yield
        finally:
            self.raw._pipeline = None

    async def run(self, statement: bytes, values: Mapping[str, Any]) -> None:
        """Run a statement for what it changes."""
        await self.raw.execute(statement, values)

    async def copy(self, statement: bytes, rows: Iterable[Sequence[Any]]) -> None:
        """Write many rows by COPY, several times faster than by INSERT; not within `one_trip`."""
        async with self.raw.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                await copy.write_row(row)
