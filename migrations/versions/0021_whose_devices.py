"""Find the devices of a client and of a home by an index: their rhythm is judged by these.

Expand: indexes. A table of devices is small enough to index it without CONCURRENTLY in a moment.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute(
        "CREATE INDEX ix_devices_client_id ON devices (client_id) WHERE client_id IS NOT NULL"
    )
    op.execute("CREATE INDEX ix_devices_home_id ON devices (home_id) WHERE home_id IS NOT NULL")
