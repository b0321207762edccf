"""Remember which hub holds the session with an outside broker, and since when it is away.

Expand: a new table, nothing else changes.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute(
        """CREATE TABLE broker_sessions (
            name TEXT NOT NULL,
            fence BIGINT DEFAULT '0' NOT NULL,
            holder TEXT DEFAULT '' NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
            session INTEGER DEFAULT '0' NOT NULL,
            subscribed TEXT DEFAULT '' NOT NULL,
            trouble TEXT DEFAULT '' NOT NULL,
            troubled_at TIMESTAMP WITH TIME ZONE,
            told_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_broker_sessions PRIMARY KEY (name),
            CONSTRAINT uq_broker_sessions_name_fence UNIQUE (name, fence)
        )"""
    )
