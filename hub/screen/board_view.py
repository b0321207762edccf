"""The board as a template shows it: rows in their zones, words instead of codes.

Nothing here depends on who looks or on the second it is: one rendering serves everybody of one
organisation, and two renderings differ only when something happened.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from escalation.model import Alert, Phase, Priority
from hub.access.sharing import Part
from hub.screen.countdown import Countdown, countdown
from hub.screen.ladder import Node, nodes, relation_of, window
from hub.store.board import Board, Counts, Row
from hub.store.names import Client, Names
from hub.words.kinds import KINDS, MARKS, MODES, OUTCOMES, PRIORITIES, ROOMS, word
from hub.words.texts import text
from hub.words.times import clock, seconds_clock

STANDING = MODES.keys() - {"test"}  # a mark of that name is what a message says of itself


@dataclass(frozen=True, slots=True)
class Chip:
    """Shape, word and colour of a priority."""

    css: str
    word: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has it: `contact_id` lets a screen say "jij"; `icon` is headset, car or house."""

    contact_id: UUID
    name: str
    initials: str
    state: str
    icon: str


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of the board."""

    id: UUID
    chip: Chip
    who: str
    place: str
    what: str
    detail: str
    opened_at: datetime
    opened: str
    hot: bool
    claimed: bool
    stuck: bool
    nodes: Sequence[Node]
    countdown: Countdown
    owner: Owner | None
    resolved: str = ""
    outcome: str = ""
    modes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class BoardView:
    """One tab of the board."""

    to_do: Sequence[RowView]
    in_hand: Sequence[RowView]
    beyond: Sequence[RowView]
    done: Sequence[RowView]
    counts: Counts
    hidden: int


def board_view(board: Board, local: ZoneInfo, now: datetime, total: int | None = None) -> BoardView:
    """Put the rows of a board in their zones. `total` is how many are open in all."""
    shared = Counter(_place_of(row) for row in board.rows)
    rows = [
        row_view(row, board.names, local, now, shared[_place_of(row)] - 1) for row in board.rows
    ]
    counts = board.counts
    everything = counts.alarm_claimed + counts.alarm_unclaimed if total is None else total
    return BoardView(
        to_do=[row for row in rows if not row.claimed],
        in_hand=[row for row in rows if row.claimed],
        beyond=[row_view(row, board.names, local, now) for row in board.beyond],
        done=[row_view(row, board.names, local, now) for row in board.resolved],
        counts=counts,
        hidden=max(everything - len(board.rows) - len(board.beyond), 0),
    )


def _place_of(row: Row) -> Any:
    """What rows of one home have in common; two devices nobody knows have nothing."""
    return row.home_id or row.client_ids or row.id


def row_view(row: Row, names: Names, local: ZoneInfo, now: datetime, others: int = 0) -> RowView:
    """Describe one alert; one that cannot be read is described from its columns."""
    alert = row.alert
    owner = owner_of(alert, names) if alert is not None else None
    claimed = owner is not None
    stuck = row.stuck_at is not None or alert is None
    return RowView(
        id=row.id,
        chip=chip(row.priority),
        who=who(row, names, now),
        place=_place(row, others),
        what=what(row),
        detail=detail(row, local) if not stuck else text("stuck"),
        opened_at=row.opened_at,
        opened=clock(row.opened_at, local),
        hot=row.priority is Priority.P1 and not claimed and row.resolved_at is None,
        claimed=claimed,
        stuck=stuck,
        nodes=window(nodes(alert, names)) if alert is not None else (),
        countdown=_countdown(row, names, local, now),
        owner=owner,
        resolved=clock(row.resolved_at, local) if row.resolved_at is not None else "",
        outcome=word(OUTCOMES, row.outcome).lower() if row.outcome is not None else "",
        modes=[] if alert is None else [word(MODES, one) for one in alert.marks if one in STANDING],
    )


def _countdown(row: Row, names: Names, local: ZoneInfo, now: datetime) -> Countdown:
    if row.alert is None or row.resolved_at is not None:
        return Countdown(None, timedelta(0), "")
    return countdown(row.alert, names, local, now)


def chip(priority: Priority) -> Chip:
    """Give the chip of a priority."""
    css = {"P1": "p1", "P2": "p2", "P3": "p3"}.get(priority.value, "pt")
    return Chip(css, PRIORITIES[priority.value])


def who(row: Row, names: Names, now: datetime) -> str:
    """Name the client or clients with their age; an alarm nobody owns says so."""
    known = [names.clients[one] for one in row.client_ids if one in names.clients]
    if not known:
        return text("unknown_client")
    return " en ".join(client_name(one, now) for one in known)


def client_name(client: Client, now: datetime) -> str:
    """Write a client's name and age; a dash where the age is not shared."""
    if Part.BIRTH_DATE in client.withheld:
        return f"{client.name} ({text('age_not_shared')})"
    if client.birth_date is None:
        return client.name
    return f"{client.name} ({_age(client.birth_date, now.date())})"


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _place(row: Row, others: int) -> str:
    place = row.place or row.street
    if not row.client_ids and row.gateway:
        place = text("unknown_place", gateway=row.gateway)
    more = text("one_more") if others == 1 else text("more", count=others) if others > 1 else ""
    return " · ".join(one for one in (place, more) if one)


def what(row: Row) -> str:
    """Say what happened in a few words: the kind, and the room."""
    room = word(ROOMS, row.room) if row.room else ""
    said = word(KINDS, row.kind)
    return f"{said}, {room}" if room and room not in said.lower() else said


def detail(row: Row, local: ZoneInfo) -> str:
    """Say by what, when, and what is odd about it."""
    alert = row.alert
    happened = row.happened_at or row.opened_at
    parts = [row.device.lower(), seconds_clock(happened, local)]
    parts += marks(alert, local) if alert is not None else []
    return " · ".join(one for one in parts if one)


def marks(alert: Alert, local: ZoneInfo) -> list[str]:
    """List what is odd about an alert: late, repeated, withdrawn, its own marks."""
    found = [text("late_mark")] if alert.late else []
    if alert.withdrawn_at is not None:
        found.append(text("withdrawn_mark", moment=clock(alert.withdrawn_at, local)))
    found += [text("repeats_mark", count=alert.repeats)] if alert.repeats else []
    told = {"late", "withdrawn", *STANDING}  # said above, with more, or in red
    return found + [word(MARKS, mark) for mark in alert.marks if mark not in told]


def owner_of(alert: Alert, names: Names) -> Owner | None:
    """Say who has an alert: who stands there, else who comes, else who watches it."""
    if alert.custody:
        best = min(alert.custody, key=lambda one: one.phase is not Phase.ON_SITE)
        on_site = best.phase is Phase.ON_SITE
        state = text("state_on_site" if on_site else "state_coming")
        return _owner(best.by, names, alert, state, "house" if on_site else "car")
    if alert.watch is not None:
        return _owner(alert.watch.by, names, alert, text("state_claimed"), "headset")
    return None


def _owner(contact_id: UUID, names: Names, alert: Alert, state: str, icon: str) -> Owner:
    known = names.contacts.get(contact_id)
    name = known.name if known is not None else "onbekend"
    relation = relation_of(contact_id, names.relations, alert.client_ids)
    shown = f"{name}, {relation}" if relation else name
    return Owner(contact_id, shown, initials(name), state, icon)


def initials(name: str) -> str:
    """Give the first and last capital of a name."""
    words = [part for part in name.replace(".", ". ").split() if part[0].isalpha()]
    capitals = [part[0].upper() for part in words if part[0].isupper()] or ["?"]
    return capitals[0] + (capitals[-1] if len(capitals) > 1 else "")
