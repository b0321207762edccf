"""One decision while it is being written: the alert so far, and what must be done so far.

Everything the engine's rules say in common is said here: how somebody is warned, how the
care centre rings, who may answer. A draft never leaves `engine.decide`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from escalation.decision import (
    Action,
    Answer,
    Note,
    Ring,
    Scope,
    Skip,
    StandDown,
    Tell,
    Verdict,
    Warn,
)
from escalation.duty import OnDuty
from escalation.model import (
    Actor,
    Alert,
    Contact,
    Custody,
    Lane,
    Level,
    Reach,
    Skipped,
    Step,
    Warned,
    Watch,
)
from escalation.triggers import Answered


@dataclass(slots=True)
class Draft:
    """The alert and the actions as they stand; `now` is the moment of the trigger."""

    alert: Alert
    on_duty: OnDuty
    now: datetime
    actions: list[Action] = field(default_factory=list)

    # --- who -------------------------------------------------------------------------------

    @property
    def live_watch(self) -> Watch | None:
        """The watch of the operator who has the alert in hand at this moment."""
        watch = self.alert.watch
        return watch if watch is not None and watch.until > self.now else None

    @property
    def quiet(self) -> bool:
        """Whether the alert waits in the technical queue, where nobody is rung."""
        return self.alert.lane is Lane.QUEUE

    def may_answer(self, trigger: Answered) -> bool:
        """Anybody ever warned may, an operator may for anybody, and in the queue everybody may."""
        hands = (trigger.by, trigger.hand)
        return self.quiet or any(map(is_operator, hands)) or self.ever_warned(trigger.by)

    def ever_warned(self, actor: Actor) -> bool:
        """Whether this person, or a team they answer for, was ever called."""
        names = {actor.id} | actor.answers_for
        return any(one.contact.id in names for one in self.alert.warned)

    def custody_of(self, actor: Actor) -> Custody | None:
        """What somebody has: their own custody, or their organisation's while it names nobody."""
        for one in self.alert.custody:
            if one.by == actor.id or (one.to_name and one.by in actor.answers_for):
                return one
        return None

    def know(self, actor: Actor) -> None:
        """Count somebody who answered among those who were warned, so that they hear the rest."""
        if any(one.contact.id == actor.id for one in self.alert.warned):
            return
        reached = self._by_name(actor.id, actor.level)
        nameless = Contact(actor.id, actor.level, is_organisation=actor.is_organisation)
        self._remember(reached[0] if reached else nameless, standing=False)

    # --- telling ---------------------------------------------------------------------------

    def reach(self, step: Step) -> Reach:
        """Whom a step reaches now, without those who already have the alert."""
        reach = self.on_duty.reachable(step, self.now)
        holders = {one.by for one in self.alert.custody}
        return replace(reach, contacts=tuple(c for c in reach.contacts if c.id not in holders))

    def warn(self, contact: Contact, why: str) -> None:
        """Call a contact for the present step and round, once however often it is asked."""
        attempt = (contact.id, self.alert.step_number, self.alert.round)
        if any((one.contact.id, one.step, one.round) == attempt for one in self.alert.warned):
            return
        self._remember(contact, standing=True)
        self._call(contact, contact.ways, why)

    def warn_again(self, entry: Warned, why: str) -> None:
        """Call somebody once more by the ways that still work."""
        self._call(entry.contact, entry.ways_open, why)

    def ask(self, person: UUID, why: str) -> None:
        """Ask somebody by the ways we called them; else their own device is told.

        Who has it is asked whatever the roster says; anybody else only while they can be called.
        """
        called = [one.contact for one in self.alert.warned if one.contact.id == person]
        contact = next((one for one in reversed(called) if one.ways), None)
        if contact is None or self.quiet or not self._may_call(contact):
            self.tell(person, why)
        else:
            self._call(contact, contact.ways, why)

    def _may_call(self, contact: Contact) -> bool:
        if any(one.by == contact.id for one in self.alert.custody):
            return True
        return bool(self._by_name(contact.id, contact.level))

    def _by_name(self, person: UUID, level: Level) -> tuple[Contact, ...]:
        return self.on_duty.reachable(Step(level, timedelta(), who=(person,)), self.now).contacts

    def tell(self, contact_id: UUID, what: str, about: UUID | None = None) -> None:
        """Tell somebody quietly."""
        self.actions.append(Tell(contact_id, what, about))

    def note(self, what: str, contact_id: UUID | None = None, detail: str = "") -> None:
        """Write a line in the journal."""
        self.actions.append(Note(what, contact_id, detail))

    def skip(self, level: Level, skipped: tuple[Skipped, ...]) -> None:
        """Say that a step, or somebody in it, is not called."""
        self.actions.append(Skip(self.alert.step_number, level, skipped))

    def stand_down(self, entries: Iterable[Warned], why: str, told: set[UUID]) -> None:
        """Tell whoever is not in `told` that there is nothing left to do, and add them to it.

        A desk without ways sees it on its board.
        """
        for one in entries:
            if one.contact.ways and one.contact.id not in told:
                self.actions.append(StandDown(one.contact, why))
                told.add(one.contact.id)

    def ring(self, scope: Scope, why: str, operator_id: UUID | None = None) -> None:
        """Sound at the care centre; a technical alert is only noted."""
        if self.quiet:
            self.note(why)
        else:
            self.actions.append(Ring(scope, why, operator_id))

    def ring_centre(self, why: str) -> None:
        """Sound at the desk of the operator who watches, else at as many as the round asks for."""
        watch = self.live_watch
        if watch is not None and self.alert.forward is None:
            self.ring(Scope.OWN, why, watch.by)
        else:
            self.ring(self._scope(), why)

    def _scope(self) -> Scope:
        if self.alert.ladder_round >= 3 or self._centre_is_empty():
            return Scope.ALL_AND_PHONE
        return Scope.SERVED if self.alert.ladder_round <= 1 else Scope.ALL

    def desks(self) -> tuple[Contact, ...]:
        """The desks of the care centre, served or not; none where no centre serves the provider."""
        centre = Step(Level.CARE_CENTRE, self.alert.plan.timing.centre_repeats)
        return self.on_duty.reachable(centre, self.now).contacts

    def _centre_is_empty(self) -> bool:
        return not any(desk.served for desk in self.desks())

    def _call(self, contact: Contact, ways: tuple[str, ...], why: str) -> None:
        if ways:
            number = self.alert.step_number
            self.actions.append(Warn(contact, ways, number, self.alert.round, why))

    def _remember(self, contact: Contact, *, standing: bool) -> None:
        """Keep the last attempt per contact and step: the rounds of a whole night stay few rows."""
        step = self.alert.step_number
        others = (w for w in self.alert.warned if (w.contact.id, w.step) != (contact.id, step))
        entry = Warned(contact, step, self.alert.round, self.now, contact.ways, standing)
        self.alert = replace(self.alert, warned=(*others, entry))

    # --- the answer ------------------------------------------------------------------------

    def answer(self, verdict: Verdict, reason: str = "") -> Answer:
        """What the one who triggered is told about the alert as it now stands."""
        holders = tuple(one.by for one in self.alert.custody)
        return Answer(verdict, self.alert.status, holders, self.alert.outcome, reason)

    def answer_about_watch(self, verdict: Verdict) -> Answer:
        """The same for a question about the watch: who has that."""
        watch = self.alert.watch
        return replace(self.answer(verdict), held_by=() if watch is None else (watch.by,))

    def done(self) -> Answer:
        """It was done."""
        return self.answer(Verdict.DONE)

    def no_change(self, reason: str = "") -> Answer:
        """It was so already, or it applies to nothing."""
        return self.answer(Verdict.NO_CHANGE, reason)

    def not_yours(self, trigger: Answered) -> Answer:
        """Refuse somebody who was never called; the journal keeps that they tried."""
        self.note("not_yours", trigger.by.id)
        return self.answer(Verdict.NOT_YOURS)

    def not_allowed(self, trigger: Answered, reason: str) -> Answer:
        """Refuse what this person may not do; the journal keeps that they tried."""
        self.note("not_allowed", trigger.by.id, reason)
        return self.answer(Verdict.NOT_ALLOWED, reason)


def is_operator(actor: Actor) -> bool:
    """Whether somebody works at the care centre's desk."""
    return actor.level is Level.CARE_CENTRE
