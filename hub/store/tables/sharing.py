"""Who saw, in an emergency, what an agreement between organisations keeps back."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from hub.store.tables.columns import MOMENT, key, metadata, organisation, refers, text

disclosures = sa.Table(
    "disclosures",
    metadata,
    key(),
    organisation(),  # the provider whose client it was about
    sa.Column("alert_id", sa.Uuid, nullable=False),
    sa.Column("party_id", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("user_id", sa.Uuid, nullable=False),
    text("by", None),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("until", MOMENT, nullable=False),
    text("reason", None),
    sa.Column("parts", ARRAY(sa.Text), nullable=False),  # what had been kept back
    refers("alert_id", "alerts"),
    sa.Index("ix_disclosures_alert_id", "alert_id"),
    sa.Index("ix_disclosures_organisation_id_at", "organisation_id", "at"),
)
