"""Remember at which hour the turns of a region change.

Expand: nullable; a region without one keeps changing at the moments its turns say.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute("ALTER TABLE regions ADD COLUMN service_hour INTERVAL")
