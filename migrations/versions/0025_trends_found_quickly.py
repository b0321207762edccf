"""Find the trend lines of a day without passing by all that sensors said in it.

Expand: an index; the previous release keeps working.
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_events_trends")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_events_trends ON events (organisation_id, received_at)"
            " WHERE kind IN ('lifestyle.toilet_frequency', 'lifestyle.restless_night',"
            " 'lifestyle.slower', 'lifestyle.less_active', 'observation.noticed')"
        )
