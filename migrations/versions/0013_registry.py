"""Call everything in the registry by an external id, end it instead of deleting it, and keep changes.

Expand: columns that may be empty, and a table. What has no external id goes by its id.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    for table in ("turns", "service_contracts", "absences"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN external_id text")
    op.execute("ALTER TABLE turns ADD CONSTRAINT uq_turns_external_id UNIQUE (external_id)")
    for table in ("service_contracts", "absences"):
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT uq_{table}_organisation_id_external_id"
            " UNIQUE (organisation_id, external_id)"
        )
    for table in ("contacts", "homes", "devices"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN ended_at timestamptz")
    op.execute(
        "CREATE TABLE registry_changes ("
        " id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_registry_changes PRIMARY KEY,"
        " organisation_id uuid CONSTRAINT fk_registry_changes_organisation_id_organisations"
        " REFERENCES organisations (id),"
        " at timestamptz NOT NULL, user_id uuid, by text NOT NULL DEFAULT '',"
        " noun text NOT NULL, name text NOT NULL, before jsonb, after jsonb NOT NULL)"
    )
    op.execute(
        "CREATE INDEX ix_registry_changes_organisation_id_noun_name"
        " ON registry_changes (organisation_id, noun, name)"
    )
