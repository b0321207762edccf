"""A second person's review of what one person put in force in an emergency."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hub.plans.work import finish_work
from hub.registry.bringing import bring
from hub.registry.ending import end
from hub.registry.nouns import AGREEMENTS
from hub.registry.outcome import Who
from hub.registry.records import Record
from hub.store.activations import Row
from hub.store.unit_of_work import UnitOfWork


class Verdict(StrEnum):
    """What the second person decides: it stays, or what was agreed before it comes back."""

    APPROVE = "approve"
    WITHDRAW = "withdraw"


class NoSuchActivation(LookupError):
    """There is no such activation in this organisation."""


class YourOwn(Exception):
    """Whoever put it in force does not review it too."""


class AlreadyReviewed(Exception):
    """Somebody was first, or another version came into force; `outcome` says which."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


async def review(
    uow: UnitOfWork, id_: UUID, organisation_id: UUID, verdict: Verdict, who: Who, now: datetime
) -> None:
    """Approve or withdraw an emergency activation.

    Raises NoSuchActivation, YourOwn and AlreadyReviewed. Withdrawn, the agreement is at once what
    it was before, or ended where it was new.
    """
    await uow.registered.hold()
    found = await uow.activations.lock(id_, organisation_id)
    if found is None:
        raise NoSuchActivation(str(id_))
    if found.outcome is not None:
        raise AlreadyReviewed(found.outcome)
    if found.user_id is not None and found.user_id == who.user_id:
        raise YourOwn
    if verdict is Verdict.WITHDRAW:
        await _take_back(uow, found, who, now)
    outcome = "approved" if verdict is Verdict.APPROVE else "withdrawn"
    await uow.activations.reviewed(id_, outcome, who.by, now)
    await finish_work(uow, [id_], now)
    uow.touched |= {"board", "proofs due"}


async def _take_back(uow: UnitOfWork, found: Row, who: Who, now: datetime) -> None:
    owner = await uow.registered.called(found.organisation_id)
    if found.before is None:
        await end(uow.registered, AGREEMENTS, owner, found.agreement, who, now)
        return
    before = Record(AGREEMENTS, owner, dict(found.before))
    await bring(uow.registered, [before], who, now, _no_new, {})


def _no_new(noun: str, owner: str, name: str) -> UUID:
    raise AssertionError(name)
