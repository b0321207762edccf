"""Keep with a message what its decoder was given beside it and which decoder read it.

Events carry the version of their adapter, and where it was. Expand: with defaults, so that the
previous release keeps writing. A default that is constant rewrites no row.
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

STATEMENTS = (
    """ALTER TABLE messages
        ADD COLUMN content_type TEXT DEFAULT '' NOT NULL,
        ADD COLUMN user_properties JSONB,
        ADD COLUMN adapter_version TEXT DEFAULT '' NOT NULL,
        ADD COLUMN contract TEXT DEFAULT '' NOT NULL""",
    """ALTER TABLE suspects
        ADD COLUMN qos SMALLINT DEFAULT 1 NOT NULL,
        ADD COLUMN replayed BOOLEAN DEFAULT false NOT NULL,
        ADD COLUMN content_type TEXT DEFAULT '' NOT NULL,
        ADD COLUMN user_properties JSONB,
        ADD COLUMN adapter_version TEXT DEFAULT '' NOT NULL,
        ADD COLUMN contract TEXT DEFAULT '' NOT NULL""",
    """ALTER TABLE events
        ADD COLUMN adapter_version TEXT DEFAULT '' NOT NULL,
        ADD COLUMN position JSONB""",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    for statement in STATEMENTS:
        op.execute(statement)
