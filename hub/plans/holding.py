"""Which plans do not hold once something was brought: what an import, or a dry run of it, tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from escalation.activation import SOON
from escalation.proving import verify_all
from escalation.windows import DAY
from hub.plans.files import CareFiles, horizon
from hub.plans.proving import DAYS, told_of
from hub.store.care_files import Rows

MOST_FAR = 200  # plans that are proved as far as by night: a quarter of a minute of a processor

Errors = Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Looked:
    """How many plans were proved how many days ahead; those with errors.

    `errors` are by the external ids of the organisation and the client, each as the API gives a
    finding.
    """

    plans: int = 0
    days: int = DAYS
    errors: Errors = field(default_factory=dict)


def looked(rows: Rows, now: datetime) -> Looked:
    """Prove the plans of these clients: 400 days ahead, or a week when they are many."""
    days = DAYS if len(rows.clients) <= MOST_FAR else SOON // DAY
    names = {one.id: one.external_id for one in rows.contacts}
    called = {one.id: (one.organisation, one.external_id) for one in rows.clients}
    proved = verify_all(CareFiles(rows, horizon(now, days)[0]), now, now + days * DAY)
    found = {
        called[care.client_id]: [
            told_of(one, care, names) for one in proof.findings if one.is_error
        ]
        for care, proof in proved
    }
    errors = {client: errors for client, errors in found.items() if errors}
    return Looked(len(rows.clients), days, errors)
