"""What it became: alerts, who sees and has them, their journal and messages."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hub.store.tables.columns import MOMENT, flag, json, metadata, organisation, owned, refers, text

alerts = owned(
    "alerts",
    sa.Column("subject_id", sa.Uuid, nullable=False),
    sa.Column("home_id", sa.Uuid),
    sa.Column("client_ids", ARRAY(sa.Uuid), nullable=False),
    sa.Column("device_id", sa.Uuid),
    sa.Column("gateway_id", sa.Uuid),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("emergency", sa.Text, nullable=False),
    sa.Column("priority", sa.Text, nullable=False),
    sa.Column("priority_rank", sa.SmallInteger, nullable=False),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    text("explanation"),
    sa.Column("opened_at", MOMENT, nullable=False),
    sa.Column("due_at", MOMENT),
    sa.Column("stuck_at", MOMENT),  # since when this row cannot be read or decided
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("retry_at", MOMENT),
    sa.Column("resolved_at", MOMENT),
    sa.Column("outcome", sa.Text),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    json("state"),  # escalation.model.Alert, whole
    refers("home_id", "homes"),
    sa.CheckConstraint("(resolved_at IS NULL) = (due_at IS NOT NULL)", name="always_a_moment"),
    sa.Index(
        "uq_alerts_one_open",
        "organisation_id",
        "subject_id",
        "emergency",
        unique=True,
        postgresql_where=sa.text("resolved_at IS NULL"),
    ),
    sa.Index("ix_alerts_due", "due_at", postgresql_where=sa.text("resolved_at IS NULL")),
    sa.Index("ix_alerts_stuck", "retry_at", postgresql_where=sa.text("retry_at IS NOT NULL")),
    sa.Index("ix_alerts_open_home", "home_id", postgresql_where=sa.text("resolved_at IS NULL")),
    sa.Index(
        "ix_alerts_open_clients",
        "client_ids",
        postgresql_using="gin",
        postgresql_where=sa.text("resolved_at IS NULL"),
    ),
    sa.Index("ix_alerts_resolved_at", "resolved_at"),
    external=False,
    postgresql_with={"fillfactor": "60", "autovacuum_vacuum_scale_factor": "0.02"},
)

events = owned(
    "events",
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("occurred_at", MOMENT, nullable=False),
    sa.Column("received_at", MOMENT, nullable=False),
    sa.Column("time_source", sa.Text, nullable=False),  # device | received
    flag("late"),
    flag("replayed"),
    flag("test"),
    text("adapter"),
    text("adapter_version"),
    sa.Column("device_id", sa.Uuid),
    sa.Column("home_id", sa.Uuid),
    sa.Column("client_ids", ARRAY(sa.Uuid), nullable=False),
    text("room"),
    sa.Column("position", JSONB),  # lat, lon, accuracy_m, fixed_at; null: it did not say
    json("value"),
    text("correlation_key"),
    sa.Column("message_id", sa.Uuid),
    sa.Column("alert_id", sa.Uuid),
    sa.Index("ix_events_alert_id", "alert_id"),
    sa.Index("ix_events_received_at", "received_at"),
    sa.Index("ix_events_device_id_received_at", "device_id", "received_at"),
    sa.Index(
        "ix_events_trends",
        "organisation_id",
        "received_at",
        postgresql_where=sa.text(
            "kind IN ('lifestyle.toilet_frequency', 'lifestyle.restless_night', 'lifestyle.slower',"
            " 'lifestyle.less_active', 'observation.noticed')"
        ),
    ),
    external=False,
)

alert_parties = sa.Table(
    "alert_parties",
    metadata,
    sa.Column("alert_id", sa.Uuid, sa.ForeignKey("alerts.id"), primary_key=True),
    sa.Column("party_id", sa.Uuid, sa.ForeignKey("organisations.id"), primary_key=True),
    organisation(),
    sa.Index("ix_alert_parties_party_id", "party_id"),
)

custodies = sa.Table(
    "custodies",
    metadata,
    sa.Column("alert_id", sa.Uuid, sa.ForeignKey("alerts.id"), primary_key=True),
    sa.Column("contact_id", sa.Uuid, primary_key=True),
    organisation(),
    sa.Index("ix_custodies_contact_id", "contact_id"),
)

applied_triggers = sa.Table(
    "applied_triggers",
    metadata,
    sa.Column("alert_id", sa.Uuid, sa.ForeignKey("alerts.id"), primary_key=True),
    sa.Column("trigger_id", sa.Uuid, primary_key=True),
    organisation(),
    sa.Column("answer", JSONB),
    sa.Column("at", MOMENT, nullable=False),
)

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    organisation(),
    sa.Column("alert_id", sa.Uuid, nullable=False),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("actor_id", sa.Uuid),  # a contact; null: the hub itself
    sa.Column("entered_by_id", sa.Uuid),
    sa.Column("what", sa.Text, nullable=False),
    json("facts"),
    refers("alert_id", "alerts"),
    sa.Index("ix_journal_alert_id", "alert_id"),
)

outbox = owned(
    "outbox",
    sa.Column("alert_id", sa.Uuid, nullable=False),
    sa.Column("contact_id", sa.Uuid, sa.ForeignKey("contacts.id"), nullable=False),
    sa.Column("way", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),  # warn | stand_down | tell
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("priority_rank", sa.SmallInteger, nullable=False),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("due_at", MOMENT),  # null once sent, refused or given up
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    text("state", "waiting"),  # waiting | sent | refused | given_up | overtaken
    text("reason"),
    refers("alert_id", "alerts"),
    sa.Index(
        "ix_outbox_due", "priority_rank", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")
    ),
    sa.Index("ix_outbox_alert_id", "alert_id"),
    sa.Index(
        "ix_outbox_contact_id_created_at",
        "contact_id",
        "created_at",
        postgresql_where=sa.text("purpose = 'warn'"),
    ),
    external=False,
    postgresql_with={"fillfactor": "70"},
)

links = sa.Table(
    "links",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    organisation(),
    sa.Column("alert_id", sa.Uuid, nullable=False),
    sa.Column("contact_id", sa.Uuid, sa.ForeignKey("contacts.id"), nullable=False),
    sa.Column("expires_at", MOMENT, nullable=False),
    refers("alert_id", "alerts"),
)
