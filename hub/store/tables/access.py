"""Who may come in, and who looked."""

import sqlalchemy as sa

from hub.store.tables.columns import MOMENT, metadata, organisation, owned, refers, text

users = owned(
    "users",
    sa.Column("login", sa.Text, nullable=False, unique=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),  # operator | night | team | integrator | tester
    sa.Column("contact_id", sa.Uuid, nullable=False),
    sa.Column("disabled_at", MOMENT),
    refers("contact_id", "contacts"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    organisation(),
    sa.Column("user_id", sa.Uuid, nullable=False),
    sa.Column("form_token", sa.Text, nullable=False),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("seen_at", MOMENT, nullable=False),
    sa.Column("expires_at", MOMENT, nullable=False),
    refers("user_id", "users"),
)

sign_in_attempts = sa.Table(
    "sign_in_attempts",
    metadata,
    sa.Column("login", sa.Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("blocked_until", MOMENT),
    sa.Column("last_at", MOMENT, nullable=False),
)

api_tokens = owned(
    "api_tokens",
    sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("user_id", sa.Uuid, nullable=False),
    sa.Column("expires_at", MOMENT),
    refers("user_id", "users"),
)

access_log = sa.Table(
    "access_log",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    organisation(),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("user_id", sa.Uuid, nullable=False),
    sa.Column("user_organisation_id", sa.Uuid, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    text("address"),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("client_id", sa.Uuid),
    sa.Column("alert_id", sa.Uuid),
    text("authorisation"),
    text("reason"),  # of break_glass
    sa.Index("ix_access_log_organisation_id_at", "organisation_id", "at"),
)
