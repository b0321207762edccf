"""What can be seen of a night from outside the hub: its tables, and what reached people."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.rehearsal.deadlines import Deadlines
from hub.rehearsal.region import known
from hub.rehearsal.stage import Sent
from hub.store import tables as t
from hub.store.unit_of_work import Store, UnitOfWork
from simulators.night import Night, Somebody

DESK = "care_centre"
ANSWERED_BY_PEOPLE = {
    "accepted": "accepted", "declined": "declined", "arrived": "arrived", "claimed": "claimed",
    "all_well": "all_well", "forwarded": "forwarded",
}  # fmt: skip
ABOUT_THE_MATTER = {"opened": "opened", "repeated": "repeated", "withdrawn": "withdrawn"}
COUNTS = ("done", "no_change")
REACHED = {"warn": "called", "stand_down": "stood_down", "tell": "told"}
ASKS = ("still_coming", "who_goes", "are_you_safe")


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened. `who` is a person, a kind or an outcome, as `what` asks.

    `alert` numbers the alerts of a night from 1, in the order in which they were opened.
    """

    at: datetime
    what: str
    who: str
    level: str = ""
    clients: tuple[str, ...] = ()
    kind: str = ""
    priority: str = ""
    detail: str = ""
    alert: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What had changed when somebody looked: alerts before and now, new lines, new calls."""

    at: datetime
    before: Mapping[UUID, Any]
    alerts: Mapping[UUID, Any]
    lines: Sequence[Any]
    sent: Sequence[Sent]
    outbox: Mapping[UUID, Any]


@dataclass(slots=True)
class Ledger:
    """Remembers everything seen so far; `look` is called after every step of the night."""

    store: Store
    night: Night
    lines: list[Any] = field(default_factory=list)
    happened: list[Happened] = field(default_factory=list)
    alerts: Mapping[UUID, Any] = field(default_factory=dict)
    written: Mapping[UUID, str] = field(default_factory=dict)  # by which transaction
    last: int = 0
    called: int = 0  # how many of the stage's calls were looked at
    people: dict[UUID, Somebody] = field(default_factory=dict)
    clients: dict[UUID, str] = field(default_factory=dict)
    levels: dict[str, str] = field(default_factory=dict)  # by name
    numbers: dict[UUID, int] = field(default_factory=dict)  # of the alerts, as they were opened
    deadlines: Deadlines = field(default_factory=Deadlines)

    def __post_init__(self) -> None:
        self.people = {known("contact", one.name): one for one in self.night.people}
        self.levels = {one.name: one.level for one in self.night.people}
        self.clients = {known("client", one.name): one.name for one in self.night.clients}

    async def look(self, now: datetime, sent: Sequence[Sent]) -> Look:
        """Read what is new; the step that led here is over."""
        fresh = sent[self.called :]
        self.called = len(sent)
        async with self.store.transaction() as uow:
            alerts = await self._alerts(uow)
            new = sa.select(t.journal).where(t.journal.c.id > self.last).order_by(t.journal.c.id)
            lines = (await uow.db.execute(new)).all()
            tried = sa.select(t.outbox).where(t.outbox.c.id.in_({one.key for one in fresh}))
            outbox = {row.id: row for row in await uow.db.execute(tried)}
        seen = Look(now, self.alerts, alerts, lines, fresh, outbox)
        self.alerts = alerts
        self.lines += lines
        self.last = lines[-1].id if lines else self.last
        self.deadlines.look(now, alerts)
        self.happened += sorted(self._new(seen), key=lambda one: one.at)
        return seen

    async def _alerts(self, uow: UnitOfWork) -> Mapping[UUID, Any]:
        """Every alert as it is now; only those that somebody wrote are read again."""
        by = sa.literal_column("xmin::text", sa.Text).label("by")
        found = await uow.db.execute(sa.select(t.alerts.c.id, by))
        written: dict[UUID, str] = {row.id: row.by for row in found}
        again = [one for one, last in written.items() if self.written.get(one) != last]
        rows = await uow.db.execute(sa.select(t.alerts).where(t.alerts.c.id.in_(again)))
        fresh = {row.id: row for row in rows}
        self.written = written
        return {one: fresh[one] if one in fresh else self.alerts[one] for one in written}

    def account(self) -> str:
        """The whole journal as text, without what a database counts by itself."""
        return "".join(f"{self._line(one)}\n" for one in self.lines)

    def _line(self, line: Any) -> str:
        actors = f"{line.actor_id or '-'} {line.entered_by_id or '-'}"
        facts = ", ".join(f"{key}={line.facts[key]!r}" for key in sorted(line.facts))
        return f"{line.at.isoformat()} {line.alert_id} {line.what} {actors} {facts}"

    def name(self, contact_id: UUID | str | None) -> str:
        """The name of a contact, or the id where nobody in the night has it."""
        if contact_id is None:
            return ""
        found = self.people.get(UUID(str(contact_id)))
        return str(contact_id) if found is None else found.name

    def _new(self, seen: Look) -> Iterator[Happened]:
        for line in seen.lines:
            yield from self._told(line)
        for one in seen.sent:
            row = seen.outbox.get(one.key)
            if row is not None and 200 <= one.status < 300:
                asks = row.why in ASKS
                what = "asked" if asks else REACHED.get(one.purpose, one.purpose)
                yield self._of(row.alert_id, one.at, what, one.who, row.why)
        for row in seen.alerts.values():
            was = seen.before.get(row.id)
            if row.resolved_at is not None and (was is None or was.resolved_at is None):
                yield self._of(row.id, row.resolved_at, "resolved", row.outcome)

    def _told(self, line: Any) -> Iterator[Happened]:
        facts, what = line.facts, line.what
        if what in ABOUT_THE_MATTER:
            yield self._of(line.alert_id, line.at, what, facts["kind"])
        elif what in ANSWERED_BY_PEOPLE:
            counted = facts["verdict"] in COUNTS
            said = ANSWERED_BY_PEOPLE[what] if counted else "refused"
            yield self._of(line.alert_id, line.at, said, self.name(line.actor_id), facts["verdict"])
        elif what == "skip":
            for one in facts["skipped"]:
                who, reason = self.name(one["contact_id"]), one["reason"]
                yield self._of(line.alert_id, line.at, "skipped", who, reason)
        elif what == "warn" and not self._has_telephone(facts["contact_id"]):
            who, why = self.name(facts["contact_id"]), facts["why"]
            yield self._of(line.alert_id, line.at, "called", who, why)
        elif what == "ring":
            yield self._of(line.alert_id, line.at, "called", DESK, facts["why"])

    def _has_telephone(self, contact_id: str) -> bool:
        found = self.people.get(UUID(contact_id))
        return found is not None and found.has_telephone

    def _of(self, alert_id: UUID, at: datetime, what: str, who: str, detail: str = "") -> Happened:
        alert = self.alerts[alert_id]
        return Happened(
            at=at,
            what=what,
            who=who,
            level=DESK if who == DESK else self.levels.get(who, ""),
            clients=tuple(sorted(self.clients.get(one, str(one)) for one in alert.client_ids)),
            kind=alert.kind,
            priority=alert.priority,
            detail=detail,
            alert=self.numbers.setdefault(alert_id, len(self.numbers) + 1),
        )
