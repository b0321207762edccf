"""The proof against the engine: nobody waits longer than was proved, whatever is agreed."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as some

from escalation.agreements import Agreement, Override, plan_for
from escalation.care_file import CareFile
from escalation.decision import Action, Decision, Opening, Ring, Warn
from escalation.defaults import LivingForm
from escalation.duty import OnDuty
from escalation.engine import decide, open_alert
from escalation.judging import USUAL, WORST
from escalation.kinds import Circumstances, emergency, needs_centre
from escalation.model import Level, Priority, Step
from escalation.people import Absence, Divert, KnownContact, Limits, Period, PeriodSort, WakeUp
from escalation.triggers import Accepted, Due
from escalation.verify import verify
from escalation.windows import DAY, OnHolidays, Window
from tests.escalation.story import LEVELS, NAMES, actor, id_of, minutes
from tests.escalation.test_promises import PROMISE
from tests.escalation.test_verify import FEAST, HOUR, MONDAY, NIGHT, local

levels = some.sampled_from(
    [Level.INFORMAL_CAREGIVER, Level.OWN_TEAM, Level.NIGHT_PARTNER, Level.CARE_CENTRE]
)
names = some.sampled_from(["daughter", "son", "team", "colleague", "partner", "desk", "backup"])
some_steps = some.builds(
    Step,
    level=levels,
    wait=some.integers(1, 25).map(minutes),
    needed=some.sampled_from([1, 1, 2, 3]),
    who=some.one_of(some.just(()), some.lists(names.map(id_of), max_size=2).map(tuple)),
    beside=some.lists(levels, max_size=1).map(tuple),
)
halves = some.integers(0, 48).map(lambda number: number * HOUR / 2)
windows = some.builds(
    Window, halves, halves, some.frozensets(some.integers(0, 6)), some.sampled_from(OnHolidays)
)
KINDS = ("alarm.button", "alarm.smoke", "alarm.left_home", "lifestyle.not_up", "lifestyle.*")
agreements = some.builds(
    Agreement,
    some.uuids(),
    some.lists(some.sampled_from(("*", "medication.*", *KINDS)), min_size=1, max_size=2).map(tuple),
    some.lists(some_steps, max_size=4).map(tuple),
    some.one_of(some.none(), windows),
    overrides=some.lists(
        some.builds(Override, some.sampled_from(KINDS), some.sampled_from(Priority)), max_size=1
    ).map(tuple),
)
nights = (local("2026-10-24 12:00"), local("2027-03-27 12:00"), local("2026-12-24 12:00"), MONDAY)


@some.composite
def files(draw: some.DrawFn) -> tuple[CareFile, datetime]:
    begins = draw(some.sampled_from(nights))
    when = some.integers(-12 * 60, 36 * 60).map(lambda number: begins + minutes(number))
    needs = some.sampled_from([(), (), (PeriodSort.SHIFT,), (PeriodSort.TURN,)])
    quiet = some.sampled_from(
        [None, Limits(1), Limits(0), Limits(2, False), Limits(None, False, NIGHT)]
    )
    people = tuple(
        KnownContact(
            id_of(name),
            LEVELS[name],
            draw(some.sampled_from([("webhook",), ("webhook",), ()])),
            consent=draw(some.sampled_from([True, True, False])),
            needs=draw(needs) if name != "desk" else (),
            limits=draw(quiet) if LEVELS[name] is Level.INFORMAL_CAREGIVER else None,
        )
        for name in draw(some.lists(names, unique=True))
    )
    spans = some.tuples(when, some.integers(1, 900)).map(
        lambda one: (one[0], one[0] + minutes(one[1]))
    )
    return (
        CareFile(
            id_of("client"),
            tuple(draw(some.lists(agreements, max_size=4))),
            draw(some.sampled_from([None, *LivingForm])),
            people,
            tuple(
                Absence(id_of(draw(names)), *draw(spans)) for _ in range(draw(some.integers(0, 3)))
            ),
            tuple(
                Period(id_of(draw(names)), draw(some.sampled_from(PeriodSort)), *draw(spans))
                for _ in range(draw(some.integers(0, 4)))
            ),
            tuple(
                Divert(id_of(draw(names)), one, *draw(spans))
                for one in people[: draw(some.integers(0, 1))]
            ),
            holidays=FEAST,
        ),
        begins,
    )


@dataclass
class Climb:
    """What the engine did when nobody answered: how soon, and who was called."""

    professional: timedelta | None = None
    somebody: timedelta | None = None
    called: set[UUID] = field(default_factory=set)
    answered: bool = False

    def happens(self, action: Action, after: timedelta, care: CareFile) -> None:
        """Take down who is called for the first time."""
        desks = any(one.level is Level.CARE_CENTRE for one in care.contacts)
        warned = action.contact if isinstance(action, Warn) else None
        heard = (isinstance(action, Ring) and desks) or (
            warned is not None and warned.level is not Level.INFORMAL_CAREGIVER
        )
        if heard and self.professional is None:
            self.professional = after
        if warned is not None and warned.level is not Level.CARE_CENTRE:
            self.somebody = after if self.somebody is None else self.somebody
            self.called.add(warned.id)

    @property
    def over(self) -> bool:
        """Whether there is nothing left to measure."""
        return self.answered or None not in (self.professional, self.somebody)


@dataclass(frozen=True)
class Evening:
    """What a registry knows beside the file: who was woken when, and who is busy elsewhere.

    With `one_yes` the first who is called goes, where a step needs more people.
    """

    woken: tuple[tuple[str, int], ...] = ()  # how many hours before the alarm
    busy: frozenset[UUID] = frozenset()
    one_yes: bool = False

    def on_duty(self, care: CareFile, kind: str, priority: Priority, at: datetime) -> OnDuty:
        wake_ups = tuple(
            WakeUp(id_of(name), id_of(f"{name} {before}"), at - before * HOUR)
            for name, before in self.woken
        )
        facts = care.on_duty(kind, priority).facts
        return OnDuty(replace(facts, wake_ups=wake_ups, busy=self.busy))


def climbed(
    care: CareFile, kind: str, at: datetime, when: Circumstances, evening: Evening
) -> tuple[Priority, Climb]:
    """Let the engine climb, from the plan of that moment, with nobody answering it in full."""
    days, form = care.holidays, care.living_form
    priority, plan = plan_for(care.agreements, kind, form, at, care.time_zone, when, holidays=days)
    on_duty = evening.on_duty(care, kind, priority, at)
    found, one, matter = Climb(), id_of("client"), emergency(kind, priority)
    opening = Opening(id_of("alert"), one, one, None, (one,), kind, matter, priority, plan)
    decision, now = open_alert(opening, on_duty, at), at
    while priority in care.limits and now - at < 4 * HOUR and not found.over:
        for action in decision.actions:
            found.happens(action, now - at, care)
        due = decision.alert.due_at
        assert due is not None
        if evening.one_yes and (first := _called(decision)) is not None:
            yes = Accepted(id=id_of("yes"), by=actor(NAMES[first]))
            decision = decide(decision.alert, yes, on_duty, now)
            if decision.alert.taken:
                found.answered = True
            evening = replace(evening, one_yes=False)
            continue
        now = max(now, due)
        decision = decide(decision.alert, Due(id=id_of(str(now)), meant_for=due), on_duty, now)
    return priority, found


def _called(decision: Decision) -> UUID | None:
    """Who of the client's people was called just now, where a step needs more than one."""
    if decision.alert.needed < 2:
        return None
    called = (one.contact for one in decision.actions if isinstance(one, Warn))
    return next((one.id for one in called if one.level is not Level.CARE_CENTRE), None)


evenings = some.builds(
    Evening,
    some.lists(some.tuples(names, some.integers(1, 200)), max_size=4).map(tuple),
    some.frozensets(names.map(id_of), max_size=3),
    some.booleans(),
)
kinds = ("alarm.button", "alarm.smoke", "alarm.left_home", "lifestyle.not_up", "medication.jam")
alarms = some.lists(
    some.tuples(some.sampled_from(kinds), some.integers(0, 24 * 60 * 2 - 1), evenings),
    min_size=1,
    max_size=6,
)


@settings(PROMISE, max_examples=25)
@given(files(), alarms)
def test_the_engine_is_never_slower_than_what_was_proved(
    file: tuple[CareFile, datetime], alarms: list[tuple[str, int, Evening]]
) -> None:
    care, begins = file
    bounds = verify(care, begins, begins + DAY).bounds
    for kind, half_minutes, evening in alarms:
        at = begins + minutes(half_minutes / 2)
        for when in (USUAL, WORST):
            priority, took = climbed(care, kind, at, when, evening)
            if priority in care.limits:
                proved = bounds[kind, priority]
                assert within(took, took.professional, proved.professional.longest)
                assert within(took, took.somebody, proved.somebody.longest)
                assert not took.called & absent_all_along(care, at)


def within(climb: Climb, took: timedelta | None, longest: timedelta | None) -> bool:
    if took is None:
        return climb.answered or longest is None
    return longest is None or took <= longest


def absent_all_along(care: CareFile, at: datetime) -> set[UUID]:
    diverted_to = {one.to.id for one in care.diverts}
    away = {
        one.contact_id
        for one in care.absences
        if one.covers(at) and one.ends_at is not None and one.ends_at > at + 4 * HOUR
    }
    return away - {id_of("desk")} - diverted_to


@settings(PROMISE, max_examples=25)
@given(files(), some.integers(0, 24 * 60 * 2 - 1), some.sampled_from(kinds))
def test_what_holds_in_a_piece_of_time_is_what_was_agreed_at_every_moment_of_it(
    file: tuple[CareFile, datetime], half_minutes: int, kind: str
) -> None:
    care, begins = file
    at = begins + minutes(half_minutes / 2)
    holding = care.plans_over((begins, begins + DAY)).at(at)
    found = {place for place, one in enumerate(care.agreements) if one.holds(at, care.holidays)}
    assert {one for one in holding if isinstance(one, int)} == found
    if needs_centre(kind):
        _, plan = plan_for(care.agreements, kind, care.living_form, at, holidays=care.holidays)
        assert Level.CARE_CENTRE in plan.steps[0].levels
