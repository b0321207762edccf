"""Lets agreements come into force: their plans are proved before anything is written for good.

A proof takes longer than a transaction may think. So what a proof reads of what is brought is
written, everything a proof reads is read with it, and all of it is taken back; the proof is made
with no transaction open; and what is brought is written again, for good if a proof would read
exactly the same.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from hub.access.viewer import Viewer
from hub.plans.activation import Findings, in_the_way
from hub.plans.files import horizon
from hub.plans.hitting import things_hit
from hub.plans.proving import DAYS
from hub.plans.reviewing import make_review, review_by
from hub.plans.work import finish_work
from hub.registry.bringing import finish
from hub.registry.nouns import AGREEMENTS
from hub.registry.outcome import Outcome, Refused, Who
from hub.registry.records import Trouble
from hub.registry.values import at_of
from hub.store.activations import Activation
from hub.store.care_files import Rows, clients_of, read_rows
from hub.store.records import Change
from hub.store.unit_of_work import Store, UnitOfWork

Think = Callable[..., Awaitable[Any]]  # a function and its arguments, run where it hinders nobody
TRIES = 5
MOST_TOLD = 5  # findings of one agreement
THAT_CALL = ("kinds", "window", "steps", "client", "valid_from")
NEVER = datetime.max.replace(tzinfo=UTC)
OF_REST = ("overrides", "living_forms", "time_zone", "instead_of")


class Unsettled(Exception):
    """What plans hang on changed again and again while they were proved; nothing was written."""


class _ProveFirst(Exception):
    """These rows must be judged before what is brought may be written."""

    def __init__(self, rows: Rows, agreements: frozenset[UUID]) -> None:
        super().__init__("prove first")
        self.rows, self.agreements = rows, agreements


async def carried_in(
    store: Store,
    bring: Callable[[UnitOfWork], Awaitable[Outcome]],
    who: Who,
    now: datetime,
    think: Think = asyncio.to_thread,
    viewer: Viewer | None = None,
    *,
    dry_run: bool = False,
) -> Outcome:
    """Write what `bring` brings, once no agreement among it has an error; `bring` runs again.

    `bring` need only `begin`: the rest is written when nothing more is to be thought about.
    Raises Refused with the errors, by line, and Unsettled. An emergency activation is written
    with its errors, as work for a second person. A dry run raises Refused without troubles.
    """
    rows: Rows | None = None
    found: Findings = {}

    async def work(uow: UnitOfWork) -> Outcome:
        outcome = await bring(uow)
        changes = [one for one in outcome.changes if comes_into_force(one, now)]
        if changes:
            read = await _read(uow, changes, now)
            if read != rows:
                raise _ProveFirst(read, frozenset(one.key["id"] for one in changes))
            if troubles := list(_troubles(outcome, now, found)):
                raise Refused(Outcome(troubles=troubles))
        looked = await _would_be_proved(uow, outcome, now) if dry_run else None
        outcome = await finish(uow.registered, outcome, who, now)
        if dry_run:
            raise Refused(replace(outcome, rows=looked))
        await _put_on_record(uow, changes, found, who, now)
        return outcome

    for _ in range(TRIES):
        try:
            return await store.retried(work, viewer)
        except _ProveFirst as first:
            rows = first.rows
            found = await think(in_the_way, first.rows, first.agreements, now)
    raise Unsettled


def comes_into_force(change: Change, now: datetime) -> bool:
    """Whether a change of an agreement makes others be called because of it, from now on.

    Ending one, and withdrawing consent, is anybody's right, whatever follows from it.
    """
    if change.noun is not AGREEMENTS or _ends(change.after) <= now:
        return False
    if change.before is None:
        return True
    called = [_calling(one) for one in (change.before, change.after)]
    return called[0] != called[1] or _ends(change.after) > _ends(change.before)


def _ends(agreement: Mapping[str, Any]) -> datetime:
    withdrawn = (agreement["rest"].get("consent") or {}).get("withdrawn_at")
    ends = [at_of(one) for one in (agreement["valid_until"], withdrawn) if one is not None]
    return min(ends, default=NEVER)


def _calling(agreement: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        *(agreement[name] for name in THAT_CALL),
        *(agreement["rest"].get(name) for name in OF_REST),
        is_emergency(agreement),
    )


def is_emergency(agreement: Mapping[str, Any]) -> bool:
    """Whether one person put it in force, errors or not."""
    return bool((agreement["rest"].get("approval") or {}).get("emergency"))


async def _read(uow: UnitOfWork, changes: Sequence[Change], now: datetime) -> Rows:
    """Read everything that decides who is called for the clients of these agreements."""
    whose = {one.ids["client", one.after["client"]] for one in changes if one.after["client"]}
    owners = {one.organisation_id for one in changes if not one.after["client"]}
    whose |= set(await clients_of(uow.db, owners - {None})) if owners else set()
    return await read_rows(uow.db, whose, *horizon(now, DAYS))


async def _would_be_proved(uow: UnitOfWork, outcome: Outcome, now: datetime) -> Rows:
    """Read what a proof of the plans that are hit would; what is still to be written is in none."""
    hit = await uow.proofs.hit(things_hit(outcome.changes), now)
    return await read_rows(uow.db, hit, *horizon(now, DAYS))


def _troubles(outcome: Outcome, now: datetime, found: Findings) -> Iterator[Trouble]:
    """Say the errors of each agreement at the line that brought it."""
    for change, record in zip(outcome.changes, outcome.records, strict=True):
        if comes_into_force(change, now) and not is_emergency(change.after):
            errors = _by_text(found.get(change.key["id"], ()))
            for (text, remedy), clients in list(errors.items())[:MOST_TOLD]:
                more = f" and {len(clients) - MOST_TOLD} more" if len(clients) > MOST_TOLD else ""
                problem = f"{', '.join(clients[:MOST_TOLD])}{more}: {text}".rstrip(".")
                yield Trouble(record.at("steps"), problem, remedy)
            if len(errors) > MOST_TOLD:
                problem = f"{len(errors) - MOST_TOLD} more errors in the plans it makes"
                yield Trouble(record.at("steps"), problem, "Mend these first.")


def _by_text(errors: Sequence[Mapping[str, Any]]) -> Mapping[tuple[str, str], list[str]]:
    """Say of each error which clients have it; a default is everybody's."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in errors:
        found.setdefault((one["text_en"], one["remedy_en"]), []).append(one["client"])
    return found


async def _put_on_record(
    uow: UnitOfWork, changes: Sequence[Change], found: Findings, who: Who, now: datetime
) -> None:
    """Close the reviews of earlier versions, and make an emergency activation work."""
    if not changes:
        return
    closed = await uow.activations.replaced([one.key["id"] for one in changes], now)
    await finish_work(uow, closed, now)
    for change in changes:
        if is_emergency(change.after):
            made = await _activation(uow, change, found.get(change.key["id"], ()), who, now)
            await uow.activations.add(made)
            await make_review(uow, made, now)


async def _activation(
    uow: UnitOfWork, change: Change, errors: Sequence[Mapping[str, Any]], who: Who, now: datetime
) -> Activation:
    assert change.organisation_id is not None
    client = change.after["client"]
    return Activation(
        id=uuid5(change.key["id"], now.isoformat()),
        organisation_id=change.organisation_id,
        agreement_id=change.key["id"],
        agreement=change.name,
        client_id=None if client is None else change.ids["client", client],
        at=now,
        user_id=who.user_id,
        by=who.by,
        reason=change.after["rest"]["approval"]["reason"],
        findings=errors,
        before=change.before,
        review_by=await review_by(uow, change.organisation_id, now),
    )
