"""Proves many plans: clients who differ in nothing but who is who are proved once."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from escalation.agreements import Agreement, Consent, ConsentBy
from escalation.care_file import CareFile
from escalation.findings import Finding
from escalation.model import Level, Step
from escalation.people import Absence, Divert, KnownContact, Period
from escalation.shared import Shared
from escalation.verify import Proof, verify
from escalation.windows import DAY

NOBODY = UUID(int=0)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

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
        one = Likeness.of(care, begins)
        if one.key not in proofs:
            proofs[one.key] = verify(one.shape, begins, ends, shared)
        yield care, one.told(proofs[one.key])


@dataclass(frozen=True, slots=True)
class Likeness:
    """A file with numbers for names, and whose they are: alike files have the same `key`.

    `agreements` are the ids of its agreements, each at the place that is its number.
    """

    key: Hashable
    shape: CareFile
    people: Mapping[UUID, UUID]
    agreements: tuple[UUID, ...]

    @classmethod
    def of(cls, care: CareFile, begins: datetime) -> "Likeness":
        """Number everybody, and all agreements; only what makes a proof from `begins` differ."""
        numbers = _numbers(care)
        shape = _renamed(care, numbers, begins)
        people = {number: one for one, number in numbers.items()}
        return cls(_key(shape), shape, people, tuple(sorted(one.id for one in care.agreements)))

    def told(self, proof: Proof) -> Proof:
        """A proof of the shape, as that of the file."""
        return replace(proof, findings=tuple(map(self.named, proof.findings)))

    def named(self, finding: Finding) -> Finding:
        """The same finding about the people of the file."""
        if not finding.problem.reasons:
            return finding
        reasons = tuple(
            (None if who is None else self.people[who], why) for who, why in finding.problem.reasons
        )
        return replace(finding, problem=replace(finding.problem, reasons=reasons))


def _numbers(care: CareFile) -> Mapping[UUID, UUID]:
    """A number for everybody, in the order in which the file names them, the relatives last.

    So teams and partners have the same numbers, however many relatives a client has.
    """
    relatives_last = sorted(care.contacts, key=lambda one: one.level is Level.INFORMAL_CAREGIVER)
    named = [one.id for one in relatives_last]
    named += [one.contact_id for one in care.absences]
    named += [one.contact_id for one in care.periods]
    named += [one.contact_id for one in care.diverts]
    named += [one.to.id for one in care.diverts]
    named += [who for one in care.agreements for step in one.steps for who in step.who]
    return {one: UUID(int=number) for number, one in enumerate(dict.fromkeys(named), start=1)}


def _renamed(care: CareFile, numbers: Mapping[UUID, UUID], begins: datetime) -> CareFile:
    """The same file with numbers for names; of agreements the order of the ids is kept."""
    in_order = sorted(care.agreements, key=lambda one: one.id)
    ids = {one.id: UUID(int=number) for number, one in enumerate(in_order)}
    ages = sorted({one.valid_from for one in in_order if one.valid_from is not None})
    return replace(
        care,
        client_id=NOBODY,
        agreements=tuple(
            replace(
                _essential(one, ages, begins),
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


def _essential(agreement: Agreement, ages: Sequence[datetime], begins: datetime) -> Agreement:
    """What of an agreement makes a proof differ: not who wrote it when, and who is told later.

    Since when one holds that holds already matters as far as another is older.
    """
    since, consent = agreement.valid_from, agreement.consent
    if since is not None and since <= begins:
        since = EPOCH + (1 + ages.index(since)) * DAY
    if consent is not None:
        again = consent.evaluate_on
        due = again if again is not None and again <= begins.date() else None
        by = (ConsentBy.CLIENT, EPOCH, None if due is None else EPOCH.date())
        consent = Consent(*by, consent.measures, consent.withdrawn_at, consent.refused)
    return replace(
        agreement, valid_from=since, consent=consent, approval=None, inform=(), version=1
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
