"""Agreements that one person put in force in an emergency, each until a second one reviewed it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from hub.store.tables.columns import MOMENT, json, key, metadata, organisation, text

activations = sa.Table(
    "activations",
    metadata,
    key(),
    organisation(),
    sa.Column("agreement_id", sa.Uuid, nullable=False),  # which may be taken away again
    text("agreement", None),  # its external id
    sa.Column("client_id", sa.Uuid),  # null: the organisation's own default
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("user_id", sa.Uuid),  # null: by a command on the machine itself
    text("by", None),
    text("reason", None),
    json("findings", "[]"),  # the errors it was put in force with, as the API gives them
    sa.Column("before", JSONB(none_as_null=True)),  # its record until then; null: there was none
    sa.Column("review_by", MOMENT, nullable=False),
    sa.Column("due_at", MOMENT),  # when it is (again) overdue work; null: it was reviewed
    sa.Column("outcome", sa.Text),  # approved | withdrawn | replaced; null: not reviewed yet
    sa.Column("reviewed_at", MOMENT),
    text("reviewed_by"),
    sa.CheckConstraint("(due_at IS NULL) = (outcome IS NOT NULL)", name="reviewed"),
    sa.CheckConstraint("outcome IN ('approved', 'withdrawn', 'replaced')", name="outcome"),
    sa.Index("ix_activations_due_at", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
    sa.Index("ix_activations_organisation_id", "organisation_id"),
)
