"""Tell the other parties to an alert what happens to it, each in a stream of its own.

Expand: a table, and two constraints less, which held events to the alert's owner. A hub of the
release before goes on numbering for owners.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute(
        """CREATE TABLE out_party_alerts (
        alert_id UUID NOT NULL,
        organisation_id UUID NOT NULL,
        sequence INTEGER NOT NULL,
        CONSTRAINT pk_out_party_alerts PRIMARY KEY (alert_id, organisation_id),
        CONSTRAINT fk_out_party_alerts_alert_id FOREIGN KEY(alert_id) REFERENCES alerts (id),
        CONSTRAINT fk_out_party_alerts_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id)
    )
     WITH (fillfactor = 70)"""
    )
    op.execute("ALTER TABLE out_events DROP CONSTRAINT uq_out_events_alert_id_sequence")
    op.execute("ALTER TABLE out_events DROP CONSTRAINT fk_out_events_organisation_id_alert_id")
    op.execute(
        "ALTER TABLE out_events ADD CONSTRAINT fk_out_events_alert_id"
        " FOREIGN KEY (alert_id) REFERENCES alerts (id) NOT VALID"
    )
