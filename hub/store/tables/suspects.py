"""Messages whose decoding ended uncleanly, and how often."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from hub.store.tables.columns import MOMENT, flag, metadata, organisation, text

suspects = sa.Table(
    "suspects",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    organisation(),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("tried_at", MOMENT, nullable=False),
    sa.Column("due_at", MOMENT),  # when the hub follows it up itself; null once it is stored
    sa.Column("gateway_id", sa.Uuid),  # null, as all below, while only its digest is known
    text("source"),
    text("adapter"),
    text("topic"),
    text("key"),  # of its device, where the adapter got as far as that
    sa.Column("payload", sa.LargeBinary),
    sa.Column("received_at", MOMENT),
    sa.Column("qos", sa.SmallInteger, nullable=False, server_default="1"),
    flag("replayed"),
    text("content_type"),
    sa.Column("user_properties", JSONB),  # as in messages
    text("adapter_version"),
    text("contract"),
    sa.Index("ix_suspects_due_at", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
)
