"""Call modes and diverts by an external id, so that they come in like everything else.

Expand: columns that may be empty. What has no external id goes by its id.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    for table in ("modes", "diverts"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN external_id text")
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT uq_{table}_organisation_id_external_id"
            " UNIQUE (organisation_id, external_id)"
        )
