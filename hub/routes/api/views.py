"""What the API shows: its shapes are a contract, and say what each field means."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from escalation.decision import Answer, Verdict
from escalation.model import Holding, Lane, Level, Outcome, Phase, Priority, Status
from hub.store.people import Person

Names = Mapping[UUID, Person]


class Who(BaseModel):
    """A contact by name."""

    id: UUID
    external_id: str = ""
    name: str = ""
    withheld: bool = Field(default=False, description="Who it is, is not shared with you.")

    @classmethod
    def of(cls, contact_id: UUID, names: Names) -> "Who":
        """Name a contact; one we do not know keeps its id."""
        person = names.get(contact_id)
        if person is None:
            return cls(id=contact_id)
        return cls(
            id=contact_id,
            external_id=person.external_id,
            name=person.name,
            withheld=person.withheld,
        )


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
    reason: str = Field(default="", description="A short code, such as kind_needs_centre.")

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
