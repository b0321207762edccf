"""A hub that is broken on purpose is found out by a shipped night."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from adapters.contract import Call, Message
from adapters.lifestyle import Limits
from adapters.outbound import webhook
from escalation import climbing, custody, duty, engine, ladder, windows
from escalation.decision import Answer, Verdict
from escalation.draft import Draft
from escalation.model import Alert, Level, Plan, Warned
from escalation.triggers import Accepted
from hub.incoming import recording
from hub.incoming.copies import Likeness
from hub.rehearsal.play import rehearse
from hub.road import deliver, raising
from hub.store.alerts import Alerts
from hub.words.messages import text_for
from simulators.night_file import find
from simulators.night_reading import load

CENTRE = Level.CARE_CENTRE
Plant = Callable[[pytest.MonkeyPatch], None]


def lost_lease(patch: pytest.MonkeyPatch) -> None:
    """Somebody accepted, and nobody looks whether they came."""
    real: Any = Alert.__dict__["due_at"]

    def forgets(alert: Alert) -> datetime | None:
        later = timedelta(days=1)
        kept = tuple(replace(one, until=one.until + later) for one in alert.custody)
        moment: datetime | None = real.fget(replace(alert, custody=kept, backup_at=None))
        return moment

    patch.setattr(Alert, "due_at", property(forgets))


def skipped_step(patch: pytest.MonkeyPatch) -> None:
    """The climb leaves one step out."""
    call_from = climbing.call_from

    def too_far(draft: Draft, start: int, why: str) -> None:
        call_from(draft, start + 1 if start else start, why)

    patch.setattr(climbing, "call_from", too_far)


def doubled_alert(patch: pytest.MonkeyPatch) -> None:
    """A second press is a second alarm."""
    patch.setattr(raising, "joined", lambda *_: None)
    patch.setattr(raising, "emergency", lambda kind, _: f"{kind}/{uuid4()}")


def late_accept_refused(patch: pytest.MonkeyPatch) -> None:
    """Only who is being called now may say yes."""
    accept = custody.accept

    def strict(draft: Draft, trigger: Accepted) -> Answer:
        called = {one.contact.id for one in climbing.standing(draft)}
        if trigger.by.id not in called:
            return draft.answer(Verdict.NOT_YOURS)
        return accept(draft, trigger)

    patch.setattr(custody, "accept", strict)


def absent_called(patch: pytest.MonkeyPatch) -> None:
    """Absence and consent are not looked at."""
    patch.setattr(duty.OnDuty, "_why_not", lambda *_: "")


def one_round_only(patch: pytest.MonkeyPatch) -> None:
    """At the end of the ladder it falls silent."""

    def silent(draft: Draft, _: str) -> None:
        draft.alert = replace(draft.alert, next_step_at=draft.now + timedelta(minutes=30))

    patch.setattr(climbing, "_call_new_round", silent)


def sent_twice(patch: pytest.MonkeyPatch) -> None:
    """Every message leaves twice."""
    attempt = deliver.Deliver._attempt

    async def twice(self: Any, row: Any, alert: Any) -> deliver.Attempt:
        await attempt(self, row, alert)
        return await attempt(self, row, alert)

    patch.setattr(deliver.Deliver, "_attempt", twice)


def sleepy_sweep(patch: pytest.MonkeyPatch) -> None:
    """What is due is passed over."""

    async def nothing(*_: Any) -> list[Any]:
        return []

    patch.setattr(Alerts, "claim_due", nothing)


def windows_in_utc(patch: pytest.MonkeyPatch) -> None:
    """The care plan's night is another one than the clock on the wall shows."""
    covers = windows.Window.covers

    def elsewhere(window: windows.Window, at: datetime, _: ZoneInfo, *rest: Any) -> bool:
        return covers(window, at, ZoneInfo("UTC"), *rest)

    patch.setattr(windows.Window, "covers", elsewhere)


def too_eager(patch: pytest.MonkeyPatch) -> None:
    """A minute out of bed is an alarm."""
    patch.setattr(Limits, "wait", property(lambda _: timedelta(minutes=1)))


def copies_count(patch: pytest.MonkeyPatch) -> None:
    """What a gateway delivers twice has happened twice."""

    async def never(*_: Any) -> Likeness:
        return Likeness.NEW

    patch.setattr(recording, "likeness", never)


def smoke_as_agreed(patch: pytest.MonkeyPatch) -> None:
    """Smoke follows whatever was agreed."""
    patch.setattr(ladder, "needs_centre", lambda _: False)


def neighbours_telephone(patch: pytest.MonkeyPatch) -> None:
    """Everybody's messages go to one telephone."""
    build = webhook.build

    def elsewhere(message: Message) -> Call:
        return build(replace(message, address="http://people.rehearsal/people/nachtzorg"))

    patch.setattr(webhook, "build", elsewhere)


def told_by_name(patch: pytest.MonkeyPatch) -> None:
    """The text says who it is about."""
    patch.setattr(deliver, "text_for", lambda *about: f"Anna. {text_for(*about)}")


def in_english(patch: pytest.MonkeyPatch) -> None:
    """The text is in a language that nobody asked for."""
    patch.setattr(deliver, "text_for", lambda *_: "URGENT: fall. Can you go? Open the link.")


def told_twice(patch: pytest.MonkeyPatch) -> None:
    """Whoever need not come any more hears it twice."""
    stand_down = Draft.stand_down

    def twice(draft: Draft, entries: Iterable[Warned], why: str, told: set[UUID]) -> None:
        entries, before = list(entries), set(told)
        stand_down(draft, entries, why, told)
        stand_down(draft, entries, why, before)

    patch.setattr(Draft, "stand_down", twice)


def without_the_centre(patch: pytest.MonkeyPatch) -> None:
    """A ladder is without the care centre, and no new round sounds there either."""
    closed = ladder.closed

    def open_ended(plan: Plan, kind: str) -> Plan:
        steps = closed(plan, kind).steps
        return replace(plan, steps=tuple(one for one in steps if one.level is not CENTRE))

    patch.setattr(engine, "closed", open_ended)
    patch.setattr(climbing, "_ring_centre", lambda *_: None)


PLANTED: tuple[tuple[str, Plant, str], ...] = (
    ("accepted_never_arrived", lost_lease, "asked whether she is still coming"),
    ("caregiver_asleep", skipped_step, "Every step of the ladder is called"),
    ("false_presses", doubled_alert, "One matter is one open alert"),
    ("yes_after_the_climb", late_accept_refused, "has it"),
    ("one_nurse_two_alerts", absent_called, "absent or has not consented"),
    ("nobody_answers", one_round_only, "goes on being called"),
    ("caregiver_asleep", sent_twice, "sent once per attempt"),
    ("caregiver_asleep", sleepy_sweep, "comes to rest"),
    ("clock_change_october", windows_in_utc, "ten past seven is day"),
    ("quiet", too_eager, "ordinary night is an alarm"),
    ("false_presses", copies_count, "repeated alarm.button"),
    ("smoke_at_night", smoke_as_agreed, "whatever was agreed"),
    ("caregiver_asleep", neighbours_telephone, "whoever it was promised to"),
    ("caregiver_asleep", told_by_name, "as the published protocols say"),
    ("caregiver_asleep", in_english, "as the published protocols say"),
    ("yes_after_the_climb", told_twice, "told the same thing twice"),
    ("nobody_answers", without_the_centre, "called within the sum of the waits"),
)


@pytest.mark.parametrize(
    ("name", "plant", "promise"), PLANTED, ids=[one[1].__name__ for one in PLANTED]
)
async def test_a_planted_fault_is_found(
    name: str, plant: Plant, promise: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    account = await rehearse(load(find(name)), database_url)
    assert any(promise in one.promise for one in account.broken), account.broken


LATE_AND_WRONG = """
night: 1
title: A yes after it is over, and a pendant whose clock is ahead
start: 2026-01-12T22:30
for: 1h
people:
  sanne: {answers: 1, comes: 1, after: 50m, off: [{from: "23:00:30", until: "23:40"}]}
  nachtteam: {answers: 1, comes: 1, after: 1s, travel: 10s, visit: 10s}
timeline:
  - {at: "23:00", press: anna}
faults:
  - {clock_off: anna, ahead: 3h}
expect: []
"""


def clocks_believed(patch: pytest.MonkeyPatch) -> None:
    """A device is right about the time, always."""

    async def right(*_: Any) -> bool:
        return False

    patch.setattr(recording, "clock_is_wrong", right)


def nothing_wrong(_: pytest.MonkeyPatch) -> None:
    """The hub as it is."""


@pytest.mark.parametrize(
    ("plant", "promise"),
    [
        (nothing_wrong, ""),
        (clocks_believed, "later than it was heard of"),
    ],
)
async def test_what_comes_late_or_tells_the_wrong_time_changes_nothing(
    plant: Plant, promise: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    file = tmp_path / "late.yaml"
    file.write_text(LATE_AND_WRONG)
    account = await rehearse(load(file), database_url)
    assert [promise] * bool(promise) == [
        promise for one in account.broken[:1] if promise in one.promise
    ], account.broken
    assert any(one.what == "refused" for one in account.happened) or promise
