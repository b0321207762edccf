"""Remember messages whose decoding ended uncleanly, and how often.

Expand: a new table, nothing else changes.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute(
        """CREATE TABLE suspects (
            digest BYTEA NOT NULL,
            organisation_id UUID NOT NULL,
            attempts INTEGER NOT NULL,
            tried_at TIMESTAMP WITH TIME ZONE NOT NULL,
            due_at TIMESTAMP WITH TIME ZONE,
            gateway_id UUID,
            source TEXT DEFAULT '' NOT NULL,
            adapter TEXT DEFAULT '' NOT NULL,
            topic TEXT DEFAULT '' NOT NULL,
            key TEXT DEFAULT '' NOT NULL,
            payload BYTEA,
            received_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_suspects PRIMARY KEY (digest),
            CONSTRAINT fk_suspects_organisation_id FOREIGN KEY(organisation_id)
                REFERENCES organisations (id)
        )"""
    )
    op.execute("CREATE INDEX ix_suspects_due_at ON suspects (due_at) WHERE due_at IS NOT NULL")
