"""Who works when: rosters and their shifts, calls sent on, and an organisation's holidays."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSTZRANGE

from hub.store.tables.columns import metadata, organisation, owned, refers, text

rosters = owned(
    "rosters",
    sa.Column("contact_id", sa.Uuid, nullable=False, unique=True),  # called in its shifts alone
    sa.Column("known_until", sa.DateTime(timezone=True), nullable=False),
    refers("contact_id", "contacts"),
    external=False,
)

shifts = owned(
    "shifts",
    sa.Column("contact_id", sa.Uuid, nullable=False),
    sa.Column("during", TSTZRANGE, nullable=False),
    refers("contact_id", "contacts"),
    sa.Index("ix_shifts_contact_id", "contact_id"),
)

diverts = owned(
    "diverts",
    sa.Column("contact_id", sa.Uuid, nullable=False),
    sa.Column("to_id", sa.Uuid, sa.ForeignKey("contacts.id"), nullable=False),  # may be a partner's
    sa.Column("during", TSTZRANGE, nullable=False),
    sa.Column("external_id", sa.Text),
    refers("contact_id", "contacts"),
    sa.UniqueConstraint("organisation_id", "external_id"),
    sa.Index("ix_diverts_contact_id", "contact_id"),
    external=False,
)

holidays = sa.Table(
    "holidays",
    metadata,
    organisation(),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("starts", sa.Interval, nullable=False, server_default="0"),  # since midnight
    text("name"),
    sa.PrimaryKeyConstraint("organisation_id", "day"),
)
