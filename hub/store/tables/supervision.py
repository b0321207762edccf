"""Who must be heard from, and when the hub itself was there to hear."""

import sqlalchemy as sa

from hub.store.tables.columns import MOMENT, flag, metadata, organisation, text

supervised = sa.Table(
    "supervised",
    metadata,
    organisation(),
    sa.Column("thing_id", sa.Uuid, primary_key=True),  # a device, a gateway, or a vendor's own id
    sa.Column("sort", sa.SmallInteger, nullable=False),  # 0 vendor, 1 gateway, 2 device
    text("adapter"),  # of a vendor
    sa.Column("gateway_id", sa.Uuid),  # of a device whose gateway is watched too
    sa.Column("vendor_id", sa.Uuid),  # of a device or gateway whose vendor is watched too
    sa.Column("every", sa.Interval, nullable=False),
    sa.Column("since", MOMENT, nullable=False),  # silence before this does not count
    sa.Column("due_at", MOMENT),
    sa.Column("silent_since", MOMENT),  # of one that is lost
    sa.Column("lost_at", MOMENT),
    flag("folded"),  # lost, and told of as part of something larger
    sa.CheckConstraint("(lost_at IS NULL) = (silent_since IS NULL)", name="lost"),
    sa.Index("ix_supervised_due_at", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
    sa.Index("ix_supervised_lost_at", "lost_at", postgresql_where=sa.text("lost_at IS NOT NULL")),
    postgresql_with={"fillfactor": "70"},
)

listening = sa.Table(
    "listening",
    metadata,
    sa.Column("began_at", MOMENT, primary_key=True),
    sa.Column("until_at", MOMENT, nullable=False),
)
