"""What may be sent about an alert: one body for each answer, and the trigger it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from escalation.model import Actor, Holding, Level, Outcome, Step
from escalation.triggers import (
    Accepted,
    AllWell,
    Arrived,
    Claimed,
    Declined,
    Deferred,
    Extended,
    Forwarded,
    HandedOver,
    Outside,
    PersonNamed,
    Released,
    Resolved,
    TakenOver,
    Trigger,
)


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("text cannot hold a NUL character")
    return text


NoNul = AfterValidator(_without_nul)  # PostgreSQL's text cannot hold one
Minutes = Annotated[int, Field(ge=1, le=600)]
Words = Annotated[str, Field(max_length=500), NoNul]
Reason = Annotated[str, Field(min_length=1, max_length=500), NoNul]
Reference = Annotated[
    str, Field(min_length=1, max_length=200, description="id or external id"), NoNul
]
Service = Literal["112", "gp_post", "police", "fire_brigade", "locksmith"]


@dataclass(frozen=True, slots=True)
class Said:
    """Whose answer it is, who pressed, and the people a body names, looked up."""

    id: UUID
    by: Actor
    entered_by: Actor | None
    people: Mapping[str, Actor]


class Body(BaseModel):
    """What every answer may carry."""

    model_config = ConfigDict(extra="forbid")

    once: UUID | None = Field(
        default=None,
        description="Your own id for this answer. Sent again, it changes nothing and gives the "
        "first answer back. Make a new one for every new press of a button.",
    )
    by: Reference | None = Field(
        default=None,
        description="Whose answer it is, when you enter it for somebody who telephoned.",
        examples=["daughter-of-gerda"],
    )

    def people(self) -> Mapping[str, str]:
        """The people this body names, besides `by`: the field, and the reference in it."""
        return {}


class Claim(Body):
    """Take the watch: the sound stops, the alert does not."""

    def trigger(self, said: Said) -> Trigger:
        """The engine's word for it."""
        return Claimed(id=said.id, by=said.by, entered_by=said.entered_by)


class Accept(Body):
    """Go there."""

    eta_minutes: Minutes | None = Field(default=None, description="Until you are there.")

    def trigger(self, said: Said) -> Trigger:
        """The engine's word for it."""
        eta = None if self.eta_minutes is None else timedelta(minutes=self.eta_minutes)
        return Accepted(id=said.id, by=said.by, entered_by=said.entered_by, eta=eta)


class Arrive(Body):
    """Stand at the bed."""

    def trigger(self, said: Said) -> Trigger:
        """The engine's word for it."""
        return Arrived(id=said.id, by=said.by, entered_by=said.entered_by)


class Extend(Body):
    """Need more time."""

    more_minutes: Minutes = Field(description="Counted from now.")

    def trigger(self, said: Said) -> Trigger:
        """The engine's word for it."""
        more = timedelta(minutes=self.more_minutes)
        return Extended(id=said.id, by=said.by, entered_by=said.entered_by, more=more)


class Release(Body):
    """Give it back: somebody else must go."""

    reason: Words = ""

    def trigger(self, said: Said) -> Trigger:
        """The engine's word for it."""
        return Released(id=said.id, by=said.by, entered_by=said.entered_by, reason=self.reason)


class Decline(Body):
    """Cannot come."""

    reason: Words = ""

    def trigger(self, said: Said) -> Trigger:
        """The engine's word for it."""
        return Declined(id=said.id, by=said.by, entered_by=said.entered_by, reason=self.reason)


class Defer(Body):
    """Come after what one is busy with; it stops nothing by itself."""

    after_minutes: Minutes

    def trigger(self, said: Said) -> Trigger:
        """The engine's word for it."""
        after = timedelta(minutes=self.after_minutes)
        return Deferred(id=said.id, by=said.by, entered_by=said.entered_by, after=after)


class HandOver(Body):
    """Offer watch or custody to somebody by name; it passes when they accept or claim."""

    to: Reference
    holding: Holding

    def people(self) -> Mapping[str, str]:
        """Whom it is offered to."""
        return {"to": self.to}

    def trigger(self, said: Said) -> Trigger:
        """The engine's word for it."""
        return HandedOver(
            id=said.id,
            by=said.by,
            entered_by=said.entered_by,
            to=said.people["to"],
            holding=self.holding,
        )


class TakeOver(Body):
    """Take watch or custody from whoever has it, at once, with a reason they are told."""

    holding: Holding
    reason: Reason
    held_by: Reference | None = Field(
        default=None, description="Who you think has it; with somebody else nothing changes."
    )

    def people(self) -> Mapping[str, str]:
        """Who has it."""
        return {} if self.held_by is None else {"held_by": self.held_by}

    def trigger(self, said: Said) -> Trigger:
        """The engine's word for it."""
        holder = said.people.get("held_by")
        return TakenOver(
            id=said.id,
            by=said.by,
            entered_by=said.entered_by,
            holding=self.holding,
            reason=self.reason,
            held_by=holder.id if holder is not None else None,
        )


class NamePerson(Body):
    """A partner organisation that accepted says who goes."""

    person: Reference

    def people(self) -> Mapping[str, str]:
        """Who goes."""
        return {"person": self.person}

    def trigger(self, said: Said) -> Trigger:
        """The engine's word for it."""
        person = said.people["person"]
        return PersonNamed(id=said.id, by=said.by, entered_by=said.entered_by, person=person)


class ForwardStep(BaseModel):
    """One rung of a forward's own ladder."""

    model_config = ConfigDict(extra="forbid")

    level: Level
    who: Reference | None = Field(default=None, description="One contact; else all on duty.")
    wait_minutes: Annotated[int, Field(ge=1, le=60)] = 2


class Forward(Body):
    """Send it to a ladder of its own; exhausted, it returns to your desk, ringing."""

    steps: Annotated[list[ForwardStep], Field(min_length=1, max_length=5)]

    def people(self) -> Mapping[str, str]:
        """The contacts the steps name."""
        named = enumerate(self.steps)
        return {f"steps.{at}.who": one.who for at, one in named if one.who is not None}

    def trigger(self, said: Said) -> Trigger:
        """The engine's word for it."""
        people = [said.people.get(f"steps.{at}.who") for at in range(len(self.steps))]
        steps = tuple(_step(one, who) for one, who in zip(self.steps, people, strict=True))
        return Forwarded(id=said.id, by=said.by, entered_by=said.entered_by, steps=steps)


def _step(step: ForwardStep, who: Actor | None) -> Step:
    only = () if who is None else (who.id,)
    return Step(level=step.level, wait=timedelta(minutes=step.wait_minutes), who=only)


class TellAllWell(Body):
    """The caregiver telephoned and all is well."""

    outcome: Outcome = Outcome.UNKNOWN

    def trigger(self, said: Said) -> Trigger:
        """The engine's word for it."""
        return AllWell(id=said.id, by=said.by, entered_by=said.entered_by, outcome=self.outcome)


class CallOutside(Body):
    """112, GP post, police, fire brigade or locksmith was called; this is not an end."""

    service: Service
    result: Words = ""

    def trigger(self, said: Said) -> Trigger:
        """The engine's word for it."""
        return Outside(
            id=said.id,
            by=said.by,
            entered_by=said.entered_by,
            service=self.service,
            result=self.result,
        )


class Resolve(Body):
    """Finish, with what it was."""

    outcome: Outcome
    note: Words = ""

    def trigger(self, said: Said) -> Trigger:
        """The engine's word for it."""
        return Resolved(
            id=said.id,
            by=said.by,
            entered_by=said.entered_by,
            outcome=self.outcome,
            note=self.note,
        )


AnyBody = (
    Claim
    | Accept
    | Arrive
    | Extend
    | Release
    | Decline
    | Defer
    | HandOver
    | TakeOver
    | NamePerson
    | Forward
    | TellAllWell
    | CallOutside
    | Resolve
)
