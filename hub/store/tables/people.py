"""Who there is: organisations, contacts, their turns, contracts and absences."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, ExcludeConstraint

from hub.store.tables.columns import MOMENT, json, key, metadata, organisation, owned, refers, text

organisations = sa.Table(
    "organisations",
    metadata,
    key(),
    sa.Column("external_id", sa.Text, nullable=False, unique=True),  # also the topic's level
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sort", sa.Text, nullable=False),  # provider | partner | centre
    text("time_zone", "Europe/Amsterdam"),
    text("phone"),
    sa.Column("backup_contact_id", sa.Uuid),
    json("settings"),
    sa.CheckConstraint("sort IN ('provider', 'partner', 'centre')", name="sort"),
    sa.CheckConstraint("external_id ~ '^[a-z0-9-]{1,63}$'", name="external_id"),
)

regions = sa.Table(
    "regions",
    metadata,
    key(),
    sa.Column("external_id", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("service_hour", sa.Interval),  # since midnight; null: turns change when they say
)

region_members = sa.Table(
    "region_members",
    metadata,
    sa.Column("region_id", sa.Uuid, sa.ForeignKey("regions.id"), primary_key=True),
    sa.Column("organisation_id", sa.Uuid, sa.ForeignKey("organisations.id"), primary_key=True),
)

contacts = owned(
    "contacts",
    sa.Column("sort", sa.Text, nullable=False),  # person | team | desk | organisation
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),  # escalation.model.Level
    json("ways", "[]"),  # [{"way": "webhook", "address": "http://..."}] in order
    text("phone"),
    sa.Column("ended_at", MOMENT),
)

memberships = sa.Table(
    "memberships",
    metadata,
    organisation(),
    sa.Column("group_id", sa.Uuid, primary_key=True),
    sa.Column("person_id", sa.Uuid, primary_key=True),
    refers("group_id", "contacts"),
    refers("person_id", "contacts"),
)

absences = owned(
    "absences",
    sa.Column("contact_id", sa.Uuid, nullable=False),
    sa.Column("during", TSTZRANGE, nullable=False),
    text("reason"),
    sa.Column("external_id", sa.Text),
    refers("contact_id", "contacts"),
    sa.UniqueConstraint("organisation_id", "external_id"),
    sa.Index("ix_absences_contact_id", "contact_id"),
    external=False,
)

turns = sa.Table(
    "turns",
    metadata,
    key(),
    sa.Column("region_id", sa.Uuid, sa.ForeignKey("regions.id"), nullable=False),
    sa.Column("partner_id", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("during", TSTZRANGE, nullable=False),
    sa.Column("external_id", sa.Text, unique=True),
    ExcludeConstraint(("region_id", "="), ("during", "&&"), name="turns_do_not_overlap"),
)

service_contracts = sa.Table(
    "service_contracts",
    metadata,
    key(),
    organisation(),  # the provider
    sa.Column("served_by_id", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("region_id", sa.Uuid, sa.ForeignKey("regions.id")),
    sa.Column("role", sa.Text, nullable=False),  # centre | partner
    sa.Column("valid", TSTZRANGE, nullable=False),
    sa.Column("response_target", sa.Interval),
    sa.Column("hours", JSONB),  # escalation.windows.Window; null: day and night
    # everything, or words of hub.access.sharing.Part
    sa.Column("shares", ARRAY(sa.Text), nullable=False, server_default="{everything}"),
    sa.Column("external_id", sa.Text),
    sa.UniqueConstraint("organisation_id", "external_id"),
    sa.CheckConstraint("role IN ('centre', 'partner')", name="role"),
    sa.Index("ix_service_contracts_organisation_id", "organisation_id"),
)
