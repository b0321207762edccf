"""What came in: raw messages, the keys that prove a copy, conditions that ripen."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from hub.store.tables.columns import MOMENT, flag, json, metadata, organisation, text

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("received_at", MOMENT, primary_key=True),
    organisation(),
    sa.Column("gateway_id", sa.Uuid),
    sa.Column("device_id", sa.Uuid),
    sa.Column("source", sa.Text, nullable=False),  # door | broker | webhook
    sa.Column("adapter", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("qos", sa.SmallInteger, nullable=False),
    flag("duplicate"),
    flag("replayed"),
    sa.Column("outcome", sa.Text, nullable=False),  # decoded|ignored|rejected|quarantined|refused
    text("reason"),
    text("content_type"),
    sa.Column("user_properties", JSONB),  # pairs of name and value; null: none
    text("adapter_version"),  # of the decoder that read it, and the contract it speaks
    text("contract"),
    sa.Index("ix_messages_organisation_id_received_at", "organisation_id", "received_at"),
    sa.Index(
        "ix_messages_troubled",
        "organisation_id",
        "received_at",
        postgresql_where=sa.text("outcome IN ('rejected', 'quarantined', 'refused')"),
    ),
    postgresql_partition_by="RANGE (received_at)",
)

seen_messages = sa.Table(
    "seen_messages",
    metadata,
    sa.Column("message_id", sa.Uuid, primary_key=True),
    organisation(),
    sa.Column("seen_by_id", sa.Uuid, nullable=False),
    sa.Column("seen_at", MOMENT, nullable=False),
)

message_keys = sa.Table(
    "message_keys",
    metadata,
    organisation(),
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("message_id", sa.Uuid, nullable=False),
    sa.Column("seen", sa.Integer, nullable=False, server_default="1"),
    sa.Column("first_at", MOMENT, nullable=False),
    sa.Index("ix_message_keys_first_at", "first_at"),
)

ripenings = sa.Table(
    "ripenings",
    metadata,
    organisation(),
    sa.Column("subject_id", sa.Uuid, primary_key=True),
    sa.Column("what", sa.Text, primary_key=True),  # lifestyle | doses | hold:<channel>
    sa.Column("due_at", MOMENT),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    json("state"),
    sa.Index("ix_ripenings_due_at", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
    postgresql_with={"fillfactor": "70"},
)
