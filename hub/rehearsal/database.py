"""The database of rehearsals: one of its own in the data folder, emptied between nights."""

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
    """A database of its own in the data folder; never the one a hub works in.

    Ends the command when another one plays there: each empties it between nights.
    """
    data = read_settings().data / "nights"
    with (
        _alone_in(data),
        running(data, HASTY, say=lambda line: print(line, file=sys.stderr)) as server,
    ):
        migrate(server.url)
        yield server.url


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "played").open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(
                f"nachtwacht: nights are being played in {folder} already; wait until they are "
                "over, or name another folder with NACHTWACHT_DATA"
            ) from None
        yield


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
