"""Remember which refused or unreadable messages somebody has ticked as seen.

Expand: a new table, nothing else changes.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute(
        """CREATE TABLE seen_messages (
            message_id UUID NOT NULL,
            organisation_id UUID NOT NULL,
            seen_by_id UUID NOT NULL,
            seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_seen_messages PRIMARY KEY (message_id),
            CONSTRAINT fk_seen_messages_organisation_id FOREIGN KEY(organisation_id)
                REFERENCES organisations (id)
        )"""
    )
