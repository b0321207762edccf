"""Judges agreements that are to come into force; a proof is work for a process of its own."""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Any
from uuid import UUID

from escalation.activation import is_there_later, stand_in_the_way, without
from escalation.care_file import CareFile
from escalation.proving import verify_all
from escalation.verify import Proof, Shared
from escalation.windows import DAY
from hub.plans.files import CareFiles, horizon
from hub.plans.proving import DAYS, told_of
from hub.store.care_files import Rows

Findings = Mapping[UUID, Sequence[Mapping[str, Any]]]  # by agreement, as the API gives them


def in_the_way(rows: Rows, agreements: Set[UUID], now: datetime) -> Findings:
    """Prove these clients' plans from now on, and say which errors each agreement answers for.

    A finding says in `client` of whom it is.
    """
    files = list(CareFiles(rows, horizon(now, DAYS)[0]))
    names = {one.id: one.external_id for one in rows.contacts}
    called = {one.id: one.external_id for one in rows.clients}
    found: dict[UUID, list[Mapping[str, Any]]] = {}
    for care, proof, bare in _proved(files, agreements, now):
        for id_, errors in stand_in_the_way(care, proof, bare, agreements, now).items():
            told = [told_of(one, care, names) for one in errors]
            client = {"client": called[care.client_id]}
            found.setdefault(id_, []).extend({**one, **client} for one in told)
    return found


def _proved(
    files: Sequence[CareFile], agreements: Set[UUID], now: datetime
) -> Iterator[tuple[CareFile, Proof, Proof | None]]:
    """Prove each, and where errors come later, also without what was agreed now."""
    ends, shared = now + DAYS * DAY, Shared()
    proofs = [proof for _, proof in verify_all(files, now, ends, shared)]
    late = [one for one, proof in zip(files, proofs, strict=True) if is_there_later(proof, now)]
    bare = verify_all((without(one, agreements) for one in late), now, ends, shared)
    compared = {care.client_id: proof for care, proof in bare}
    for care, proof in zip(files, proofs, strict=True):
        yield care, proof, compared.get(care.client_id)
