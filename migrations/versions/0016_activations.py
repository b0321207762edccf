"""Keep which agreements one person put in force in an emergency, and who reviewed them.

Expand: a new table.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute(
        """CREATE TABLE activations (
            id UUID NOT NULL,
            organisation_id UUID NOT NULL,
            agreement_id UUID NOT NULL,
            agreement TEXT NOT NULL,
            client_id UUID,
            at TIMESTAMP WITH TIME ZONE NOT NULL,
            user_id UUID,
            by TEXT NOT NULL,
            reason TEXT NOT NULL,
            findings JSONB DEFAULT '[]'::jsonb NOT NULL,
            before JSONB,
            review_by TIMESTAMP WITH TIME ZONE NOT NULL,
            due_at TIMESTAMP WITH TIME ZONE,
            outcome TEXT,
            reviewed_at TIMESTAMP WITH TIME ZONE,
            reviewed_by TEXT DEFAULT '' NOT NULL,
            CONSTRAINT pk_activations PRIMARY KEY (id),
            CONSTRAINT fk_activations_organisation_id FOREIGN KEY(organisation_id)
                REFERENCES organisations (id),
            CONSTRAINT ck_activations_reviewed CHECK ((due_at IS NULL) = (outcome IS NOT NULL)),
            CONSTRAINT ck_activations_outcome
                CHECK (outcome IN ('approved', 'withdrawn', 'replaced'))
        )"""
    )
    op.execute(
        "CREATE INDEX ix_activations_due_at ON activations (due_at) WHERE due_at IS NOT NULL"
    )
    op.execute("CREATE INDEX ix_activations_organisation_id ON activations (organisation_id)")
