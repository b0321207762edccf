"""How things stand with a client for a while: away, in hospital, a carer present."""

import sqlalchemy as sa

from hub.store.tables.columns import MOMENT, owned, refers, text

modes = owned(
    "modes",
    sa.Column("client_id", sa.Uuid, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),  # escalation.modes.Mode
    sa.Column("begins_at", MOMENT, nullable=False),
    sa.Column("ends_at", MOMENT, nullable=False),
    sa.Column("set_at", MOMENT, nullable=False),
    sa.Column("set_by_id", sa.Uuid),  # a contact; null: a device said so
    sa.Column("ended_at", MOMENT),  # null until it has ended, by itself or by hand
    sa.Column("ended_by_id", sa.Uuid),
    text("note"),
    text("street"),  # of `elsewhere`: where the client is, who serves that region, whose team
    text("place"),
    sa.Column("region_id", sa.Uuid, sa.ForeignKey("regions.id")),
    sa.Column("provider_id", sa.Uuid, sa.ForeignKey("organisations.id")),
    sa.Column("external_id", sa.Text),
    refers("client_id", "clients"),
    sa.UniqueConstraint("organisation_id", "external_id"),
    sa.CheckConstraint("begins_at < ends_at", name="lasts"),
    sa.Index(
        "ix_modes_client_id_mode",
        "client_id",
        "mode",
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sa.Index("ix_modes_ends_at", "ends_at", postgresql_where=sa.text("ended_at IS NULL")),
    external=False,
)
