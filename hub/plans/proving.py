"""Proves care plans whenever something they hang on changed, and every night; not on the loop.

A proof is work for a processor. It runs in a process of its own, so that no alarm waits for it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from escalation.care_file import CareFile
from escalation.findings import Finding
from escalation.proving import verify_all
from escalation.shared import Shared
from escalation.verify import Proof
from escalation.windows import DAY
from hub.plans.evaluating import ask_to_evaluate
from hub.plans.files import CareFiles, horizon
from hub.plans.room import Room
from hub.plans.words import Language, sentence
from hub.store.care_files import read_rows
from hub.store.unit_of_work import Store

AT_ONCE = 100
CLAIMED_FOR = timedelta(minutes=10)
DAYS = 400
MOST_REMEMBERED = 200_000  # courses, of some hundred bytes each


class Prove:
    """The worker that proves what is due, in a room of its own."""

    def __init__(self, store: Store, room: Room, days: int = DAYS) -> None:
        self.store, self.room, self.days = store, room, days

    async def step(self, now: datetime) -> datetime | None:
        """Prove plans that are due at `now`, some at a time; when there will be more."""
        begins, ends = horizon(now, self.days)
        async with self.store.transaction() as uow:
            claimed = now + CLAIMED_FOR
            ids = await uow.proofs.claim(now, claimed, AT_ONCE)
            if not ids:
                return await uow.proofs.next_due_at()
            rows = await read_rows(uow.db, ids, begins, ends)
        files = list(CareFiles(rows, begins))
        names = {one.id: one.name for one in rows.contacts}
        until = now + self.days * DAY
        proved = await self.room.do(prove, files, names, now, until)
        async with self.store.transaction() as uow:
            for care, findings in zip(files, proved, strict=True):
                await uow.proofs.settle(care.client_id, claimed, findings, now, until)
            in_care = {care.client_id for care in files}
            await uow.proofs.forget([one for one in ids if one not in in_care])
            uow.touched.add("proofs")
        await ask_to_evaluate(self.store, files, rows.clients, now)
        return now


def prove(
    files: Sequence[CareFile], names: Mapping[UUID, str], begins: datetime, ends: datetime
) -> list[list[dict[str, Any]]]:
    """Prove these files and say what was found in both languages; runs in another process.

    What that process judged before it knows: after a change most of a plan is as it was.
    """
    if _judged_before().size > MOST_REMEMBERED:
        _judged_before.cache_clear()
    proved = verify_all(files, begins, ends, _judged_before())
    return [told(care, proof, names) for care, proof in proved]


@cache
def _judged_before() -> Shared:
    return Shared()


def told(care: CareFile, proof: Proof, names: Mapping[UUID, str]) -> list[dict[str, Any]]:
    """What a proof found, as it is stored and as the API gives it."""
    return [told_of(one, care, names) for one in proof.findings]


def told_of(finding: Finding, care: CareFile, names: Mapping[UUID, str]) -> dict[str, Any]:
    """Say one finding as it is stored and as the API gives it."""
    grave = "error" if finding.is_error else "warning" if finding.is_warning else "note"
    found: dict[str, Any] = {
        "gravity": grave,
        "code": finding.code.value,
        "kinds": list(finding.problem.kinds),
        "witness": finding.witness.isoformat(),
        "until": finding.spans[0][1].isoformat(),
        "times": len(finding.spans),
    }
    for language in Language:
        said = sentence(finding, language, care.zone, names)
        found[f"text_{language}"], found[f"remedy_{language}"] = said.text, said.remedy
    return found
