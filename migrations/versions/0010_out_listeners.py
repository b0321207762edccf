"""Let integrators listen at the front door, and remember how far each of their sessions is.

Expand: a column with a default, which no row is rewritten for, and a new table.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute("ALTER TABLE gateways ADD COLUMN listens BOOLEAN DEFAULT false NOT NULL")
    op.execute(
        """CREATE TABLE out_listeners (
            session_id UUID NOT NULL,
            organisation_id UUID NOT NULL,
            cursor BIGINT NOT NULL,
            sent BIGINT NOT NULL,
            filters JSONB DEFAULT '{}'::jsonb NOT NULL,
            CONSTRAINT pk_out_listeners PRIMARY KEY (session_id),
            CONSTRAINT fk_out_listeners_organisation_id
                FOREIGN KEY(organisation_id) REFERENCES organisations (id)
        ) WITH (fillfactor = 50)"""
    )
