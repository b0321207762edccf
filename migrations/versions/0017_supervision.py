"""Watch who must be heard from, and remember when the hub was there to hear.

Expand: two tables, nothing else changes.
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute(
        """
        CREATE TABLE supervised (
            organisation_id UUID NOT NULL
                CONSTRAINT fk_supervised_organisation_id_organisations
                REFERENCES organisations (id),
            thing_id UUID CONSTRAINT pk_supervised PRIMARY KEY,
            sort SMALLINT NOT NULL,
            adapter TEXT NOT NULL DEFAULT '',
            gateway_id UUID,
            vendor_id UUID,
            every INTERVAL NOT NULL,
            since TIMESTAMPTZ NOT NULL,
            due_at TIMESTAMPTZ,
            silent_since TIMESTAMPTZ,
            lost_at TIMESTAMPTZ,
            folded BOOLEAN NOT NULL DEFAULT false,
            CONSTRAINT ck_supervised_lost CHECK ((lost_at IS NULL) = (silent_since IS NULL))
        ) WITH (fillfactor = 70)
        """
    )
    op.execute("CREATE INDEX ix_supervised_due_at ON supervised (due_at) WHERE due_at IS NOT NULL")
    op.execute(
        "CREATE INDEX ix_supervised_lost_at ON supervised (lost_at) WHERE lost_at IS NOT NULL"
    )
    op.execute(
        """
        CREATE TABLE listening (
            began_at TIMESTAMPTZ CONSTRAINT pk_listening PRIMARY KEY,
            until_at TIMESTAMPTZ NOT NULL
        )
        """
    )
