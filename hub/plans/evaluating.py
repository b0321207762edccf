"""Agreements whose date to talk about them again has come: work for the team, once a date."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from escalation.agreements import Agreement, Source
from escalation.care_file import CareFile
from hub.plans.telling import told_agreement
from hub.plans.work import finish_work, make_work
from hub.store.unit_of_work import Store, UnitOfWork


async def ask_to_evaluate(
    store: Store, files: Sequence[CareFile], clients: Sequence[Any], now: datetime
) -> None:
    """Make work of every agreement that is due, and take away that of those with a later date.

    `clients` are the rows of these files. What holds no longer needs no talk.
    """
    owners = {one.id: one.organisation_id for one in clients}
    due = [found for care in files for found in _due(care, now)]
    late = {one.id for _, one, _ in due}
    moved = [
        work_about(one.id)
        for care in files
        for one in care.agreements
        if one.source is Source.CLIENT and one.consent is not None and one.id not in late
    ]
    if moved:
        await store.retried(lambda uow: finish_work(uow, moved, now))
    for client_id, one, day in due:
        await store.retried(_asking(owners[client_id], client_id, one, day, now))


def work_about(agreement_id: UUID) -> UUID:
    """What the work of evaluating an agreement is called by."""
    return uuid5(agreement_id, "evaluate")


def _due(care: CareFile, now: datetime) -> Iterator[tuple[UUID, Agreement, date]]:
    today = now.astimezone(care.zone).date()
    for one in care.agreements:
        day = None if one.consent is None else one.consent.evaluate_on
        over = any(end <= now for end in one.ends)
        if one.source is Source.CLIENT and day is not None and day <= today and not over:
            yield care.client_id, one, day


def _asking(owner: UUID, client_id: UUID, one: Agreement, day: date, now: datetime) -> Any:
    about = work_about(one.id)
    told = (
        f"Bespreek de afspraak “{told_agreement(one)}” opnieuw en leg een nieuwe datum vast:"
        f" dat zou op {day:%d-%m-%Y} gebeuren."
    )

    async def work(uow: UnitOfWork) -> None:
        event_id = uuid5(about, day.isoformat())
        await make_work(uow, owner, client_id, event_id, told, now, about)

    return work
