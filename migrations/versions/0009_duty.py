"""Remember who works when, whose calls are sent on, what caregivers can bear, and holidays.

Expand: new tables, and columns that may be null.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '200ms'")
    op.execute("ALTER TABLE client_contacts ADD COLUMN limits JSONB")
    op.execute("ALTER TABLE service_contracts ADD COLUMN hours JSONB")
    op.execute(
        """CREATE TABLE rosters (
            id UUID NOT NULL,
            organisation_id UUID NOT NULL,
            contact_id UUID NOT NULL,
            known_until TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_rosters PRIMARY KEY (id),
            CONSTRAINT uq_rosters_contact_id UNIQUE (contact_id),
            CONSTRAINT uq_rosters_organisation_id_id UNIQUE (organisation_id, id),
            CONSTRAINT fk_rosters_organisation_id_contact_id
                FOREIGN KEY(organisation_id, contact_id)
                REFERENCES contacts (organisation_id, id),
            CONSTRAINT fk_rosters_organisation_id FOREIGN KEY(organisation_id)
                REFERENCES organisations (id)
        )"""
    )
    op.execute(
        """CREATE TABLE shifts (
            id UUID NOT NULL,
            organisation_id UUID NOT NULL,
            external_id TEXT NOT NULL,
            contact_id UUID NOT NULL,
            during TSTZRANGE NOT NULL,
            CONSTRAINT pk_shifts PRIMARY KEY (id),
            CONSTRAINT uq_shifts_organisation_id_id UNIQUE (organisation_id, id),
            CONSTRAINT uq_shifts_organisation_id_external_id
                UNIQUE (organisation_id, external_id),
            CONSTRAINT fk_shifts_organisation_id_contact_id
                FOREIGN KEY(organisation_id, contact_id)
                REFERENCES contacts (organisation_id, id),
            CONSTRAINT fk_shifts_organisation_id FOREIGN KEY(organisation_id)
                REFERENCES organisations (id)
        )"""
    )
    op.execute("CREATE INDEX ix_shifts_contact_id ON shifts (contact_id)")
    op.execute(
        """CREATE TABLE diverts (
            id UUID NOT NULL,
            organisation_id UUID NOT NULL,
            contact_id UUID NOT NULL,
            to_id UUID NOT NULL,
            during TSTZRANGE NOT NULL,
            CONSTRAINT pk_diverts PRIMARY KEY (id),
            CONSTRAINT uq_diverts_organisation_id_id UNIQUE (organisation_id, id),
            CONSTRAINT fk_diverts_organisation_id_contact_id
                FOREIGN KEY(organisation_id, contact_id)
                REFERENCES contacts (organisation_id, id),
            CONSTRAINT fk_diverts_to_id FOREIGN KEY(to_id) REFERENCES contacts (id),
            CONSTRAINT fk_diverts_organisation_id FOREIGN KEY(organisation_id)
                REFERENCES organisations (id)
        )"""
    )
    op.execute("CREATE INDEX ix_diverts_contact_id ON diverts (contact_id)")
    op.execute(
        """CREATE TABLE holidays (
            organisation_id UUID NOT NULL,
            day DATE NOT NULL,
            starts INTERVAL DEFAULT '0' NOT NULL,
            name TEXT DEFAULT '' NOT NULL,
            CONSTRAINT pk_holidays PRIMARY KEY (organisation_id, day),
            CONSTRAINT fk_holidays_organisation_id FOREIGN KEY(organisation_id)
                REFERENCES organisations (id)
        )"""
    )
