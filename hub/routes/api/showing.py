"""From rows and the engine's values to what the API shows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from escalation.model import Alert, Warned
from hub.routes.api.views import (
    AlertSummary,
    AlertView,
    AttemptView,
    CalledView,
    ClientView,
    CustodyView,
    LineView,
    Names,
    OfferView,
    PromiseView,
    RungView,
    WatchView,
    Who,
)
from hub.store.registry import Row


def listed(row: Row, clients: Mapping[UUID, Row]) -> AlertSummary:
    """Show an alert as a list does."""
    return AlertSummary(**_summary(row, clients))


def whole(
    row: Row,
    alert: Alert,
    clients: Mapping[UUID, Row],
    attempts: Sequence[Row],
    lines: Sequence[Row],
    names: Names,
    plan: str | None = None,
) -> AlertView:
    """Show one alert, whole; with `plan`, that is said where the agreement's name would stand."""
    return AlertView(
        **_summary(row, clients),
        home_id=alert.home_id,
        device_id=row.device_id,
        plan=alert.plan.name if plan is None else plan,
        step=alert.step,
        round=alert.round,
        next_step_at=alert.next_step_at,
        late=alert.late,
        marks=list(alert.marks),
        repeats=alert.repeats,
        withdrawn_at=alert.withdrawn_at,
        first_arrived_at=alert.first_arrived_at,
        ladder=_ladder(alert, names),
        forward=_forward(alert, names),
        **_held(alert, names),
        attempts=[_attempt(one, names) for one in attempts],
        journal=[_line(one, names, named=plan is None) for one in lines],
    )


def people_in(alert: Alert, attempts: Iterable[Row], lines: Iterable[Row]) -> set[UUID]:
    """Every contact that showing an alert will name."""
    steps = (*alert.plan.steps, *(alert.forward.steps if alert.forward else ()))
    named = {contact_id for step in steps for contact_id in step.who}
    named |= {one.contact.id for one in alert.warned} | {one.by for one in alert.custody}
    named |= {one.by for one in alert.promises}
    named |= {alert.watch.by} if alert.watch is not None else set()
    named |= {alert.offer.by, alert.offer.to.id} if alert.offer is not None else set()
    named |= {one.contact_id for one in attempts}
    for line in lines:
        named |= {one for one in (line.actor_id, line.entered_by_id) if one is not None}
        named |= {UUID(about)} if (about := line.facts.get("contact_id")) else set()
    return named


def _summary(row: Row, clients: Mapping[UUID, Row]) -> dict[str, Any]:
    kept = ("kind", "emergency", "priority", "lane", "status", "explanation", "outcome", "revision")
    moments = ("opened_at", "due_at", "resolved_at", "stuck_at")
    return {
        "id": row.id,
        "organisation_id": row.organisation_id,
        "clients": [_client(clients[one]) for one in row.client_ids if one in clients],
        **{name: getattr(row, name) for name in (*kept, *moments)},
    }


def _client(row: Row) -> ClientView:
    return ClientView(
        id=row.id,
        external_id=row.external_id,
        name=row.name,
        organisation_id=row.organisation_id,
    )


def _ladder(alert: Alert, names: Names) -> list[RungView]:
    over = alert.resolved_at is not None
    return [
        RungView(
            step=at,
            level=step.level,
            state="passed" if over or at < alert.step else "now" if at == alert.step else "to_come",
            wait_seconds=step.wait.total_seconds(),
            who=[Who.of(one, names) for one in step.who],
            beside=list(step.beside),
            needed=step.needed,
            called=[_called(one, names) for one in alert.warned if one.step == at],
        )
        for at, step in enumerate(alert.plan.steps)
    ]


def _forward(alert: Alert, names: Names) -> list[RungView]:
    if alert.forward is None:
        return []
    present = alert.forward.index
    return [
        RungView(
            step=at,
            level=step.level,
            state="passed" if at < present else "now" if at == present else "to_come",
            wait_seconds=step.wait.total_seconds(),
            who=[Who.of(one, names) for one in step.who],
            beside=list(step.beside),
            needed=step.needed,
            called=[],
        )
        for at, step in enumerate(alert.forward.steps)
    ]


def _called(one: Warned, names: Names) -> CalledView:
    return CalledView(
        who=Who.of(one.contact.id, names),
        level=one.contact.level,
        round=one.round,
        at=one.at,
        standing=one.standing,
        declined=one.declined,
        ways_open=list(one.ways_open),
    )


def _held(alert: Alert, names: Names) -> dict[str, Any]:
    watch, offer = alert.watch, alert.offer
    return {
        "watch": watch and WatchView(by=Who.of(watch.by, names), until=watch.until),
        "custody": [
            CustodyView(
                by=Who.of(one.by, names),
                level=one.level,
                phase=one.phase,
                until=one.until,
                asked_at=one.asked_at,
                to_name=one.to_name,
            )
            for one in alert.custody
        ],
        "offer": offer
        and OfferView(
            holding=offer.holding,
            by=Who.of(offer.by, names),
            to=Who.of(offer.to.id, names),
            at=offer.at,
        ),
        "promises": [
            PromiseView(by=Who.of(one.by, names), until=one.until) for one in alert.promises
        ],
    }


def _attempt(row: Row, names: Names) -> AttemptView:
    kept = ("id", "way", "purpose", "why", "step", "round", "state", "reason", "attempts")
    return AttemptView(
        to=Who.of(row.contact_id, names),
        created_at=row.created_at,
        due_at=row.due_at,
        **{name: getattr(row, name) for name in kept},
    )


def _line(row: Row, names: Names, *, named: bool) -> LineView:
    facts = {name: said for name, said in row.facts.items() if named or name != "plan"}
    return LineView(
        at=row.at,
        what=row.what,
        actor=Who.of(row.actor_id, names) if row.actor_id else None,
        entered_by=Who.of(row.entered_by_id, names) if row.entered_by_id else None,
        about=Who.of(UUID(about), names) if (about := row.facts.get("contact_id")) else None,
        facts=facts,
    )
