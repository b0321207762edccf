"""Remember which devices were given to another client and were not tested there yet.

Expand: nullable; what is bound today stays trusted.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute("ALTER TABLE devices ADD COLUMN untested_since TIMESTAMP WITH TIME ZONE")
