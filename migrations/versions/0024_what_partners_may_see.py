"""Say of every contract what it shares of clients, and keep who saw more in an emergency.

Expand: contracts share everything unless they say otherwise, as they did.
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute(
        "ALTER TABLE service_contracts ADD COLUMN shares TEXT[] DEFAULT '{everything}' NOT NULL"
    )
    op.execute("ALTER TABLE access_log ADD COLUMN reason TEXT DEFAULT '' NOT NULL")
    op.execute(
        """CREATE TABLE disclosures (
            id UUID NOT NULL,
            organisation_id UUID NOT NULL,
            alert_id UUID NOT NULL,
            party_id UUID NOT NULL,
            user_id UUID NOT NULL,
            by TEXT NOT NULL,
            at TIMESTAMP WITH TIME ZONE NOT NULL,
            until TIMESTAMP WITH TIME ZONE NOT NULL,
            reason TEXT NOT NULL,
            parts TEXT[] NOT NULL,
            CONSTRAINT pk_disclosures PRIMARY KEY (id),
            CONSTRAINT fk_disclosures_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id),
            CONSTRAINT fk_disclosures_party_id FOREIGN KEY(party_id) REFERENCES organisations (id),
            CONSTRAINT fk_disclosures_alert_id FOREIGN KEY(organisation_id, alert_id) REFERENCES alerts (organisation_id, id)
        )"""
    )
    op.execute("CREATE INDEX ix_disclosures_alert_id ON disclosures (alert_id)")
    op.execute(
        "CREATE INDEX ix_disclosures_organisation_id_at ON disclosures (organisation_id, at)"
    )
