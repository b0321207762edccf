"""Which care plans a change of the registry hits."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from hub.store.records import Change

OF_A_CLIENT = frozenset({"relations", "agreements"})
OF_A_CONTACT = frozenset({"rosters", "shifts", "absences", "diverts"})
OF_AN_ORGANISATION = frozenset({"organisations", "contracts", "holidays", "agreements"})
ITSELF = frozenset({"clients", "contacts", "homes", "regions"})


def things_hit(changes: Iterable[Change]) -> set[UUID]:
    """Whose plans must be proved again: clients, or what clients' plans hang on.

    What is taken away has no `after`. A device or gateway is in no plan. An agreement with nobody
    in particular is everybody's.
    """
    return {one for change in changes for one in _of(change)}


def _of(change: Change) -> Iterator[UUID]:
    noun, values = change.noun.name, change.after or change.before or {}
    if noun in ITSELF:
        yield change.key["id"]
    elif noun in OF_A_CLIENT and values.get("client"):
        yield change.ids["client", values["client"]]
    elif noun in OF_A_CONTACT:
        yield change.ids["contact", values["contact"]]
    elif noun == "turns":
        yield change.ids["region", values["region"]]
    elif noun in OF_AN_ORGANISATION and change.organisation_id is not None:
        yield change.organisation_id
