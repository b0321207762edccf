"""The work that care plans gave their teams, until it was done."""

import sqlalchemy as sa

from hub.store.tables.columns import MOMENT, metadata, organisation

plan_work = sa.Table(
    "plan_work",
    metadata,
    sa.Column("event_id", sa.Uuid, primary_key=True),  # the event that put it on the board
    organisation(),
    sa.Column("about", sa.Uuid, nullable=False),  # the activation, or the absence and client
    sa.Column("done_at", MOMENT),
    sa.Index("ix_plan_work_about", "about"),
)
