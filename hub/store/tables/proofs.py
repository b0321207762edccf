"""What was proved of each client's care plan, and which must be proved again."""

import sqlalchemy as sa

from hub.store.tables.columns import MOMENT, json, metadata, organisation, refers

proofs = sa.Table(
    "proofs",
    metadata,
    organisation(),
    sa.Column("client_id", sa.Uuid, primary_key=True),
    sa.Column("due_at", MOMENT),  # when to prove it (again); null: nothing changed since
    sa.Column("proved_at", MOMENT),
    sa.Column("until", MOMENT),
    sa.Column("errors", sa.Integer, nullable=False, server_default="0"),
    sa.Column("warnings", sa.Integer, nullable=False, server_default="0"),
    json("findings", "[]"),  # as the API gives them
    refers("client_id", "clients"),
    sa.Index("ix_proofs_due_at", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
    sa.Index("ix_proofs_organisation_id", "organisation_id"),
)
