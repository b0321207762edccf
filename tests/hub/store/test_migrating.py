"""Migrating: the numbered files end where the tables are, and nobody at work is held up."""

import os
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from hub.store.migrating import DatabaseIsNewer, current_revision, migrate, newest_revision
from hub.store.tables import metadata


@pytest.fixture
def bare_url(postgres: str) -> Iterator[str]:
    """A database no migration has seen."""
    name = f"bare_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    server = sa.create_engine(postgres, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
        yield sa.make_url(postgres).set(database=name).render_as_string(hide_password=False)
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


def test_the_migrations_end_where_the_tables_are(database_url: str) -> None:
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": not_a_day})
        assert compare_metadata(context, metadata) == []


def not_a_day(name: str | None, sort: str, _parents: object) -> bool:
    return not (sort == "table" and str(name).startswith("messages_"))


def test_a_second_time_changes_nothing(bare_url: str) -> None:
    assert current_revision(bare_url) is None
    assert migrate(bare_url) == newest_revision()
    said: list[str] = []
    assert migrate(bare_url, say=said.append) == current_revision(bare_url)
    assert said == []


def test_two_hubs_that_migrate_at_once_both_end_well(bare_url: str) -> None:
    ended: list[str] = []
    both = [threading.Thread(target=lambda: ended.append(migrate(bare_url))) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert ended == [newest_revision()] * 2


def test_a_database_of_a_newer_release_is_refused_in_plain_words(bare_url: str) -> None:
    migrate(bare_url)
    with sa.create_engine(bare_url, poolclass=sa.NullPool).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseIsNewer, match=r"revision 9999.*Install the release"):
        migrate(bare_url)


def test_a_lock_it_does_not_get_makes_it_step_back_and_try_again(bare_url: str) -> None:
    holder = sa.create_engine(bare_url, poolclass=sa.NullPool).connect()
    holder.execute(sa.text("CREATE TABLE alembic_version (in_the_way integer)"))
    said: list[str] = []

    def let_go_when_told(line: str) -> None:
        said.append(line)
        if "trying again" in line:
            holder.close()

    assert migrate(bare_url, say=let_go_when_told) == current_revision(bare_url)
    assert len(said) == 2
