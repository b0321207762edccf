"""Which plans do not hold once something was brought: what an import, or a dry run of it, tells."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from escalation.proving import verify_all
from escalation.windows import DAY
from hub.plans.files import CareFiles, horizon
from hub.plans.proving import DAYS, told_of
from hub.store.care_files import Rows

Errors = Mapping[str, Sequence[Mapping[str, Any]]]  # by client, each as the API gives a finding


def errors_in(rows: Rows, now: datetime) -> Errors:
    """Prove the plans of these clients for 400 days; those with errors, by external id."""
    names = {one.id: one.external_id for one in rows.contacts}
    called = {one.id: one.external_id for one in rows.clients}
    files = CareFiles(rows, horizon(now, DAYS)[0])
    proved = verify_all(files, now, now + DAYS * DAY)
    found = {
        called[care.client_id]: [
            told_of(one, care, names) for one in proof.findings if one.is_error
        ]
        for care, proof in proved
    }
    return {client: errors for client, errors in found.items() if errors}
