"""The database of rehearsals: one of its own in the data folder, emptied between nights."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import make_url

from hub.rehearsal.live_command import HASTY
from hub.settings import read_settings
from hub.store.embedded import running
from hub.store.migrating import migrate

DELETES = """
    SELECT string_agg(format('DELETE FROM %I', relname), ';') FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
      AND NOT relispartition AND relname <> 'alembic_version'
"""


@contextmanager
def of_its_own() -> Iterator[str]:
    """A database of its own in the data folder; never the one a hub works in."""
    data = read_settings().data / "nights"
    with running(data, HASTY, say=lambda line: print(line, file=sys.stderr)) as server:
        migrate(server.url)
        yield server.url


def empty(url: str) -> None:
    """Forget everything in a database of rehearsals."""
    plain = make_url(url).set(drivername="postgresql")
    with psycopg.connect(
        plain.render_as_string(hide_password=False), autocommit=True
    ) as connection:
        connection.execute("SET session_replication_role = replica")
        deletes = connection.execute(DELETES).fetchone()
        assert deletes is not None
        connection.execute(deletes[0])
