"""What the front door remembers between connections: sessions, packets in flight, hubs alive."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hub.store.tables.columns import MOMENT, flag, metadata, organisation, refers, text

# The one clock here is the database's own: hubs judge each other by it.
mqtt_hubs = sa.Table(
    "mqtt_hubs",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),  # one life of one hub
    sa.Column("seen_at", MOMENT, nullable=False),
)

mqtt_sessions = sa.Table(
    "mqtt_sessions",
    metadata,
    organisation(),
    sa.Column("gateway_id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Text, primary_key=True),
    sa.Column("id", sa.Uuid, nullable=False),  # another one after a clean start
    sa.Column("generation", sa.BigInteger, nullable=False),  # counts its connections
    sa.Column("hub_id", sa.Uuid),  # who has the connection; nobody while it is away
    sa.Column(
        "former", ARRAY(sa.Uuid), nullable=False, server_default=sa.text("'{}'::uuid[]")
    ),  # hubs that are to hang up, as it was taken over from them
    sa.Column("expiry", sa.Interval, nullable=False),
    sa.Column("expires_at", MOMENT),
    text("let_in_as", None),  # a digest of what its gateway was when it came in
    sa.Column("will", JSONB),
    sa.Column("will_after", sa.Interval),
    sa.Column("will_due_at", MOMENT),
    refers("gateway_id", "gateways"),
    sa.Index("ix_mqtt_sessions_hub_id", "hub_id"),
    sa.Index(
        "ix_mqtt_sessions_will_due_at",
        "will_due_at",
        postgresql_where=sa.text("will_due_at IS NOT NULL"),
    ),
    sa.Index(
        "ix_mqtt_sessions_former",
        "gateway_id",
        postgresql_where=sa.text("former <> '{}'::uuid[]"),
    ),
    postgresql_with={"fillfactor": "70"},
)

mqtt_packets = sa.Table(
    "mqtt_packets",
    metadata,
    sa.Column("session_id", sa.Uuid, primary_key=True),
    sa.Column("packet_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("qos", sa.SmallInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),  # of topic and payload
    sa.Column("generation", sa.BigInteger, nullable=False),  # the connection that brought it last
    sa.Column("number", sa.BigInteger, nullable=False),  # its place on that connection
    sa.Column("received_at", MOMENT, nullable=False),
    flag("duplicate"),
    flag("let_go"),  # its sender said PUBREL
    flag("released"),  # the sender knows that it is stored, and may use the id again
    sa.Column("copies", sa.Integer, nullable=False, server_default="0"),
    postgresql_with={"fillfactor": "50"},
)
