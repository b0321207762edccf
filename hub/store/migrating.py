"""Brings a database to the tables this release knows, while hubs go on working in it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError

import migrations

LOCK_TIMEOUT = "200ms"  # a migration that waits for a lock makes every alarm behind it wait
TRIES = 60
PAUSE = 0.5  # seconds between tries
ONLY_ONE = 0x6E61636874  # the advisory lock of whoever migrates

Say = Callable[[str], None]


class DatabaseIsNewer(Exception):
    """The database has tables of a release newer than this one; the message says which."""


class DatabaseIsBusy(Exception):
    """A migration found no moment to run, or another one runs; trying later is safe."""


def _quietly(_line: str) -> None:
    """Say nothing."""


def migrate(url: str, *, say: Say = _quietly) -> str:
    """Run the migrations the database lacks and give the revision it is at.

    Safe to run twice, at the same moment, and with hubs at work: a migration that gets no lock
    within 200 ms steps back and tries again. Blocks; seconds, or as long as the tables are large.
    Raises DatabaseIsNewer, DatabaseIsBusy, and SQLAlchemy's OperationalError without a server.
    """
    engine = _engine(url)
    with _alone(engine):
        before = _revision(engine)
        _refuse_newer(before)
        if before != newest_revision():
            say(f"Migrating the database from {before or 'nothing'} to {newest_revision()}.")
            _upgrade(engine, say)
    return newest_revision()


def current_revision(url: str) -> str | None:
    """Say at which revision the database is; None before the first migration."""
    return _revision(_engine(url))


def newest_revision() -> str:
    """Say which revision this release brings a database to."""
    newest = _scripts().get_current_head()
    assert newest is not None
    return newest


def _engine(url: str) -> sa.Engine:
    options = f"-c lock_timeout={LOCK_TIMEOUT} -c timezone=UTC"
    return sa.create_engine(url, poolclass=sa.NullPool, connect_args={"options": options})


def _revision(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__path__[0])).replace("%", "%%"))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _refuse_newer(revision: str | None) -> None:
    known = [script.revision for script in _scripts().walk_revisions()]
    if revision is not None and revision not in known:
        raise DatabaseIsNewer(
            f"The database is at revision {revision}; this release knows none beyond {known[0]}. "
            "Install the release that made it, or a newer one."
        )


@contextmanager
def _alone(engine: sa.Engine) -> Iterator[None]:
    """Hold off other migrations; asked for in a loop, as a waiting query blocks an index build."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for _ in _tries():
            if connection.scalar(sa.select(sa.func.pg_try_advisory_lock(ONLY_ONE))):
                break
        else:
            raise DatabaseIsBusy("Another migration of this database is still running; try later.")
        yield


def _upgrade(engine: sa.Engine, say: Say) -> None:
    config = _config()
    for left in _tries():
        try:
            with engine.connect() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except OperationalError as error:
            if not isinstance(error.orig, psycopg.errors.LockNotAvailable):
                raise
            say(f"The tables are in use; trying again ({left} tries left).")
        else:
            return
    raise DatabaseIsBusy("The tables were in use all the time; nothing is half done. Try later.")


def _tries() -> Iterator[int]:
    """Count down, pausing between tries."""
    for left in range(TRIES - 1, -1, -1):
        yield left
        time.sleep(PAUSE)  # noqa: TID251 - waits for other sessions, not for an alert
