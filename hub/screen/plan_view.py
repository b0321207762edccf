"""A client's plan as its page shows it: who is called when, what was agreed, what people bear."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from escalation.agreements import Agreement, Source
from escalation.care_file import CareFile
from escalation.people import Limits
from hub.plans.telling import told_agreement, told_kinds, told_length, told_steps, told_window
from hub.plans.who import Who
from hub.registry.plans import MEASURES, WINDOW, slim_window
from hub.store.values import encode, stored_or_none
from hub.words.kinds import LEVELS, SKIPPED, word


@dataclass(frozen=True, slots=True)
class Called:
    """One line of who is called: after how long, by which party, who, and who not and why."""

    after: str
    level: str
    called: tuple[str, ...]
    passed_over: tuple[str, ...]
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Relative:
    """A caregiver of the client: whether they may be called, and what they can bear."""

    contact_id: UUID
    name: str
    relation: str
    consent: bool
    wake_ups: str
    two_nights: bool
    quiet: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """One agreement in words. `of_client` may be changed here; a default is everybody's."""

    id: UUID
    name: str
    kinds: str
    window: str
    steps: tuple[str, ...]
    version: int
    valid_from: datetime | None
    valid_until: datetime | None
    of_client: bool
    consent: Mapping[str, Any]
    inform: Mapping[UUID, str]
    emergency: bool
    temporary: bool

    @property
    def withdrawn_at(self) -> datetime | None:
        """Since when the consent is withdrawn."""
        at: datetime | None = self.consent["withdrawn_at"]
        return at


def rungs(found: Who, names: Mapping[UUID, str]) -> list[Called]:
    """Say who is called step by step, nobody answering."""
    return [
        Called(
            told_length(one.after),
            LEVELS[one.level],
            tuple(names.get(two.id, LEVELS[two.level]) for two in one.contacts),
            tuple(_passed_over(one.skipped, names)),
            any(not two.alone for two in one.contacts),
        )
        for one in found.rungs
    ]


def _passed_over(skipped: Sequence[Any], names: Mapping[UUID, str]) -> Iterator[str]:
    for one in skipped:
        who = "" if one.contact_id is None else names.get(one.contact_id, "iemand")
        reason = word(SKIPPED, one.reason)
        yield f"{who} ({reason})" if who else reason


def relatives(rows: Sequence[Any]) -> list[Relative]:
    """Say of each caregiver what they can bear; `rows` as `caregivers_of` gives them."""
    return [_relative(row, stored_or_none(Limits, row.limits) or Limits()) for row in rows]


def _relative(row: Any, limits: Limits) -> Relative:
    quiet = "" if limits.quiet is None else WINDOW.text(slim_window(encode(limits.quiet)))
    return Relative(
        row.contact_id,
        row.name,
        row.relation,
        row.consent,
        "" if limits.wake_ups_a_week is None else str(limits.wake_ups_a_week),
        limits.two_nights_in_a_row,
        quiet,
    )


def agreements(care: CareFile, names: Mapping[UUID, str], *, named: bool = True) -> list[Agreed]:
    """Say every agreement of a file, the client's own first; unless `named`, without its name."""
    ordered = sorted(care.agreements, key=lambda one: (one.source is not Source.CLIENT, one.name))
    return [_agreed(one, names, named=named) for one in ordered]


def _agreed(one: Agreement, names: Mapping[UUID, str], *, named: bool) -> Agreed:
    return Agreed(
        one.id,
        one.name if named else told_agreement(one),
        told_kinds(one.kinds),
        told_window(one.window),
        tuple(told_steps(one.steps, names)),
        one.version,
        one.valid_from,
        one.valid_until,
        one.source is Source.CLIENT,
        _consent(one),
        {line.who: line.when.value for line in one.inform},
        one.approval is not None and one.approval.emergency,
        one.instead_of is not None,
    )


def _consent(one: Agreement) -> Mapping[str, Any]:
    said = one.consent
    if said is None:
        nothing = dict.fromkeys(("by", "given_at", "evaluate_on", "withdrawn_at"))
        return {**nothing, "measures": dict.fromkeys(MEASURES, "")}
    answers = {**dict.fromkeys(said.measures, "yes"), **dict.fromkeys(said.refused, "no")}
    return {
        "by": said.by.value,
        "given_at": said.given_at.replace(tzinfo=said.given_at.tzinfo or UTC),
        "evaluate_on": said.evaluate_on,
        "withdrawn_at": said.withdrawn_at,
        "measures": {name: answers.get(name, "") for name in MEASURES},
    }
