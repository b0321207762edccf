"""Keep what was proved of each care plan, and which plans must be proved again.

Expand: a new table.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute(
        """CREATE TABLE proofs (
            organisation_id UUID NOT NULL,
            client_id UUID NOT NULL,
            due_at TIMESTAMP WITH TIME ZONE,
            proved_at TIMESTAMP WITH TIME ZONE,
            until TIMESTAMP WITH TIME ZONE,
            errors INTEGER DEFAULT '0' NOT NULL,
            warnings INTEGER DEFAULT '0' NOT NULL,
            findings JSONB DEFAULT '[]'::jsonb NOT NULL,
            CONSTRAINT pk_proofs PRIMARY KEY (client_id),
            CONSTRAINT fk_proofs_organisation_id FOREIGN KEY(organisation_id)
                REFERENCES organisations (id),
            CONSTRAINT fk_proofs_organisation_id_client_id
                FOREIGN KEY(organisation_id, client_id)
                REFERENCES clients (organisation_id, id)
        )"""
    )
    op.execute("CREATE INDEX ix_proofs_due_at ON proofs (due_at) WHERE due_at IS NOT NULL")
    op.execute("CREATE INDEX ix_proofs_organisation_id ON proofs (organisation_id)")
