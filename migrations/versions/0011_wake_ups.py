"""Find quickly whom was called lately: how often somebody may be woken depends on it.

Expand: an index, nothing else changes.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute(
        "CREATE INDEX ix_outbox_contact_id_created_at ON outbox (contact_id, created_at)"
        " WHERE purpose = 'warn'"
    )
