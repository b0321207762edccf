"""Remember who is away, in hospital or has somebody with them, until when, and who said so.

Expand: a new table.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute(
        """CREATE TABLE modes (
            id UUID NOT NULL,
            organisation_id UUID NOT NULL,
            client_id UUID NOT NULL,
            mode TEXT NOT NULL,
            begins_at TIMESTAMP WITH TIME ZONE NOT NULL,
            ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
            set_at TIMESTAMP WITH TIME ZONE NOT NULL,
            set_by_id UUID,
            ended_at TIMESTAMP WITH TIME ZONE,
            ended_by_id UUID,
            note TEXT DEFAULT '' NOT NULL,
            street TEXT DEFAULT '' NOT NULL,
            place TEXT DEFAULT '' NOT NULL,
            region_id UUID,
            provider_id UUID,
            CONSTRAINT pk_modes PRIMARY KEY (id),
            CONSTRAINT uq_modes_organisation_id_id UNIQUE (organisation_id, id),
            CONSTRAINT ck_modes_lasts CHECK (begins_at < ends_at),
            CONSTRAINT fk_modes_organisation_id FOREIGN KEY(organisation_id)
                REFERENCES organisations (id),
            CONSTRAINT fk_modes_region_id FOREIGN KEY(region_id) REFERENCES regions (id),
            CONSTRAINT fk_modes_provider_id FOREIGN KEY(provider_id) REFERENCES organisations (id),
            CONSTRAINT fk_modes_organisation_id_client_id FOREIGN KEY(organisation_id, client_id)
                REFERENCES clients (organisation_id, id)
        )"""
    )
    op.execute(
        "CREATE UNIQUE INDEX ix_modes_client_id_mode ON modes (client_id, mode)"
        " WHERE ended_at IS NULL"
    )
    op.execute("CREATE INDEX ix_modes_ends_at ON modes (ends_at) WHERE ended_at IS NULL")
