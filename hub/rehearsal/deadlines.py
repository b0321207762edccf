"""Remembers every deadline that stood in a night: next steps, leases, the watch, the backup."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment the hub kept: set at `since`, meant for `until`, gone at `ended`.

    `ended` is None while it stands. `who` is the contact it is about, None for a step.
    """

    alert_id: UUID
    what: str
    who: UUID | None
    since: datetime
    until: datetime
    ended: datetime | None = None


@dataclass(slots=True)
class Deadlines:
    """Tells deadlines apart by alert, sort and person; a moved one is another one."""

    standing: dict[tuple[UUID, str, UUID | None], Deadline] = field(default_factory=dict)
    over: list[Deadline] = field(default_factory=list)

    def look(self, now: datetime, alerts: Mapping[UUID, Any]) -> None:
        """Hold what stood before against what stands in these rows now."""
        found = {(one.alert_id, one.what, one.who): one for one in _of(alerts, now)}
        for key, was in list(self.standing.items()):
            present = found.get(key)
            if present is None or present.until != was.until:
                self.over.append(replace(was, ended=now))
                del self.standing[key]
        for key, one in found.items():
            self.standing.setdefault(key, one)

    def all(self) -> list[Deadline]:
        """Every deadline there was, in the order in which they were set."""
        return sorted([*self.over, *self.standing.values()], key=lambda one: one.since)


def _of(alerts: Mapping[UUID, Any], now: datetime) -> Iterator[Deadline]:
    for row in alerts.values():
        if row.resolved_at is not None:
            continue
        for what, who, until in _moments(row.state):
            if until is not None:
                about = None if who is None else UUID(who)
                yield Deadline(row.id, what, about, now, datetime.fromisoformat(until))


def _moments(state: Mapping[str, Any]) -> Iterator[tuple[str, str | None, str | None]]:
    yield "next step", None, state.get("next_step_at")
    yield "backup", None, state.get("backup_at")
    if (watch := state.get("watch")) is not None:
        yield "watch", watch["by"], watch["until"]
    for one in state.get("custody") or ():
        yield one["phase"], one["by"], one["until"]
