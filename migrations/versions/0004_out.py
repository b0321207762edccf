"""Number what happens to alerts, so that integrators can follow it without missing anything.

Expand: new tables, and nothing else changes. What happened before has no number.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = (
    """CREATE TABLE out_pending (
        journal_id BIGINT NOT NULL,
        organisation_id UUID NOT NULL,
        CONSTRAINT pk_out_pending PRIMARY KEY (journal_id),
        CONSTRAINT fk_out_pending_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id)
    )""",
    """CREATE TABLE out_streams (
        organisation_id UUID NOT NULL,
        position BIGINT NOT NULL,
        forgotten BIGINT DEFAULT '0' NOT NULL,
        CONSTRAINT pk_out_streams PRIMARY KEY (organisation_id),
        CONSTRAINT fk_out_streams_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id)
    )
     WITH (fillfactor = 50)""",
    """CREATE TABLE out_alerts (
        alert_id UUID NOT NULL,
        organisation_id UUID NOT NULL,
        sequence INTEGER NOT NULL,
        CONSTRAINT pk_out_alerts PRIMARY KEY (alert_id),
        CONSTRAINT fk_out_alerts_organisation_id_alert_id FOREIGN KEY(organisation_id, alert_id) REFERENCES alerts (organisation_id, id),
        CONSTRAINT fk_out_alerts_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id)
    )
     WITH (fillfactor = 70)""",
    """CREATE TABLE out_events (
        organisation_id UUID NOT NULL,
        position BIGINT NOT NULL,
        id UUID NOT NULL,
        alert_id UUID NOT NULL,
        sequence INTEGER NOT NULL,
        type TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        client_ids UUID[] NOT NULL,
        body TEXT NOT NULL,
        CONSTRAINT pk_out_events PRIMARY KEY (organisation_id, position),
        CONSTRAINT uq_out_events_alert_id_sequence UNIQUE (alert_id, sequence),
        CONSTRAINT fk_out_events_organisation_id_alert_id FOREIGN KEY(organisation_id, alert_id) REFERENCES alerts (organisation_id, id),
        CONSTRAINT fk_out_events_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id)
    )""",
    "CREATE INDEX ix_out_events_at ON out_events (at)",
    """CREATE TABLE out_webhooks (
        id UUID NOT NULL,
        organisation_id UUID NOT NULL,
        external_id TEXT NOT NULL,
        url TEXT NOT NULL,
        types TEXT[] NOT NULL,
        key_version INTEGER DEFAULT '1' NOT NULL,
        rotated_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        failing_since TIMESTAMP WITH TIME ZONE,
        trouble TEXT DEFAULT '' NOT NULL,
        disabled_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_out_webhooks PRIMARY KEY (id),
        CONSTRAINT uq_out_webhooks_organisation_id_id UNIQUE (organisation_id, id),
        CONSTRAINT uq_out_webhooks_organisation_id_external_id UNIQUE (organisation_id, external_id),
        CONSTRAINT fk_out_webhooks_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id)
    )
     WITH (fillfactor = 70)""",
    """CREATE TABLE out_deliveries (
        webhook_id UUID NOT NULL,
        position BIGINT NOT NULL,
        organisation_id UUID NOT NULL,
        alert_id UUID NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE NOT NULL,
        attempts INTEGER DEFAULT '0' NOT NULL,
        CONSTRAINT pk_out_deliveries PRIMARY KEY (webhook_id, position),
        CONSTRAINT fk_out_deliveries_organisation_id_webhook_id FOREIGN KEY(organisation_id, webhook_id) REFERENCES out_webhooks (organisation_id, id) ON DELETE CASCADE,
        CONSTRAINT fk_out_deliveries_organisation_id_position FOREIGN KEY(organisation_id, position) REFERENCES out_events (organisation_id, position) ON DELETE CASCADE,
        CONSTRAINT fk_out_deliveries_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id)
    )
     WITH (fillfactor = 70)""",
    "CREATE INDEX ix_out_deliveries_alert ON out_deliveries (webhook_id, alert_id, position)",
    "CREATE INDEX ix_out_deliveries_due ON out_deliveries (webhook_id, due_at, position)",
    "CREATE INDEX ix_out_deliveries_event ON out_deliveries (organisation_id, position)",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    for statement in TABLES:
        op.execute(statement)
