"""Keep more than one secret of a gateway, so that it can be given a new one, and those it signs with.

Expand: a new table, and a column with a default; the previous release keeps working.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute("ALTER TABLE gateways ADD COLUMN key_header TEXT DEFAULT '' NOT NULL")
    op.execute(
        """CREATE TABLE gateway_secrets (
            id UUID NOT NULL,
            organisation_id UUID NOT NULL,
            gateway_id UUID NOT NULL,
            sort TEXT NOT NULL,
            value BYTEA NOT NULL,
            made_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_gateway_secrets PRIMARY KEY (id),
            CONSTRAINT uq_gateway_secrets_organisation_id_id UNIQUE (organisation_id, id),
            CONSTRAINT ck_gateway_secrets_sort CHECK (sort IN ('key', 'signing')),
            CONSTRAINT fk_gateway_secrets_organisation_id FOREIGN KEY(organisation_id)
                REFERENCES organisations (id),
            CONSTRAINT fk_gateway_secrets_organisation_id_gateway_id
                FOREIGN KEY(organisation_id, gateway_id)
                REFERENCES gateways (organisation_id, id)
        )"""
    )
    op.execute("CREATE INDEX ix_gateway_secrets_gateway_id ON gateway_secrets (gateway_id)")
