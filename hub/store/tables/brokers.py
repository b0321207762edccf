"""Who holds the session with each outside broker, and whether that broker can be reached."""

import sqlalchemy as sa

from hub.store.tables.columns import MOMENT, metadata, text

broker_sessions = sa.Table(
    "broker_sessions",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    # Part of a key: taking a lease over waits for whoever is storing under the older number.
    sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"),
    text("holder"),
    sa.Column("expires_at", MOMENT, nullable=False),  # the database's time, and nobody else's
    sa.Column("session", sa.Integer, nullable=False, server_default="0"),
    text("subscribed"),
    text("trouble"),
    sa.Column("troubled_at", MOMENT),
    sa.Column("told_at", MOMENT),
    sa.UniqueConstraint("name", "fence"),
)
