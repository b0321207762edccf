"""Every table, in the order in which one needs the other.

Every row has the `organisation_id` of the provider that owns it. Moments are `timestamptz` and
always come from the hub's clock: there are no server-side time defaults. `external_id` is the
organisation's own stable name for a thing, unique per organisation and noun.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, ExcludeConstraint

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

MOMENT = sa.DateTime(timezone=True)


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.Uuid, primary_key=True)


def _organisation() -> sa.Column[Any]:
    return sa.Column("organisation_id", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False)


def _owned(
    name: str, *columns: sa.schema.SchemaItem, external: bool = True, **options: Any
) -> sa.Table:
    """A tenant's table: id, owner, external id, and the key that composite references need."""
    own = [_id(), _organisation()]
    keys: list[sa.schema.SchemaItem] = [sa.UniqueConstraint("organisation_id", "id")]
    if external:
        own.append(sa.Column("external_id", sa.Text, nullable=False))
        keys.append(sa.UniqueConstraint("organisation_id", "external_id"))
    return sa.Table(name, metadata, *own, *columns, *keys, **options)


def _refers(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column], [f"{table}.organisation_id", f"{table}.id"]
    )


def _text(name: str, default: str | None = "") -> sa.Column[Any]:
    if default is None:
        return sa.Column(name, sa.Text, nullable=False)
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def _json(name: str, default: str = "{}") -> sa.Column[Any]:
    return sa.Column(name, JSONB, nullable=False, server_default=sa.text(f"'{default}'::jsonb"))


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


# --- who there is ---------------------------------------------------------------------------

organisations = sa.Table(
    "organisations",
    metadata,
    _id(),
    sa.Column("external_id", sa.Text, nullable=False, unique=True),  # also the topic's level
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sort", sa.Text, nullable=False),  # provider | partner | centre
    _text("time_zone", "Europe/Amsterdam"),
    _text("phone"),
    sa.Column("backup_contact_id", sa.Uuid),
    _json("settings"),
    sa.CheckConstraint("sort IN ('provider', 'partner', 'centre')", name="sort"),
    sa.CheckConstraint("external_id ~ '^[a-z0-9-]{1,63}$'", name="external_id"),
)

regions = sa.Table(
    "regions",
    metadata,
    _id(),
    sa.Column("external_id", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
)

region_members = sa.Table(
    "region_members",
    metadata,
    sa.Column("region_id", sa.Uuid, sa.ForeignKey("regions.id"), primary_key=True),
    sa.Column("organisation_id", sa.Uuid, sa.ForeignKey("organisations.id"), primary_key=True),
)

contacts = _owned(
    "contacts",
    sa.Column("sort", sa.Text, nullable=False),  # person | team | desk | organisation
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),  # escalation.model.Level
    _json("ways", "[]"),  # [{"way": "webhook", "address": "http://..."}] in order
    _text("phone"),
)

memberships = sa.Table(
    "memberships",
    metadata,
    _organisation(),
    sa.Column("group_id", sa.Uuid, primary_key=True),
    sa.Column("person_id", sa.Uuid, primary_key=True),
    _refers("group_id", "contacts"),
    _refers("person_id", "contacts"),
)

absences = _owned(
    "absences",
    sa.Column("contact_id", sa.Uuid, nullable=False),
    sa.Column("during", TSTZRANGE, nullable=False),
    _text("reason"),
    _refers("contact_id", "contacts"),
    sa.Index("ix_absences_contact_id", "contact_id"),
    external=False,
)

turns = sa.Table(
    "turns",
    metadata,
    _id(),
    sa.Column("region_id", sa.Uuid, sa.ForeignKey("regions.id"), nullable=False),
    sa.Column("partner_id", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("during", TSTZRANGE, nullable=False),
    ExcludeConstraint(("region_id", "="), ("during", "&&"), name="turns_do_not_overlap"),
)

service_contracts = sa.Table(
    "service_contracts",
    metadata,
    _id(),
    _organisation(),  # the provider
    sa.Column("served_by_id", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("region_id", sa.Uuid, sa.ForeignKey("regions.id")),
    sa.Column("role", sa.Text, nullable=False),  # centre | partner
    sa.Column("valid", TSTZRANGE, nullable=False),
    sa.Column("response_target", sa.Interval),
    sa.CheckConstraint("role IN ('centre', 'partner')", name="role"),
    sa.Index("ix_service_contracts_organisation_id", "organisation_id"),
)

# --- who is cared for -----------------------------------------------------------------------

homes = _owned(
    "homes",
    sa.Column("region_id", sa.Uuid, sa.ForeignKey("regions.id")),
    _text("street"),
    _text("place"),
    _text("living_form", "spread"),  # spread | apartments | institution | clustered
    sa.Column("latitude", sa.Float),
    sa.Column("longitude", sa.Float),
)

clients = _owned(
    "clients",
    sa.Column("home_id", sa.Uuid, nullable=False),
    sa.Column("team_id", sa.Uuid),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("birth_date", sa.Date),
    _text("instructions"),
    _json("options"),  # limits of the lifestyle rules, time-critical medicines
    sa.Column("care_ended_at", MOMENT),
    _refers("home_id", "homes"),
    _refers("team_id", "contacts"),
    sa.Index("ix_clients_home_id", "home_id"),
)

client_contacts = sa.Table(
    "client_contacts",
    metadata,
    _organisation(),
    sa.Column("client_id", sa.Uuid, primary_key=True),
    sa.Column("contact_id", sa.Uuid, primary_key=True),
    _text("relation"),
    sa.Column("position", sa.Integer, nullable=False, server_default="1"),
    sa.Column("consent", sa.Boolean, nullable=False, server_default=sa.true()),
    _refers("client_id", "clients"),
    _refers("contact_id", "contacts"),
)

agreements = _owned(
    "agreements",
    sa.Column("client_id", sa.Uuid),  # null: the organisation's own default
    sa.Column("name", sa.Text, nullable=False),
    _json("body"),  # escalation.agreements.Agreement without its ids
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("valid", TSTZRANGE, nullable=False),
    _refers("client_id", "clients"),
    sa.Index("ix_agreements_organisation_id_client_id", "organisation_id", "client_id"),
)

# --- who may come in ------------------------------------------------------------------------

users = _owned(
    "users",
    sa.Column("login", sa.Text, nullable=False, unique=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),  # operator | night | team | integrator | tester
    sa.Column("contact_id", sa.Uuid, nullable=False),
    sa.Column("disabled_at", MOMENT),
    _refers("contact_id", "contacts"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    _organisation(),
    sa.Column("user_id", sa.Uuid, nullable=False),
    sa.Column("form_token", sa.Text, nullable=False),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("seen_at", MOMENT, nullable=False),
    sa.Column("expires_at", MOMENT, nullable=False),
    _refers("user_id", "users"),
)

sign_in_attempts = sa.Table(
    "sign_in_attempts",
    metadata,
    sa.Column("login", sa.Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("blocked_until", MOMENT),
    sa.Column("last_at", MOMENT, nullable=False),
)

api_tokens = _owned(
    "api_tokens",
    sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("user_id", sa.Uuid, nullable=False),
    sa.Column("expires_at", MOMENT),
    _refers("user_id", "users"),
)

# --- what speaks ----------------------------------------------------------------------------

gateways = _owned(
    "gateways",
    sa.Column("secret_hash", sa.LargeBinary, nullable=False),
    sa.Column("adapters", ARRAY(sa.Text), nullable=False),
    sa.Column("home_id", sa.Uuid),
    sa.Column("last_seen_at", MOMENT),
    sa.Column("disabled_at", MOMENT),
    _refers("home_id", "homes"),
    sa.CheckConstraint("external_id ~ '^[a-z0-9-]{1,63}$'", name="external_id"),
    postgresql_with={"fillfactor": "70"},
)

devices = _owned(
    "devices",
    sa.Column("gateway_id", sa.Uuid, nullable=False),
    sa.Column("adapter", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("client_id", sa.Uuid),
    sa.Column("home_id", sa.Uuid),
    _text("name"),
    _text("model"),
    _text("role"),
    _text("polarity"),
    _text("room"),
    _text("time_zone", "Europe/Amsterdam"),
    sa.Column("hold_off", sa.Interval, nullable=False, server_default=sa.text("'0'::interval")),
    sa.Column("expected_interval", sa.Interval),
    _json("options"),
    sa.Column("last_seen_at", MOMENT),
    sa.UniqueConstraint("gateway_id", "adapter", "key"),
    _refers("gateway_id", "gateways"),
    _refers("client_id", "clients"),
    _refers("home_id", "homes"),
    sa.CheckConstraint("client_id IS NULL OR home_id IS NULL", name="one_subject"),
    postgresql_with={"fillfactor": "70"},
)

device_states = sa.Table(
    "device_states",
    metadata,
    _organisation(),
    sa.Column("device_id", sa.Uuid, primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("since", MOMENT, nullable=False),
    sa.Column("seen_at", MOMENT, nullable=False),
    _json("value"),
    _refers("device_id", "devices"),
    postgresql_with={"fillfactor": "70"},
)

# --- what came in ---------------------------------------------------------------------------

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("received_at", MOMENT, primary_key=True),
    _organisation(),
    sa.Column("gateway_id", sa.Uuid),
    sa.Column("device_id", sa.Uuid),
    sa.Column("source", sa.Text, nullable=False),  # door | broker | webhook
    sa.Column("adapter", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("qos", sa.SmallInteger, nullable=False),
    _flag("duplicate"),
    _flag("replayed"),
    sa.Column("outcome", sa.Text, nullable=False),  # decoded|ignored|rejected|quarantined|refused
    _text("reason"),
    sa.Index("ix_messages_organisation_id_received_at", "organisation_id", "received_at"),
    sa.Index(
        "ix_messages_troubled",
        "organisation_id",
        "received_at",
        postgresql_where=sa.text("outcome IN ('rejected', 'quarantined', 'refused')"),
    ),
    postgresql_partition_by="RANGE (received_at)",
)

seen_messages = sa.Table(
    "seen_messages",
    metadata,
    sa.Column("message_id", sa.Uuid, primary_key=True),
    _organisation(),
    sa.Column("seen_by_id", sa.Uuid, nullable=False),
    sa.Column("seen_at", MOMENT, nullable=False),
)

message_keys = sa.Table(
    "message_keys",
    metadata,
    _organisation(),
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("message_id", sa.Uuid, nullable=False),
    sa.Column("seen", sa.Integer, nullable=False, server_default="1"),
    sa.Column("first_at", MOMENT, nullable=False),
    sa.Index("ix_message_keys_first_at", "first_at"),
)

ripenings = sa.Table(
    "ripenings",
    metadata,
    _organisation(),
    sa.Column("subject_id", sa.Uuid, primary_key=True),
    sa.Column("what", sa.Text, primary_key=True),  # lifestyle | hold:<channel>
    sa.Column("due_at", MOMENT),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    _json("state"),
    sa.Index("ix_ripenings_due_at", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
    postgresql_with={"fillfactor": "70"},
)

# --- what it became -------------------------------------------------------------------------

alerts = _owned(
    "alerts",
    sa.Column("subject_id", sa.Uuid, nullable=False),
    sa.Column("home_id", sa.Uuid),
    sa.Column("client_ids", ARRAY(sa.Uuid), nullable=False),
    sa.Column("device_id", sa.Uuid),
    sa.Column("gateway_id", sa.Uuid),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("emergency", sa.Text, nullable=False),
    sa.Column("priority", sa.Text, nullable=False),
    sa.Column("priority_rank", sa.SmallInteger, nullable=False),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    _text("explanation"),
    sa.Column("opened_at", MOMENT, nullable=False),
    sa.Column("due_at", MOMENT),
    sa.Column("stuck_at", MOMENT),  # since when this row cannot be read or decided
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("retry_at", MOMENT),
    sa.Column("resolved_at", MOMENT),
    sa.Column("outcome", sa.Text),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    _json("state"),  # escalation.model.Alert, whole
    _refers("home_id", "homes"),
    sa.CheckConstraint("(resolved_at IS NULL) = (due_at IS NOT NULL)", name="always_a_moment"),
    sa.Index(
        "uq_alerts_one_open",
        "organisation_id",
        "subject_id",
        "emergency",
        unique=True,
        postgresql_where=sa.text("resolved_at IS NULL"),
    ),
    sa.Index("ix_alerts_due", "due_at", postgresql_where=sa.text("resolved_at IS NULL")),
    sa.Index("ix_alerts_stuck", "retry_at", postgresql_where=sa.text("retry_at IS NOT NULL")),
    sa.Index("ix_alerts_open_home", "home_id", postgresql_where=sa.text("resolved_at IS NULL")),
    sa.Index(
        "ix_alerts_open_clients",
        "client_ids",
        postgresql_using="gin",
        postgresql_where=sa.text("resolved_at IS NULL"),
    ),
    sa.Index("ix_alerts_resolved_at", "resolved_at"),
    external=False,
    postgresql_with={"fillfactor": "60", "autovacuum_vacuum_scale_factor": "0.02"},
)

events = _owned(
    "events",
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("occurred_at", MOMENT, nullable=False),
    sa.Column("received_at", MOMENT, nullable=False),
    sa.Column("time_source", sa.Text, nullable=False),  # device | received
    _flag("late"),
    _flag("replayed"),
    _flag("test"),
    _text("adapter"),
    sa.Column("device_id", sa.Uuid),
    sa.Column("home_id", sa.Uuid),
    sa.Column("client_ids", ARRAY(sa.Uuid), nullable=False),
    _text("room"),
    _json("value"),
    _text("correlation_key"),
    sa.Column("message_id", sa.Uuid),
    sa.Column("alert_id", sa.Uuid),
    sa.Index("ix_events_alert_id", "alert_id"),
    sa.Index("ix_events_received_at", "received_at"),
    external=False,
)

alert_parties = sa.Table(
    "alert_parties",
    metadata,
    sa.Column("alert_id", sa.Uuid, sa.ForeignKey("alerts.id"), primary_key=True),
    sa.Column("party_id", sa.Uuid, sa.ForeignKey("organisations.id"), primary_key=True),
    _organisation(),
    sa.Index("ix_alert_parties_party_id", "party_id"),
)

custodies = sa.Table(
    "custodies",
    metadata,
    sa.Column("alert_id", sa.Uuid, sa.ForeignKey("alerts.id"), primary_key=True),
    sa.Column("contact_id", sa.Uuid, primary_key=True),
    _organisation(),
    sa.Index("ix_custodies_contact_id", "contact_id"),
)

applied_triggers = sa.Table(
    "applied_triggers",
    metadata,
    sa.Column("alert_id", sa.Uuid, sa.ForeignKey("alerts.id"), primary_key=True),
    sa.Column("trigger_id", sa.Uuid, primary_key=True),
    _organisation(),
    sa.Column("answer", JSONB),
    sa.Column("at", MOMENT, nullable=False),
)

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    _organisation(),
    sa.Column("alert_id", sa.Uuid, nullable=False),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("actor_id", sa.Uuid),  # a contact; null: the hub itself
    sa.Column("entered_by_id", sa.Uuid),
    sa.Column("what", sa.Text, nullable=False),
    _json("facts"),
    _refers("alert_id", "alerts"),
    sa.Index("ix_journal_alert_id", "alert_id"),
)

outbox = _owned(
    "outbox",
    sa.Column("alert_id", sa.Uuid, nullable=False),
    sa.Column("contact_id", sa.Uuid, sa.ForeignKey("contacts.id"), nullable=False),
    sa.Column("way", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),  # warn | stand_down | tell
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("priority_rank", sa.SmallInteger, nullable=False),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("due_at", MOMENT),  # null once sent, refused or given up
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    _text("state", "waiting"),  # waiting | sent | refused | given_up | overtaken
    _text("reason"),
    _refers("alert_id", "alerts"),
    sa.Index(
        "ix_outbox_due", "priority_rank", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")
    ),
    sa.Index("ix_outbox_alert_id", "alert_id"),
    external=False,
    postgresql_with={"fillfactor": "70"},
)

links = sa.Table(
    "links",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    _organisation(),
    sa.Column("alert_id", sa.Uuid, nullable=False),
    sa.Column("contact_id", sa.Uuid, sa.ForeignKey("contacts.id"), nullable=False),
    sa.Column("expires_at", MOMENT, nullable=False),
    _refers("alert_id", "alerts"),
)

# --- who looked -----------------------------------------------------------------------------

access_log = sa.Table(
    "access_log",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    _organisation(),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("user_id", sa.Uuid, nullable=False),
    sa.Column("user_organisation_id", sa.Uuid, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    _text("address"),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("client_id", sa.Uuid),
    sa.Column("alert_id", sa.Uuid),
    _text("authorisation"),
    sa.Index("ix_access_log_organisation_id_at", "organisation_id", "at"),
)
