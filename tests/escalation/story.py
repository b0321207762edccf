"""A story about one alert: people have names, time passes, and one asks who was called."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from escalation.decision import (
    Action,
    Answer,
    Note,
    Opening,
    Ring,
    Scope,
    Skip,
    StandDown,
    Tell,
    Warn,
)
from escalation.duty import Facts, OnDuty
from escalation.engine import decide, open_alert
from escalation.kinds import emergency
from escalation.model import Actor, Alert, Contact, Level, Plan, Priority, Status, Step, Timing
from escalation.people import Absence, KnownContact
from escalation.timing import timing
from escalation.triggers import Due, Trigger

Told = TypeVar("Told", Warn, Ring, StandDown, Tell, Note, Skip)
EVENING = datetime(2026, 1, 5, 20, 0, tzinfo=UTC)


def id_of(name: str) -> UUID:
    return uuid5(NAMESPACE_OID, name)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def known(name: str, level: Level, *ways: str, **fields: Any) -> KnownContact:
    return KnownContact(id_of(name), level, ways or ("webhook",), **fields)


LEVELS = {
    "daughter": Level.INFORMAL_CAREGIVER,
    "son": Level.INFORMAL_CAREGIVER,
    "team": Level.OWN_TEAM,
    "colleague": Level.OWN_TEAM,
    "nurse": Level.NIGHT_PARTNER,
    "partner": Level.NIGHT_PARTNER,
    "desk": Level.CARE_CENTRE,
    "operator": Level.CARE_CENTRE,
    "second operator": Level.CARE_CENTRE,
    "backup": Level.BACKUP,
    "technician": Level.TECHNICAL_DESK,
    "stranger": Level.OWN_TEAM,
}
NAMES = {id_of(name): name for name in LEVELS}
PEOPLE = (
    known("daughter", Level.INFORMAL_CAREGIVER),
    known("team", Level.OWN_TEAM),
    known("partner", Level.NIGHT_PARTNER),
    known("desk", Level.CARE_CENTRE),
    known("backup", Level.BACKUP),
    known("technician", Level.TECHNICAL_DESK),
)


def actor(name: str, shift_ends_at: datetime | None = None) -> Actor:
    teams = {"nurse": {"partner"}, "colleague": {"team"}, "operator": {"desk"}}
    return Actor(
        id=id_of(name),
        level=LEVELS[name],
        answers_for=frozenset(map(id_of, teams.get(name, ()))),
        is_organisation=name == "partner",
        shift_ends_at=shift_ends_at,
    )


def step(level: Level, wait: float = 2, **fields: Any) -> Step:
    return Step(level, minutes(wait), **fields)


CAREGIVER = step(Level.INFORMAL_CAREGIVER)
TEAM = step(Level.OWN_TEAM)
PARTNER = step(Level.NIGHT_PARTNER)
CENTRE = step(Level.CARE_CENTRE, 1)


def a_plan(*steps: Step, priority: Priority = Priority.P1, lengths: Timing | None = None) -> Plan:
    return Plan(steps, lengths or timing(priority))


def an_opening(
    *steps: Step,
    kind: str = "alarm.button",
    priority: Priority = Priority.P1,
    there: tuple[Contact, ...] = (),
    there_priority: Priority | None = None,
    late: bool = False,
) -> Opening:
    return Opening(
        id=id_of("alert"),
        organisation_id=id_of("provider"),
        subject_id=id_of("client"),
        home_id=id_of("home"),
        client_ids=(id_of("client"),),
        kind=kind,
        emergency=emergency(kind, priority),
        priority=priority,
        plan=a_plan(*steps, priority=priority),
        late=late,
        already_there=there,
        already_there_priority=there_priority,
    )


@dataclass
class Story:
    """One alert from its opening on. `told` are the actions since somebody last asked."""

    opening: Opening
    people: tuple[KnownContact, ...] = PEOPLE
    plan_now: Plan | None = None
    now: datetime = EVENING
    absences: tuple[Absence, ...] = ()
    busy: tuple[str, ...] = ()
    over_limit: tuple[str, ...] = ()
    alert: Alert = field(init=False)
    told: list[Action] = field(default_factory=list)
    triggers: int = 0

    def __post_init__(self) -> None:
        opened = open_alert(self.opening, self.on_duty(), self.now)
        self.alert = opened.alert
        self.told += opened.actions

    def on_duty(self) -> OnDuty:
        busy, over = frozenset(map(id_of, self.busy)), frozenset(map(id_of, self.over_limit))
        kind, priority = self.opening.kind, self.opening.priority
        return OnDuty(Facts(kind, priority, self.people, self.absences, busy, over, self.plan_now))

    def answers(
        self, sort: type[Trigger], by: str, /, on_behalf: str | None = None, **fields: Any
    ) -> Answer:
        """`by` answers; `on_behalf` is the operator who enters it for them."""
        hand = None if on_behalf is None else actor(on_behalf)
        return self.happens(sort, by=actor(by), entered_by=hand, **fields)

    def happens(self, sort: type[Trigger], /, **fields: Any) -> Answer:
        self.triggers += 1
        trigger = sort(id=id_of(f"trigger {self.triggers}"), **fields)
        decision = decide(self.alert, trigger, self.on_duty(), self.now)
        self.alert = decision.alert
        self.told += decision.actions
        return decision.answer

    def passes(self, length: float = 0, seconds: float = 0) -> None:
        """Let minutes pass; everything that falls due on the way happens at its moment."""
        until = self.now + minutes(length) + timedelta(seconds=seconds)
        while (due := self.alert.due_at) is not None and due <= until:
            self.now = max(due, self.now)
            self.happens(Due, meant_for=due)
        self.now = until

    def sleeps(self, length: float) -> Answer:
        """The hub is down for some minutes, and then looks at its alerts."""
        self.now += minutes(length)
        return self.happens(Due, meant_for=self.alert.due_at)

    def status(self) -> Status:
        return self.alert.status

    # What was told since one last asked; asking for one sort leaves the others to be asked for.

    def warned(self) -> list[str]:
        return [NAMES[one.contact.id] for one in self._take(Warn)]

    def rang(self) -> list[Scope]:
        return [one.scope for one in self._take(Ring)]

    def stood_down(self) -> list[str]:
        return [NAMES[one.contact.id] for one in self._take(StandDown)]

    def heard(self) -> list[tuple[str, str]]:
        return [(NAMES[one.contact_id], one.what) for one in self._take(Tell)]

    def noted(self) -> list[str]:
        return [one.what for one in self._take(Note)]

    def skipped(self) -> list[tuple[Level, str]]:
        return [(one.level, who.reason) for one in self._take(Skip) for who in one.skipped]

    def forget(self) -> None:
        self.told.clear()

    def _take(self, kind: type[Told]) -> list[Told]:
        taken = [one for one in self.told if isinstance(one, kind)]
        self.told = [one for one in self.told if not isinstance(one, kind)]
        return taken


def a_story(*steps: Step, **fields: Any) -> Story:
    """A pressed button, by default with a daughter, her mother's team and the care centre."""
    return Story(an_opening(*(steps or (CAREGIVER, TEAM, CENTRE))), **fields)
