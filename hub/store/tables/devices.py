"""What speaks: gateways, devices, and the state each channel is in."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from hub.store.tables.columns import MOMENT, flag, json, metadata, organisation, owned, refers, text

gateways = owned(
    "gateways",
    sa.Column("secret_hash", sa.LargeBinary, nullable=False),
    sa.Column("adapters", ARRAY(sa.Text), nullable=False),
    sa.Column("home_id", sa.Uuid),
    sa.Column("last_seen_at", MOMENT),
    sa.Column("disabled_at", MOMENT),
    text("key_header"),  # where a sender over HTTP puts the id of a message, in small letters
    flag("listens"),  # an integrator's: it may subscribe to its organisation's out/
    refers("home_id", "homes"),
    sa.CheckConstraint("external_id ~ '^[a-z0-9-]{1,63}$'", name="external_id"),
    postgresql_with={"fillfactor": "70"},
)

gateway_secrets = owned(
    "gateway_secrets",
    sa.Column("gateway_id", sa.Uuid, nullable=False),
    sa.Column("sort", sa.Text, nullable=False),  # key: a hash, older | signing: sealed
    sa.Column("value", sa.LargeBinary, nullable=False),
    sa.Column("made_at", MOMENT, nullable=False),
    refers("gateway_id", "gateways"),
    sa.CheckConstraint("sort IN ('key', 'signing')", name="sort"),
    sa.Index("ix_gateway_secrets_gateway_id", "gateway_id"),
    external=False,
)

devices = owned(
    "devices",
    sa.Column("gateway_id", sa.Uuid, nullable=False),
    sa.Column("adapter", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("client_id", sa.Uuid),
    sa.Column("home_id", sa.Uuid),
    text("name"),
    text("model"),
    text("role"),
    text("polarity"),
    text("room"),
    text("time_zone", "Europe/Amsterdam"),
    sa.Column("hold_off", sa.Interval, nullable=False, server_default=sa.text("'0'::interval")),
    sa.Column("expected_interval", sa.Interval),
    json("options"),
    sa.Column("last_seen_at", MOMENT),
    sa.Column("ended_at", MOMENT),
    sa.Column("untested_since", MOMENT),  # given to another client; null: tested there, or first
    sa.UniqueConstraint("gateway_id", "adapter", "key"),
    refers("gateway_id", "gateways"),
    refers("client_id", "clients"),
    refers("home_id", "homes"),
    sa.CheckConstraint("client_id IS NULL OR home_id IS NULL", name="one_subject"),
    sa.Index(
        "ix_devices_client_id", "client_id", postgresql_where=sa.text("client_id IS NOT NULL")
    ),
    sa.Index("ix_devices_home_id", "home_id", postgresql_where=sa.text("home_id IS NOT NULL")),
    postgresql_with={"fillfactor": "70"},
)

device_states = sa.Table(
    "device_states",
    metadata,
    organisation(),
    sa.Column("device_id", sa.Uuid, primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("since", MOMENT, nullable=False),
    sa.Column("seen_at", MOMENT, nullable=False),
    text("series"),  # the device's own numbering of what it said last: a boot, a session
    sa.Column("number", sa.BigInteger),
    sa.Column("said_at", MOMENT),  # by the device's own clock
    json("value"),
    refers("device_id", "devices"),
    postgresql_with={"fillfactor": "70"},
)
