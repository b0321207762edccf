"""Judges agreements that are to come into force; a proof is work for a process of its own."""

from collections.abc import Hashable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Any
from uuid import UUID

from escalation.activation import is_there_later, stand_in_the_way, without
from escalation.care_file import CareFile
from escalation.findings import Finding
from escalation.proving import Likeness
from escalation.shared import Shared
from escalation.verify import verify
from escalation.windows import DAY
from hub.plans.files import CareFiles, horizon
from hub.plans.proving import DAYS, told_of
from hub.store.care_files import Rows

Findings = Mapping[UUID, Sequence[Mapping[str, Any]]]  # by agreement, as the API gives them


def in_the_way(rows: Rows, agreements: Set[UUID], now: datetime) -> Findings:
    """Prove these clients' plans from now on, and say which errors each agreement answers for.

    A finding says in `client` of whom it is.
    """
    files = CareFiles(rows, horizon(now, DAYS)[0])
    names = {one.id: one.external_id for one in rows.contacts}
    called = {one.id: one.external_id for one in rows.clients}
    found: dict[UUID, list[Mapping[str, Any]]] = {}
    alike = _Alike(now)
    for care in files:
        for id_, errors in alike.in_the_way(care, agreements):
            told = [told_of(one, care, names) for one in errors]
            client = {"client": called[care.client_id]}
            found.setdefault(id_, []).extend({**one, **client} for one in told)
    return found


class _Alike:
    """Judges each family once, however many clients are like it."""

    def __init__(self, now: datetime) -> None:
        self.now, self.ends = now, now + DAYS * DAY
        self.shared = Shared()
        self.judged: dict[Hashable, Mapping[UUID, tuple[Finding, ...]]] = {}

    def in_the_way(
        self, care: CareFile, agreements: Set[UUID]
    ) -> Iterator[tuple[UUID, Sequence[Finding]]]:
        """Say of these agreements of a client which errors each answers for."""
        likeness = Likeness.of(care, self.now)
        numbers = enumerate(likeness.agreements)
        brought = frozenset(UUID(int=number) for number, one in numbers if one in agreements)
        key = likeness.key, brought
        if key not in self.judged:
            self.judged[key] = self._judge(likeness.shape, brought)
        for number, errors in self.judged[key].items():
            yield likeness.agreements[number.int], [likeness.named(one) for one in errors]

    def _judge(self, care: CareFile, agreements: Set[UUID]) -> Mapping[UUID, tuple[Finding, ...]]:
        """Prove it, and where errors come later, also without what was agreed now."""
        proof = verify(care, self.now, self.ends, self.shared)
        bare = None
        if is_there_later(proof, self.now):
            bare = verify(without(care, agreements), self.now, self.ends, self.shared)
        return stand_in_the_way(care, proof, bare, agreements, self.now)
