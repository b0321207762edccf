"""Runs the numbered migrations; `nachtwacht migrate` comes here through hub.store.migrating.

The next file is written by `alembic revision --autogenerate --rev-id 0002 -m "what for"`, which
compares hub/store/tables/ with the database in NACHTWACHT_DATABASE_URL.
"""

import os

import sqlalchemy as sa
from alembic import context

from hub.store.tables import metadata


def run(connection: sa.Connection) -> None:
    """Run what is asked for; each migration in a transaction of its own."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_server_default=True,
        transaction_per_migration=True,
        include_name=_ours,
    )
    with context.begin_transaction():
        context.run_migrations()


def _ours(name: str | None, sort: str, _parents: object) -> bool:
    """Leave out the partitions of `messages`, which come and go by day."""
    return not (sort == "table" and str(name).startswith("messages_"))


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with sa.create_engine(os.environ["NACHTWACHT_DATABASE_URL"]).connect() as opened:
        run(opened)
