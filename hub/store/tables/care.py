"""Who is cared for: homes, clients, their contacts and agreements."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE

from hub.store.tables.columns import MOMENT, json, metadata, organisation, owned, refers, text

homes = owned(
    "homes",
    sa.Column("region_id", sa.Uuid, sa.ForeignKey("regions.id")),
    text("street"),
    text("place"),
    text("living_form", "spread"),  # spread | apartments | institution | clustered
    sa.Column("latitude", sa.Float),
    sa.Column("longitude", sa.Float),
    sa.Column("ended_at", MOMENT),
)

clients = owned(
    "clients",
    sa.Column("home_id", sa.Uuid, nullable=False),
    sa.Column("team_id", sa.Uuid),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("birth_date", sa.Date),
    text("instructions"),
    json("options"),  # limits of the lifestyle rules, time-critical medicines
    sa.Column("care_ended_at", MOMENT),
    refers("home_id", "homes"),
    refers("team_id", "contacts"),
    sa.Index("ix_clients_home_id", "home_id"),
)

client_contacts = sa.Table(
    "client_contacts",
    metadata,
    organisation(),
    sa.Column("client_id", sa.Uuid, primary_key=True),
    sa.Column("contact_id", sa.Uuid, primary_key=True),
    text("relation"),
    sa.Column("position", sa.Integer, nullable=False, server_default="1"),
    sa.Column("consent", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("limits", JSONB),  # escalation.people.Limits; null: none were agreed
    refers("client_id", "clients"),
    refers("contact_id", "contacts"),
)

agreements = owned(
    "agreements",
    sa.Column("client_id", sa.Uuid),  # null: the organisation's own default
    sa.Column("name", sa.Text, nullable=False),
    json("body"),  # escalation.agreements.Agreement without its ids
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("valid", TSTZRANGE, nullable=False),
    refers("client_id", "clients"),
    sa.Index("ix_agreements_organisation_id_client_id", "organisation_id", "client_id"),
)
