"""Remember what a device's own counter and clock said last, and find its newest event quickly.

Expand: columns with a default or nullable, and an index; the previous release keeps working.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute(
        """ALTER TABLE device_states
            ADD COLUMN IF NOT EXISTS series TEXT DEFAULT '' NOT NULL,
            ADD COLUMN IF NOT EXISTS number BIGINT,
            ADD COLUMN IF NOT EXISTS said_at TIMESTAMP WITH TIME ZONE"""
    )
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_events_device_id_received_at")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_events_device_id_received_at"
            " ON events (device_id, received_at)"
        )
