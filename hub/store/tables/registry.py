"""What was changed in the registry: who, when, what it was and what it became. Append-only."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from hub.store.tables.columns import MOMENT, metadata, text

registry_changes = sa.Table(
    "registry_changes",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    # null: of no organisation alone, such as a region
    sa.Column("organisation_id", sa.Uuid, sa.ForeignKey("organisations.id")),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("user_id", sa.Uuid),  # null: by a command on the machine itself
    text("by"),
    sa.Column("noun", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("before", JSONB(none_as_null=True)),
    sa.Column("after", JSONB, nullable=False),
    sa.Index("ix_registry_changes_organisation_id_noun_name", "organisation_id", "noun", "name"),
)
