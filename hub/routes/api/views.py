"""What the API shows: its shapes are a contract, and say what each field means."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from escalation.model import (
    Alert,
    Answer,
    Holding,
    Lane,
    Level,
    Outcome,
    Phase,
    Priority,
    Status,
    Verdict,
    Warned,
)
from hub.store.people import Person

Names = Mapping[UUID, Person]
Row = Any


class Who(BaseModel):
    """A contact by name."""

    id: UUID
    external_id: str = ""
    name: str = ""

    @classmethod
    def of(cls, contact_id: UUID, names: Names) -> "Who":
        """Name a contact; one we do not know keeps its id."""
        person = names.get(contact_id)
        if person is None:
            return cls(id=contact_id)
        return cls(id=contact_id, external_id=person.external_id, name=person.name)


class ClientView(BaseModel):
    """A client."""

    id: UUID
    external_id: str = Field(examples=["client-gerda"])
    name: str
    organisation_id: UUID


class AnswerView(BaseModel):
    """What the hub made of an answer; the same `once` gives the same again.

    `done`: it counts. `no_change`: it was so already. `taken`: somebody else has it, see
    `held_by`. `already_resolved`: it is over, see `outcome`. `not_yours`: it was never asked of
    whoever answered. `not_allowed`: see `reason`.
    """

    verdict: Verdict
    status: Status
    held_by: list[Who] = []
    outcome: Outcome | None = None
    reason: str = Field(default="", description="A short code.", examples=["kind_needs_centre"])

    @classmethod
    def of(cls, answer: Answer, names: Names) -> "AnswerView":
        """Show the engine's answer."""
        return cls(
            verdict=answer.verdict,
            status=answer.status,
            held_by=[Who.of(one, names) for one in answer.held_by],
            outcome=answer.outcome,
            reason=answer.reason,
        )


class CalledView(BaseModel):
    """Somebody who was called at a step."""

    who: Who
    level: Level
    round: int
    at: datetime
    standing: bool = Field(description="Still being called.")
    declined: bool
    ways_open: list[str] = Field(description="Attempts not known to have failed.")


class RungView(BaseModel):
    """One step of the ladder, which does not change while the alert is open."""

    step: int
    level: Level
    state: Literal["passed", "now", "to_come"]
    wait_seconds: float
    who: list[Who] = Field(description="Only these contacts; empty: whoever is on duty.")
    beside: list[Level] = Field(description="Levels called at the same moment.")
    needed: int = Field(description="How many people must accept.")
    called: list[CalledView]


class CustodyView(BaseModel):
    """Somebody who has it."""

    by: Who
    level: Level
    phase: Phase
    until: datetime
    asked_at: datetime | None = Field(description="When they were asked whether they still come.")
    to_name: bool = Field(description="A partner organisation that still has to say who goes.")


class WatchView(BaseModel):
    """The operator who claimed it."""

    by: Who
    until: datetime


class OfferView(BaseModel):
    """A hand-over that waits for the other's answer."""

    holding: Holding
    by: Who
    to: Who
    at: datetime


class PromiseView(BaseModel):
    """A busy person's promise to come later."""

    by: Who
    until: datetime


class LineView(BaseModel):
    """One line of the journal: a step, a skip, an attempt, an answer."""

    at: datetime
    what: str = Field(examples=["accepted"])
    actor: Who | None = Field(description="Whose doing; null: the hub itself.")
    entered_by: Who | None = Field(description="Who pressed, when that was somebody else.")
    about: Who | None = Field(description="Whom it was about: who was called, skipped or told.")
    facts: dict[str, Any]


class AttemptView(BaseModel):
    """One message about the alert, sent or still to be sent. Addresses are not shown."""

    id: UUID
    to: Who
    way: str
    purpose: str = Field(examples=["warn"])
    why: str = Field(examples=["climb"])
    step: int
    round: int
    state: str = Field(examples=["sent"])
    reason: str
    attempts: int
    created_at: datetime
    due_at: datetime | None = Field(description="When it is tried (again); null: finished.")


class AlertSummary(BaseModel):
    """An alert in a list."""

    id: UUID
    organisation_id: UUID
    kind: str = Field(examples=["alarm.button"])
    emergency: str
    priority: Priority
    lane: Lane
    status: Status
    explanation: str
    clients: list[ClientView]
    opened_at: datetime
    due_at: datetime | None = Field(description="Its next moment; null once resolved.")
    resolved_at: datetime | None
    outcome: Outcome | None
    stuck_at: datetime | None = Field(description="Since when the hub cannot decide about it.")
    revision: int

    @classmethod
    def of(cls, row: Row, clients: Mapping[UUID, Row]) -> "AlertSummary":
        """Show an alert's row."""
        return cls(**summary(row, clients))


class AlertView(AlertSummary):
    """An alert with everything that happened to it."""

    home_id: UUID | None
    device_id: UUID | None
    plan: str = Field(description="The name of the agreement its ladder came from.")
    step: int = Field(description="-1: whoever has this client's other alert is called first.")
    round: int
    next_step_at: datetime | None = Field(description="When the ladder climbs; null: it waits.")
    late: bool
    marks: list[str]
    repeats: int
    withdrawn_at: datetime | None
    first_arrived_at: datetime | None
    ladder: list[RungView]
    forward: list[RungView] = Field(description="An operator's own ladder, if there is one.")
    watch: WatchView | None
    custody: list[CustodyView]
    offer: OfferView | None
    promises: list[PromiseView]
    attempts: list[AttemptView]
    journal: list[LineView]


class Page(BaseModel):
    """Where a list goes on."""

    next_cursor: str | None = Field(default=None, description="Send as `cursor`; null: no more.")


class AlertList(Page):
    """Alerts, the newest first."""

    items: list[AlertSummary]


def summary(row: Row, clients: Mapping[UUID, Row]) -> dict[str, Any]:
    """The fields a list and a whole alert have in common."""
    kept = ("kind", "emergency", "priority", "lane", "status", "explanation", "outcome", "revision")
    moments = ("opened_at", "due_at", "resolved_at", "stuck_at")
    return {
        "id": row.id,
        "organisation_id": row.organisation_id,
        "clients": [client(clients[one]) for one in row.client_ids if one in clients],
        **{name: getattr(row, name) for name in (*kept, *moments)},
    }


def client(row: Row) -> ClientView:
    """Show a client's row."""
    return ClientView(
        id=row.id,
        external_id=row.external_id,
        name=row.name,
        organisation_id=row.organisation_id,
    )


def whole(
    row: Row,
    alert: Alert,
    clients: Mapping[UUID, Row],
    attempts: Sequence[Row],
    lines: Sequence[Row],
    names: Names,
) -> AlertView:
    """Show one alert, whole."""
    return AlertView(
        **summary(row, clients),
        home_id=alert.home_id,
        device_id=row.device_id,
        plan=alert.plan.name,
        step=alert.step,
        round=alert.round,
        next_step_at=alert.next_step_at,
        late=alert.late,
        marks=list(alert.marks),
        repeats=alert.repeats,
        withdrawn_at=alert.withdrawn_at,
        first_arrived_at=alert.first_arrived_at,
        ladder=ladder(alert, names),
        forward=_forward(alert, names),
        **_held(alert, names),
        attempts=[_attempt(one, names) for one in attempts],
        journal=[_line(one, names) for one in lines],
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


def ladder(alert: Alert, names: Names) -> list[RungView]:
    """Show the ladder with who was called at each step."""
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


def _line(row: Row, names: Names) -> LineView:
    return LineView(
        at=row.at,
        what=row.what,
        actor=Who.of(row.actor_id, names) if row.actor_id else None,
        entered_by=Who.of(row.entered_by_id, names) if row.entered_by_id else None,
        about=Who.of(UUID(about), names) if (about := row.facts.get("contact_id")) else None,
        facts=row.facts,
    )
