"""Draws one played night as one HTML file: no request leaves it, and it reads without JavaScript.

The file holds what a night's journal holds: in a rehearsal nobody in it is real.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.rehearsal import report
from hub.rehearsal.account import Account
from hub.rehearsal.drawing import Bar, Chart, draw
from hub.rehearsal.lanes import ends_at, fault_bar, left_out, one_alert, overview
from hub.rehearsal.promises import Broken
from hub.rehearsal.telling import Event, events, of_alert
from hub.rehearsal.witnesses import Judged, verdicts

HERE = Path(__file__).parent
MOST_OF_A_NIGHT = 0.6  # a fault that lasts longer says nothing by lying across everything
BEFORE, AFTER = timedelta(minutes=1), timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class AlertPart:
    """One alert of the page: its row, drawing and events."""

    number: int
    kind: str
    priority: str
    clients: str
    opened_at: datetime
    resolved_at: datetime | None
    outcome: str
    chart: Chart
    events: Sequence[Event]


def page(account: Account) -> str:
    """The whole file. Every moment in it is local, and every event says how to replay up to it."""
    night, told = account.night, events(account.ledger)
    ends = account.until or night.end
    bands = [fault_bar(one, night) for one in night.faults]
    across = [one for one in bands if _is_short(one, ends - night.start)]
    judged = list(verdicts(account))
    facts = {
        "account": account,
        "night": night,
        "zone": night.zone,
        "ends": ends,
        "drawing": draw(overview(account, told), night.start, ends, night.zone, across),
        "alerts": list(_alerts(account, told)),
        "judged": judged,
        "promises": [one for one in account.broken if not one.line],
        "left_out": left_out(account),
        "witness": _Witness(told),
        "command": f"nachtwacht night check {night.file} --seed {account.seed} --until ",
        "seeds": f"nachtwacht night check {night.file} --seeds 100",
    }
    return _environment().get_template("night.html.jinja").render(**facts)


def until(at: datetime, start: datetime) -> str:
    """A moment as `--until` wants it: what happened at it is played too."""
    seconds = int((at - start).total_seconds()) + 1
    hours, rest = divmod(seconds, 3600)
    return f"+{hours}h{rest // 60}m{rest % 60}s"


class _Witness:
    """Finds the event that shows why something was judged as it was."""

    def __init__(self, told: Sequence[Event]) -> None:
        self.told = told

    def __call__(self, one: Judged | Broken) -> str:
        """The id of the last event up to that moment; empty where nothing had happened yet."""
        if isinstance(one, Judged):
            at = one.broken.at if one.broken is not None else _shown_at(one)
            alert = one.shown_by[0].alert if one.shown_by else 0
        else:
            at, alert = one.at, 0
        if at is None:
            return ""
        before = [each for each in self.told if each.at <= at and alert in (0, each.alert)]
        exact = [each for each in before if each.at == at]
        return (exact[0] if exact else before[-1]).id if before else ""


def _shown_at(one: Judged) -> datetime | None:
    return one.shown_by[0].at if one.shown_by else None


def _is_short(one: Bar, whole: timedelta) -> bool:
    return (one.ends - one.begins) / whole < MOST_OF_A_NIGHT


def _alerts(account: Account, told: Sequence[Event]) -> Iterator[AlertPart]:
    night = account.night
    for alert, number in account.ledger.numbers.items():
        row = account.ledger.alerts[alert]
        begins, ends = row.opened_at - BEFORE, ends_at(account, row) + AFTER
        lanes = one_alert(account, told, alert)
        bands = [fault_bar(one, night) for one in night.faults]
        across = [one for one in bands if _is_short(one, night.end - night.start)]
        yield AlertPart(
            number=number,
            kind=row.kind,
            priority=row.priority,
            clients=", ".join(account.ledger.clients.get(one, "?") for one in row.client_ids),
            opened_at=row.opened_at,
            resolved_at=row.resolved_at,
            outcome=row.outcome or "",
            chart=draw(lanes, begins, ends, night.zone, across),
            events=of_alert(told, number),
        )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"clock": _clock, "until": until, "lasting": _lasting}
    environment.globals |= {"replay": report.replay}
    return environment


def _clock(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    again = " again" if local.fold else ""
    return f"{local:%H:%M:%S}{again}"


def _lasting(lasts: Any) -> str:
    seconds = round(lasts.total_seconds())
    hours, rest = divmod(seconds, 3600)
    parts = [f"{hours} h" if hours else "", f"{rest // 60} min" if rest >= 60 else ""]
    if not hours and rest % 60:
        parts.append(f"{rest % 60} s")
    return " ".join(one for one in parts if one) or "0 s"
