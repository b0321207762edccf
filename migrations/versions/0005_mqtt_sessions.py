"""Keep MQTT sessions, packets in flight and wills, and which hubs are alive.

Expand: new tables, nothing else changes.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute(
        """CREATE TABLE mqtt_hubs (
            id UUID NOT NULL,
            seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_mqtt_hubs PRIMARY KEY (id)
        )"""
    )
    op.execute(
        """CREATE TABLE mqtt_sessions (
            organisation_id UUID NOT NULL,
            gateway_id UUID NOT NULL,
            client_id TEXT NOT NULL,
            id UUID NOT NULL,
            generation BIGINT NOT NULL,
            hub_id UUID,
            former UUID[] DEFAULT '{}'::uuid[] NOT NULL,
            expiry INTERVAL NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE,
            let_in_as TEXT NOT NULL,
            will JSONB,
            will_after INTERVAL,
            will_due_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_mqtt_sessions PRIMARY KEY (gateway_id, client_id),
            CONSTRAINT fk_mqtt_sessions_organisation_id_gateway_id
                FOREIGN KEY(organisation_id, gateway_id) REFERENCES gateways (organisation_id, id),
            CONSTRAINT fk_mqtt_sessions_organisation_id
                FOREIGN KEY(organisation_id) REFERENCES organisations (id)
        ) WITH (fillfactor = 70)"""
    )
    op.execute("CREATE INDEX ix_mqtt_sessions_hub_id ON mqtt_sessions (hub_id)")
    op.execute(
        """CREATE INDEX ix_mqtt_sessions_will_due_at ON mqtt_sessions (will_due_at)
            WHERE will_due_at IS NOT NULL"""
    )
    op.execute(
        """CREATE INDEX ix_mqtt_sessions_former ON mqtt_sessions (gateway_id)
            WHERE former <> '{}'::uuid[]"""
    )
    op.execute(
        """CREATE TABLE mqtt_packets (
            session_id UUID NOT NULL,
            packet_id INTEGER NOT NULL,
            qos SMALLINT NOT NULL,
            digest BYTEA NOT NULL,
            generation BIGINT NOT NULL,
            number BIGINT NOT NULL,
            received_at TIMESTAMP WITH TIME ZONE NOT NULL,
            duplicate BOOLEAN DEFAULT false NOT NULL,
            let_go BOOLEAN DEFAULT false NOT NULL,
            released BOOLEAN DEFAULT false NOT NULL,
            copies INTEGER DEFAULT '0' NOT NULL,
            CONSTRAINT pk_mqtt_packets PRIMARY KEY (session_id, packet_id)
        ) WITH (fillfactor = 50)"""
    )
