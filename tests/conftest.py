"""One PostgreSQL server a run, one database a worker, empty at the start of every test."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from hub.store.embedded import EmbeddedFailed, InUse, forget, running
from hub.store.migrating import migrate

FOLDERS = "nachtwacht-tests-"
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
MIGRATED = "migrated"  # the database every worker's is a copy of
DELETES = """
    SELECT string_agg(format('DELETE FROM %I', relname), ';') FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
      AND NOT relispartition AND relname <> 'alembic_version'
"""

Connection = psycopg.Connection[tuple[Any, ...]]


class Run:
    """The server of this run, started when first asked for.

    The main process owns it, as the workers of pytest-xdist end at moments of their own.
    """

    def __init__(self) -> None:
        self.ends = ExitStack()
        self.url: str | None = None

    def server(self) -> str:
        if self.url is None:
            data = Path(tempfile.mkdtemp(prefix=FOLDERS))
            self.ends.callback(shutil.rmtree, data, ignore_errors=True)
            self.url = self.ends.enter_context(running(data, FAST)).url
            with connected(self.url) as connection:
                connection.execute(f"CREATE DATABASE {MIGRATED}")
            migrate(another_database(self.url, MIGRATED))
        return self.url


RUN = pytest.StashKey[Run]()


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does: tidily
    forget_killed_runs()
    config.stash[RUN] = Run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if run := config.stash.get(RUN, None):
        run.ends.close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["server"] = node.config.stash[RUN].server()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show why a test ran once more: that it passed then is no excuse."""
    for report in terminalreporter.stats.get("rerun", ()):
        terminalreporter.section(f"run once more: {report.nodeid} ({report.when})", "_")
        terminalreporter.line(report.longreprtext)
        terminalreporter.line(report.caplog)


def forget_killed_runs() -> None:
    """Stop and remove the servers of runs that were killed before they could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDERS}*/postgres/cluster"):
        data = folder.parent.parent
        with suppress(InUse, EmbeddedFailed, OSError):
            forget(data)
            shutil.rmtree(data)


def another_database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def connected(url: str) -> Connection:
    plain = make_url(url).set(drivername="postgresql")
    return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> str:
    """The address of the server's first database, which no test writes in."""
    given = getattr(request.config, "workerinput", None)
    return given["server"] if given else request.config.stash[RUN].server()


@pytest.fixture(scope="session")
def worker_database(postgres: str) -> Iterator[tuple[str, Connection]]:
    """This worker's database, and a connection that may delete anything in it."""
    name = f"tests_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with connected(postgres) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {MIGRATED}")
    url = another_database(postgres, name)
    with connected(url) as connection:
        connection.execute("SET session_replication_role = replica; SET lock_timeout = '10s'")
        yield url, connection


@pytest.fixture
def database_url(worker_database: tuple[str, Connection]) -> str:
    """A migrated database without a row, for one test."""
    url, connection = worker_database
    deletes = connection.execute(DELETES).fetchone()
    assert deletes is not None
    connection.execute(deletes[0])
    return url
