"""${message}."""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: the release before this one goes on working."""
    op.execute("SET LOCAL lock_timeout = '200ms'")
    ${upgrades if upgrades else "raise NotImplementedError"}
