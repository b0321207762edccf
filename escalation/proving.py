"""Proves many plans: clients who differ in nothing but who is who are proved once."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from escalation.care_file import CareFile
from escalation.findings import Finding
from escalation.model import Step
from escalation.people import Absence, Divert, KnownContact, Period
from escalation.verify import Proof, Shared, verify

NOBODY = UUID(int=0)

Fact = TypeVar("Fact", Absence, Period, Divert)


def verify_all(
    files: Iterable[CareFile], begins: datetime, ends: datetime, shared: Shared | None = None
) -> Iterator[tuple[CareFile, Proof]]:
    """Prove every file from one moment until just before another, in their order.

    The proofs are those of `verify`. What was judged for other files, also in an earlier call
    with the same `shared`, is not judged again.
    """
    shared = shared or Shared()
    proofs: dict[Hashable, Proof] = {}
    for care in files:
        numbers = _numbers(care)
        shape = _renamed(care, numbers)
        key = _key(shape)
        if key not in proofs:
            proofs[key] = verify(shape, begins, ends, shared)
        yield care, _told_of(proofs[key], {number: one for one, number in numbers.items()})


def _numbers(care: CareFile) -> Mapping[UUID, UUID]:
    """A number for everybody, in the order in which the file names them."""
    named = [one.id for one in care.contacts]
    named += [one.contact_id for one in care.absences]
    named += [one.contact_id for one in care.periods]
    named += [one.contact_id for one in care.diverts]
    named += [one.to.id for one in care.diverts]
    named += [who for one in care.agreements for step in one.steps for who in step.who]
    return {one: UUID(int=number) for number, one in enumerate(dict.fromkeys(named), start=1)}


def _renamed(care: CareFile, numbers: Mapping[UUID, UUID]) -> CareFile:
    """The same file with numbers for names; of agreements the order of the ids is kept."""
    in_order = sorted(care.agreements, key=lambda one: one.id)
    ids = {one.id: UUID(int=number) for number, one in enumerate(in_order)}
    return replace(
        care,
        client_id=NOBODY,
        agreements=tuple(
            replace(
                one,
                id=ids[one.id],
                steps=_steps(one.steps, numbers),
                instead_of=None if one.instead_of is None else ids.get(one.instead_of),
            )
            for one in in_order
        ),
        contacts=tuple(_contact(one, numbers) for one in care.contacts),
        absences=tuple(_of(one, numbers) for one in care.absences),
        periods=tuple(_of(one, numbers) for one in care.periods),
        diverts=tuple(_divert(one, numbers) for one in care.diverts),
    )


def _steps(steps: tuple[Step, ...], numbers: Mapping[UUID, UUID]) -> tuple[Step, ...]:
    return tuple(replace(one, who=tuple(numbers[who] for who in one.who)) for one in steps)


def _contact(contact: KnownContact, numbers: Mapping[UUID, UUID]) -> KnownContact:
    return replace(contact, id=numbers[contact.id], relation="")


def _of(fact: Fact, numbers: Mapping[UUID, UUID]) -> Fact:
    return replace(fact, contact_id=numbers[fact.contact_id])


def _divert(divert: Divert, numbers: Mapping[UUID, UUID]) -> Divert:
    return replace(_of(divert, numbers), to=_contact(divert.to, numbers))


def _key(care: CareFile) -> Hashable:
    """Everything the file holds, as a value to look it up by."""
    values = (getattr(care, one.name) for one in fields(care))
    return tuple(tuple(one.items()) if isinstance(one, Mapping) else one for one in values)


def _told_of(proof: Proof, people: Mapping[UUID, UUID]) -> Proof:
    return replace(proof, findings=tuple(_finding(one, people) for one in proof.findings))


def _finding(finding: Finding, people: Mapping[UUID, UUID]) -> Finding:
    if not finding.problem.reasons:
        return finding
    reasons = tuple(
        (None if who is None else people[who], why) for who, why in finding.problem.reasons
    )
    return replace(finding, problem=replace(finding.problem, reasons=reasons))
