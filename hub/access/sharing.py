"""What another organisation may see of a client: what its contracts with the provider share.

Name and address are shared by every contract, as whoever is sent must know to whom and where.
The provider's own people see everything. So does an organisation that the provider calls without
ever having written a contract with it: nothing was agreed to keep back.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

NOT_SHARED = "niet gedeeld volgens overeenkomst"  # stands where something was kept back
CAREGIVER = "mantelzorger"  # stands where the name of one would


class Part(StrEnum):
    """A part of what is known of a client; what a contract shares is written in these words."""

    NAME = "name"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    INSTRUCTIONS = "instructions"  # for at the door: key, manners, medical; notes to modes
    CONTACTS = "contacts"  # caregivers: their names, relations and telephone numbers
    RHYTHM = "rhythm"  # what is usual for them: trends, and which limits are watched


Parts = frozenset[Part]

EVERYTHING: Parts = frozenset(Part)
NECESSARY: Parts = frozenset({Part.NAME, Part.ADDRESS})
NOTHING: Parts = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """What one contract shares of a provider's clients, in one region or (None) in all."""

    provider_id: UUID
    region_id: UUID | None
    in_force: bool
    parts: Parts


@dataclass(frozen=True, slots=True)
class Opened:
    """What somebody opened in an emergency, as it is on record: of which provider's clients."""

    provider_id: UUID
    parts: Parts


@dataclass(frozen=True, slots=True)
class Sharing:
    """All terms that hold for one organisation, now or before; None is the hub itself."""

    organisation_id: UUID | None
    terms: tuple[Terms, ...] = ()
    opened: Opened | None = None

    def kept_back(self, provider_id: UUID, region_id: UUID | None) -> Parts:
        """Say which parts of a provider's client, whose home is in this region, stay unseen.

        What was opened of that provider's is seen. Of contracts in force each shares what it says;
        those of another region count only where none is for this one, and then as far as all of
        them agree. Where none is in force any more, name and address are left: of alerts that were
        theirs.
        """
        if self.organisation_id in (None, provider_id):
            return NOTHING
        kept = self._not_agreed(provider_id, region_id)
        if self.opened is None or self.opened.provider_id != provider_id:
            return kept
        return kept - self.opened.parts

    def _not_agreed(self, provider_id: UUID, region_id: UUID | None) -> Parts:
        written = [one for one in self.terms if one.provider_id == provider_id]
        if not written:
            return NOTHING
        holding = [one for one in written if one.in_force]
        here = [one.parts for one in holding if one.region_id in (None, region_id)]
        if here:
            return EVERYTHING - NECESSARY.union(*here)
        elsewhere = [one.parts for one in holding]
        shared = frozenset.intersection(*elsewhere) if elsewhere else NOTHING
        return EVERYTHING - NECESSARY - shared

    @property
    def closed(self) -> "Sharing":
        """The same without what was opened: for whom that alert is not about."""
        return replace(self, opened=None)


def parts_of(words: Iterable[str]) -> Parts:
    """Read what a contract shares as it is stored. A word nobody knows shares nothing."""
    said = frozenset(words)
    return EVERYTHING if "everything" in said else frozenset(one for one in Part if one in said)


def caregiver(number: int, count: int) -> str:
    """Call a caregiver whose name is kept back: a number tells several apart."""
    return f"{CAREGIVER} {number}" if count > 1 else CAREGIVER
