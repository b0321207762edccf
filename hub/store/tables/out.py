"""What integrators are told: numbered events, who is told of them, and what is still to be sent."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from hub.store.tables.columns import MOMENT, json, metadata, organisation, owned, refers, text

# Written with the journal line itself; a row here is a line that has no number yet.
out_pending = sa.Table(
    "out_pending",
    metadata,
    sa.Column("journal_id", sa.BigInteger, primary_key=True, autoincrement=False),
    organisation(),
)

out_streams = sa.Table(
    "out_streams",
    metadata,
    sa.Column("organisation_id", sa.Uuid, sa.ForeignKey("organisations.id"), primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),  # of the newest event
    sa.Column("forgotten", sa.BigInteger, nullable=False, server_default="0"),  # up to and with
    postgresql_with={"fillfactor": "50"},
)

out_alerts = sa.Table(
    "out_alerts",
    metadata,
    sa.Column("alert_id", sa.Uuid, primary_key=True),
    organisation(),
    sa.Column("sequence", sa.Integer, nullable=False),  # of the alert's newest event
    refers("alert_id", "alerts"),
    postgresql_with={"fillfactor": "70"},
)

# The same for every other party; `organisation_id` is the party, which does not own the alert.
out_party_alerts = sa.Table(
    "out_party_alerts",
    metadata,
    sa.Column("alert_id", sa.Uuid, sa.ForeignKey("alerts.id"), primary_key=True),
    sa.Column("organisation_id", sa.Uuid, sa.ForeignKey("organisations.id"), primary_key=True),
    sa.Column("sequence", sa.Integer, nullable=False),
    postgresql_with={"fillfactor": "70"},
)

# `organisation_id` is whose stream it is: the alert's owner, or another party to it.
out_events = sa.Table(
    "out_events",
    metadata,
    sa.Column("organisation_id", sa.Uuid, sa.ForeignKey("organisations.id"), primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True),
    sa.Column("id", sa.Uuid, nullable=False),
    sa.Column("alert_id", sa.Uuid, sa.ForeignKey("alerts.id"), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("at", MOMENT, nullable=False),  # when it was numbered
    sa.Column("client_ids", ARRAY(sa.Uuid), nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # the CloudEvent, the same bytes on every road
    sa.Index("ix_out_events_at", "at"),
)

out_listeners = sa.Table(
    "out_listeners",
    metadata,
    sa.Column("session_id", sa.Uuid, primary_key=True),  # of mqtt_sessions
    organisation(),
    sa.Column("cursor", sa.BigInteger, nullable=False),
    sa.Column("sent", sa.BigInteger, nullable=False),
    json("filters"),  # {"out/zorg/#": 1}, or [1, 7] with an identifier
    postgresql_with={"fillfactor": "50"},
)

out_webhooks = owned(
    "out_webhooks",
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("types", ARRAY(sa.Text), nullable=False),  # empty: all
    sa.Column("key_version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("rotated_at", MOMENT),  # until a day later the former key signs as well
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("failing_since", MOMENT),
    text("trouble"),  # what the last failure was, in a word
    sa.Column("disabled_at", MOMENT),
    postgresql_with={"fillfactor": "70"},
)

out_deliveries = sa.Table(
    "out_deliveries",
    metadata,
    sa.Column("webhook_id", sa.Uuid, primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True),
    organisation(),
    sa.Column("alert_id", sa.Uuid, nullable=False),
    sa.Column("due_at", MOMENT, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.ForeignKeyConstraint(
        ["organisation_id", "webhook_id"],
        ["out_webhooks.organisation_id", "out_webhooks.id"],
        ondelete="CASCADE",
    ),
    sa.ForeignKeyConstraint(
        ["organisation_id", "position"],
        ["out_events.organisation_id", "out_events.position"],
        ondelete="CASCADE",
    ),
    sa.Index("ix_out_deliveries_due", "webhook_id", "due_at", "position"),
    sa.Index("ix_out_deliveries_alert", "webhook_id", "alert_id", "position"),
    sa.Index("ix_out_deliveries_event", "organisation_id", "position"),
    postgresql_with={"fillfactor": "70"},
)
