"""What must hold after every step of every night, whatever the night is about.

Each promise looks with its own eyes: it uses none of the engine's rules, so that a broken rule
cannot hide behind itself.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hub.rehearsal.ledger import DESK, Ledger, Look
from hub.rehearsal.telling import FREED

# No lease, wait or reminder may be longer than this, whatever was agreed.
LONGEST = {
    "P1": timedelta(minutes=60),
    "P2": timedelta(minutes=110),
    "P3": timedelta(hours=12),
    "T": timedelta(days=8),
}
AHEAD = timedelta(minutes=2)  # of a clock that may be believed
DESKS = (DESK, "technical_desk")  # there it sounds, or stands on a list: nobody is called
NOT_ALLOWED_WHEN_FREE = ("not_yours", "not_allowed", "already_resolved")


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise or expectation that did not hold: when, which, and what was seen."""

    at: datetime
    promise: str
    what: str
    line: int = 0


@dataclass(slots=True)
class Watch:
    """Looks after every step. `up_since` is when the hub last came up: it can only ring then.

    `late` is what the machine may take over a climb, on a stage whose clock runs.
    """

    ledger: Ledger
    up_since: datetime
    late: timedelta = timedelta()
    attempts: Counter[UUID] = field(default_factory=Counter)
    taken: set[UUID] = field(default_factory=set)
    steps: dict[UUID, set[int]] = field(default_factory=lambda: defaultdict(set))
    centre: dict[UUID, datetime] = field(default_factory=dict)  # when it was last called
    touched: dict[UUID, datetime] = field(default_factory=dict)  # when a person last acted
    began: dict[UUID, datetime] = field(default_factory=dict)  # when the present ladder began

    def judge(self, seen: Look) -> Iterator[Broken]:
        """Every promise that this step broke."""
        for line in seen.lines:
            self._remember(line)
        for promise in PROMISES:
            for what in promise(self, seen):
                yield Broken(seen.at, (promise.__doc__ or "").rstrip("."), what)

    def name(self, alert: Any) -> str:
        """An alert, for people to read."""
        clients = ", ".join(
            sorted(self.ledger.clients.get(one, str(one)) for one in alert.client_ids)
        )
        return f"{alert.kind} of {clients or 'nobody known'} ({alert.priority})"

    def _remember(self, line: Any) -> None:
        if line.what in ("warn", "ring") and self._at_centre(line):
            self.centre[line.alert_id] = line.at
        is_free_again = line.facts.get("what") in FREED  # whoever had it, nobody else was called
        if line.actor_id is not None or line.what == "withdrawn" or is_free_again:
            self.touched[line.alert_id] = line.at
        if line.what in ("opened", "raised"):
            self.began[line.alert_id] = line.at
            self.steps[line.alert_id] = set()
        if line.what in ("warn", "skip"):
            self.steps[line.alert_id].add(int(line.facts["step"]))

    def _at_centre(self, line: Any) -> bool:
        if line.what == "ring":
            return True
        contact = self.ledger.people.get(UUID(line.facts["contact_id"]))
        return contact is not None and contact.level == DESK


def always_a_moment(_: Watch, seen: Look) -> Iterator[str]:
    """Every unresolved alert has its next moment, and nothing is left behind."""
    for one in seen.alerts.values():
        if one.resolved_at is None and one.due_at is None:
            yield f"alert {one.id} has no next moment"
        elif one.resolved_at is None and one.due_at <= seen.at and one.stuck_at is None:
            yield f"{one.kind} was due at {one.due_at:%H:%M:%S} UTC and nobody did anything"


def nothing_forgotten(watch: Watch, seen: Look) -> Iterator[str]:
    """No lease, wait or reminder lasts so long that an alert is forgotten."""
    for one in seen.alerts.values():
        longest = LONGEST.get(one.priority, LONGEST["T"])
        if one.resolved_at is None and one.due_at is not None and one.due_at - seen.at > longest:
            yield f"{watch.name(one)} looks again only after {one.due_at - seen.at}"


def one_matter_one_alert(watch: Watch, seen: Look) -> Iterator[str]:
    """One matter is one open alert."""
    still_open = [one for one in seen.alerts.values() if one.resolved_at is None]
    for column in ("emergency", "kind"):
        matters = Counter((one.subject_id, getattr(one, column)) for one in still_open)
        for one in still_open:
            many = matters[one.subject_id, getattr(one, column)]
            if many > 1:
                yield f"{watch.name(one)} is open {many} times"


def resolved_stays(watch: Watch, seen: Look) -> Iterator[str]:
    """A resolved alert never changes."""
    for key, before in seen.before.items():
        if before.resolved_at is not None and seen.alerts.get(key) != before:
            yield f"{watch.name(before)} was resolved and has changed"


def alerts_stay(watch: Watch, seen: Look) -> Iterator[str]:
    """An alert never disappears."""
    for key in seen.before.keys() - seen.alerts.keys():
        yield f"{watch.name(seen.before[key])} is gone"


def centre_within_the_waits(watch: Watch, seen: Look) -> Iterator[str]:
    """With nobody answering, the care centre is called within the sum of the waits below it."""
    for one in seen.alerts.values():
        began = watch.began.get(one.id)
        if not _is_waiting(one) or began is None or watch.touched.get(one.id, began) > began:
            continue
        by = max(began, watch.up_since) + _waits(one, until_centre=True)
        if seen.at >= by + watch.late and watch.centre.get(one.id, began - _waits(one)) < began:
            yield f"{watch.name(one)} should have reached the care centre at {by:%H:%M:%S} UTC"


def centre_again(watch: Watch, seen: Look) -> Iterator[str]:
    """With nobody answering, the care centre goes on being called."""
    for one in seen.alerts.values():
        last = watch.centre.get(one.id)
        if last is None or not _is_waiting(one):
            continue
        since = max(last, watch.up_since, watch.touched.get(one.id, last))
        if seen.at - since > _waits(one) + timedelta(minutes=1):
            yield f"{watch.name(one)} has not rung there since {last:%H:%M:%S} UTC"


def _is_waiting(alert: Any) -> bool:
    state = alert.state
    has_it = state["custody"] or state["watch"] or state.get("forward")
    return alert.lane == "alarm" and alert.resolved_at is None and not has_it


def _waits(alert: Any, *, until_centre: bool = False) -> timedelta:
    total = 0.0
    for step in alert.state["plan"]["steps"]:
        if until_centre and DESK in (step["level"], *step.get("beside", ())):
            break
        total += step["wait"]
    return timedelta(seconds=total)


def no_step_skipped(watch: Watch, seen: Look) -> Iterator[str]:
    """Every step of the ladder is called, or skipped with a reason in the journal."""
    for one in seen.alerts.values():
        if one.id in watch.touched or one.id not in watch.began:
            continue
        rungs = one.state["plan"]["steps"][: one.state["step"] + 1]
        at_desks = {number for number, rung in enumerate(rungs) if rung["level"] in DESKS}
        for number in sorted(set(range(len(rungs))) - at_desks - watch.steps[one.id]):
            yield f"{watch.name(one)} never called step {number + 1}: {rungs[number]['level']}"


def no_call_to_the_absent(watch: Watch, seen: Look) -> Iterator[str]:
    """Nobody is called who is absent or has not consented."""
    for line in seen.lines:
        if line.what != "warn":
            continue
        who = watch.ledger.people.get(UUID(line.facts["contact_id"]))
        about = {watch.ledger.clients.get(one) for one in seen.alerts[line.alert_id].client_ids}
        clients = [one for one in watch.ledger.night.clients if one.name in about]
        said = [yes for one in clients for name, yes in one.caregivers if who and name == who.name]
        if who is not None and (who.absent or (said and not any(said))):
            yield f"{who.name} was called about {watch.name(seen.alerts[line.alert_id])}"


def sent_once(watch: Watch, seen: Look) -> Iterator[str]:
    """A message is sent once per attempt, and not again once it was taken."""
    for one in seen.sent:
        watch.attempts[one.key] += 1
        row = seen.outbox.get(one.key)
        if one.key in watch.taken:
            yield f"{one.who} was sent the same {one.purpose} again after taking it"
        elif row is None:
            yield f"{one.who} was sent a {one.purpose} that was never promised"
        elif watch.attempts[one.key] > row.attempts:
            yield f"{one.who} was sent {watch.attempts[one.key]} copies in {row.attempts} attempts"
        if 200 <= one.status < 300:
            watch.taken.add(one.key)


def the_right_telephone(watch: Watch, seen: Look) -> Iterator[str]:
    """A message reaches the telephone of whoever it was promised to."""
    for one in seen.sent:
        row = seen.outbox.get(one.key)
        meant = None if row is None else watch.ledger.people.get(row.contact_id)
        if meant is not None and meant.name != one.who:
            yield f"{one.who} was sent the {one.purpose} that was for {meant.name}"


def told_once(watch: Watch, seen: Look) -> Iterator[str]:
    """Nobody is told the same thing twice at one moment."""
    told: set[tuple[object, ...]] = set()
    for line in seen.lines:
        if line.what not in ("stand_down", "tell"):
            continue
        said = (line.alert_id, line.what, line.at, *sorted(map(str, line.facts.items())))
        if said in told:
            who, about = watch.ledger.name(line.facts["contact_id"]), seen.alerts[line.alert_id]
            yield f"{who} had a {line.what} twice of {watch.name(about)}"
        told.add(said)


def never_ahead(watch: Watch, seen: Look) -> Iterator[str]:
    """Nothing happened later than it was heard of, whatever a device's clock says."""
    for line in seen.lines:
        if line.what != "opened" or not line.facts.get("occurred_at"):
            continue
        occurred_at = datetime.fromisoformat(line.facts["occurred_at"])
        if occurred_at > line.at + AHEAD:
            yield f"{watch.name(seen.alerts[line.alert_id])} is to have happened at {occurred_at}"


def a_yes_counts(watch: Watch, seen: Look) -> Iterator[str]:
    """Whoever was ever warned and says yes while nobody has it, has it."""
    for line in seen.lines:
        before = seen.before.get(line.alert_id)
        if line.what != "accepted" or before is None or not _is_free(before):
            continue
        warned = {one["contact"]["id"] for one in before.state["warned"]}
        refused = line.facts["verdict"] in NOT_ALLOWED_WHEN_FREE
        if refused and str(line.actor_id) in warned:
            who = watch.ledger.name(line.actor_id)
            yield f"{who} said yes to {watch.name(before)} and was told {line.facts['verdict']}"


def _is_free(alert: Any) -> bool:
    return alert.resolved_at is None and not alert.state["custody"]


PROMISES: tuple[Callable[[Watch, Look], Iterator[str]], ...] = (
    always_a_moment,
    nothing_forgotten,
    one_matter_one_alert,
    resolved_stays,
    alerts_stay,
    centre_within_the_waits,
    centre_again,
    no_step_skipped,
    no_call_to_the_absent,
    sent_once,
    the_right_telephone,
    told_once,
    never_ahead,
    a_yes_counts,
)
