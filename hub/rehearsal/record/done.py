"""What people did about alerts, read from the journal: through a link, or at a screen."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.rehearsal.record.pseudonyms import Pseudonyms
from hub.store import tables as t
from hub.store.unit_of_work import Store

LINKS = {
    "accepted": "accept", "declined": "decline", "all_well": "all_well", "arrived": "arrive",
    "extended": "extend", "released": "release", "resolved": "resolve",
}  # fmt: skip
PAGES = {
    "claimed": "claim", "accepted": "accept", "arrived": "arrive", "extended": "extend",
    "released": "release", "declined": "decline", "deferred": "defer", "handed_over": "hand-over",
    "taken_over": "take-over", "person_named": "name-person", "forwarded": "forward",
    "all_well": "all-well", "outside": "outside", "resolved": "resolve",
}  # fmt: skip
NO_WORDS = "staat niet in de opname"  # where a reason is needed, and theirs is not ours to keep
CLOCK = timedelta(milliseconds=1)
LONGEST_CALL = timedelta(seconds=15)  # from the call to the line about it


@dataclass(frozen=True, slots=True)
class Account:
    """What is in the tables about the alerts of one recording, oldest first."""

    alerts: Sequence[Any]
    journal: Sequence[Any]
    raised: Sequence[Any]  # by hand: the event, and who did it
    has_login: frozenset[UUID]


@dataclass(slots=True)
class Doings:
    """Tells what people did; `left_out` counts what could not be told, by why."""

    names: Pseudonyms
    begins: datetime
    left_out: Counter[str] = field(default_factory=Counter)

    def tell(self, account: Account) -> Iterator[dict[str, Any]]:
        """Every answer, each at its moment."""
        alerts = {one.id: one for one in account.alerts}
        matters: dict[UUID, list[UUID]] = defaultdict(list)
        for line in account.journal:
            if line.what == "attempt":
                self._called(line, matters)
            elif line.actor_id is not None and line.what in PAGES:
                yield from self._answer(line, alerts[line.alert_id], matters, account.has_login)

    def by_hand(self, account: Account) -> Iterator[dict[str, Any]]:
        """Every alert that somebody raised at a screen."""
        for one in account.raised:
            client = self.names.name("client", one.client_ids[0])
            who = self.names.name("contact", one.contact_id)
            at = self._after(one.received_at)
            yield {"at": at, "who": who, "answer": "raise", "client": client}

    def faults(self, account: Account) -> Iterator[dict[str, Any]]:
        """Every attempt at calling somebody that failed, as a channel that failed just then."""
        before: dict[str, datetime] = {}
        for line in account.journal:
            if line.what != "attempt":
                continue
            who = self.names.name("contact", UUID(line.facts["contact_id"]))
            since = max(before.get(who, self.begins), line.at - LONGEST_CALL)
            before[who] = line.at + CLOCK
            if line.facts["state"] != "sent":
                how = "refuses" if line.facts["state"] == "refused" else "busy"
                span = {"from": self._after(since), "until": self._after(before[who])}
                yield {"who": who, "how": how} | span

    def _called(self, line: Any, matters: dict[UUID, list[UUID]]) -> None:
        facts = line.facts
        if facts["state"] != "sent" or facts["purpose"] != "warn":
            return
        who = UUID(facts["contact_id"])
        if line.alert_id not in matters[who]:
            matters[who].append(line.alert_id)

    def _answer(
        self,
        line: Any,
        alert: Any,
        matters: Mapping[UUID, Sequence[UUID]],
        has_login: frozenset[UUID],
    ) -> Iterator[dict[str, Any]]:
        body = BODIES.get(line.what, _nothing)(line.facts, self.names)
        told: dict[str, Any] = {"at": self._after(line.at), "body": body}
        own, presses = matters.get(line.actor_id, ()), line.entered_by_id or line.actor_id
        by_link = line.entered_by_id is None and line.what in LINKS and line.alert_id in own
        who = self.names.name("contact", presses)
        if by_link:
            yield told | {
                "who": who,
                "answer": LINKS[line.what],
                "matter": own.index(line.alert_id) + 1,
            }
        elif presses in has_login and alert.opened_at >= self.begins:
            yield told | {"who": who, "answer": PAGES[line.what]} | self._about(line, alert)
        else:
            self.left_out["answers about alerts of before, or by who is no longer there"] += 1

    def _about(self, line: Any, alert: Any) -> dict[str, Any]:
        about: dict[str, Any] = {"opened": self._after(alert.opened_at)}
        if alert.client_ids:
            about["client"] = self.names.name("client", alert.client_ids[0])
        if line.entered_by_id is not None:
            about["by"] = self.names.name("contact", line.actor_id)
        return about

    def _after(self, at: datetime) -> float:
        return (at - self.begins).total_seconds()


Body = dict[str, Any]


def _nothing(_: Mapping[str, Any], __: Pseudonyms) -> Body:
    return {}


def _minutes(seconds: float) -> int:
    return min(max(round(seconds / 60), 1), 600)


def _person(said: Mapping[str, Any], names: Pseudonyms) -> str:
    return names.name("contact", UUID(said["id"]))


def _steps(facts: Mapping[str, Any], names: Pseudonyms) -> Body:
    steps = []
    for one in facts["steps"]:
        rung = {"level": one["level"], "wait_minutes": min(_minutes(one["wait"]), 60)}
        if one.get("who"):
            rung["who"] = names.name("contact", UUID(one["who"][0]))
        steps.append(rung)
    return {"steps": steps}


def _taken_over(facts: Mapping[str, Any], names: Pseudonyms) -> Body:
    holder = facts.get("held_by")
    body = {"holding": facts["holding"], "reason": NO_WORDS}
    return body | ({} if holder is None else {"held_by": names.name("contact", UUID(holder))})


BODIES: dict[str, Callable[[Mapping[str, Any], Pseudonyms], Body]] = {
    "accepted": lambda facts, _: (
        {} if facts.get("eta") is None else {"eta_minutes": _minutes(facts["eta"])}
    ),
    "extended": lambda facts, _: {"more_minutes": _minutes(facts["more"])},
    "deferred": lambda facts, _: {"after_minutes": _minutes(facts["after"])},
    "handed_over": lambda facts, names: {
        "to": _person(facts["to"], names),
        "holding": facts["holding"],
    },
    "taken_over": _taken_over,
    "person_named": lambda facts, names: {"person": _person(facts["person"], names)},
    "forwarded": _steps,
    "all_well": lambda facts, _: {"outcome": facts["outcome"]},
    "outside": lambda facts, _: {"service": facts["service"]},
    "resolved": lambda facts, _: {"outcome": facts["outcome"]},
}


async def read_account(
    store: Store, owners: Sequence[UUID], begins: datetime, ends: datetime
) -> Account:
    """Read everything about the alerts on which something happened between two moments."""
    within = t.journal.c.at.between(begins, ends) & t.journal.c.organisation_id.in_(owners)
    lines = sa.select(t.journal).where(within).order_by(t.journal.c.id)
    by_hand = (
        sa.select(t.events.c.received_at, t.events.c.client_ids, t.users.c.contact_id)
        .join(t.access_log, t.access_log.c.alert_id == t.events.c.alert_id)
        .join(t.users, t.users.c.id == t.access_log.c.user_id)
        .where(
            t.access_log.c.action == "alert.raise",
            t.access_log.c.at == t.events.c.received_at,
            t.events.c.kind == "alarm.manual",
            t.events.c.message_id.is_(None),
            t.events.c.received_at.between(begins, ends),
            t.events.c.organisation_id.in_(owners),
        )
        .distinct()
    )
    async with store.transaction() as uow:
        journal = (await uow.db.execute(lines)).all()
        about = {one.alert_id for one in journal}
        found = sa.select(t.alerts).where(t.alerts.c.id.in_(about)).order_by(t.alerts.c.opened_at)
        alerts = (await uow.db.execute(found)).all()
        raised = (await uow.db.execute(by_hand)).all()
        logins = (await uow.db.execute(sa.select(t.users.c.contact_id))).scalars().all()
    return Account(alerts, journal, raised, frozenset(logins))
