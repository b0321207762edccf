"""Remember which work each care plan gave its team, so that it closes when it was done.

Expand: a new table. Work from before this is closed by hand, as it was.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute(
        """CREATE TABLE plan_work (
            event_id UUID NOT NULL,
            organisation_id UUID NOT NULL,
            about UUID NOT NULL,
            done_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_plan_work PRIMARY KEY (event_id),
            CONSTRAINT fk_plan_work_organisation_id FOREIGN KEY(organisation_id)
                REFERENCES organisations (id)
        )"""
    )
    op.execute("CREATE INDEX ix_plan_work_about ON plan_work (about)")
