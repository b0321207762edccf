"""Turns a played night into lanes: what happened, alerts, people, channels, gateways, devices."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from hub.rehearsal.account import Account
from hub.rehearsal.deadlines import Deadline
from hub.rehearsal.drawing import Bar, Lane, Mark
from hub.rehearsal.stage import Heard, Posted
from hub.rehearsal.telling import Event, of_alert, states
from simulators.night import Fault, Night, Span

MOST_DEVICES = 60
LONGEST_TOLD = 160  # letters of a payload
HELD = ("coming", "on_site", "watch")
DESK = "desk screens"


def overview(account: Account, told: Sequence[Event]) -> list[Lane]:
    """Every lane of the whole night."""
    night = account.night
    faults = sorted(night.faults, key=lambda each: each.during.begins or night.start)
    happens = [
        Lane("timeline", marks=[_scene(one) for one in night.timeline]),
        *(Lane(_fault_name(one), bars=[fault_bar(one, night)]) for one in faults),
    ]
    return [
        *_group("What happens", happens),
        *_group("Alerts", _alerts(account, told)),
        *_group("People", people(account, told)),
        *_group("Channels", channels(told)),
        *_group("Receivers", receivers(account, account.posted)),
        *_group("Gateways", _gateways(account.heard)),
        *_group("Devices", _devices(account.heard)),
    ]


def _group(name: str, lanes: Iterable[Lane]) -> Iterator[Lane]:
    """Lanes under a heading; nothing where none of them has anything on it."""
    filled = [one for one in lanes if one.marks or one.bars]
    if filled:
        yield Lane(name, heading=True)
        yield from filled


def one_alert(account: Account, told: Sequence[Event], alert: UUID) -> list[Lane]:
    """The lanes of one alert: its ladder, its deadlines, and who had to do with it."""
    number = account.ledger.numbers[alert]
    own = of_alert(told, number)
    kept = [one for one in account.ledger.deadlines.all() if one.alert_id == alert]
    posted = [one for one in account.posted if one.alert == alert]
    by_sort: defaultdict[str, list[Bar]] = defaultdict(list)
    for one in kept:
        by_sort[_deadline_name(one, account)] += _deadline(one, account)
    return [
        Lane("ladder", bars=_ladder(account, own, alert), marks=_of_the_matter(own)),
        *_group("Deadlines", (Lane(name, bars=bars) for name, bars in by_sort.items())),
        *_group("People and channels", [*people(account, own, deadlines=kept), *channels(own)]),
        *_group("Receivers", receivers(account, posted)),
    ]


def ends_at(account: Account, alert: Any) -> datetime:
    """When an alert was resolved, or the end of what was played."""
    resolved: datetime | None = alert.resolved_at
    return resolved or account.until or account.night.end


def fault_bar(one: Fault, night: Night) -> Bar:
    """A fault from its beginning until its end; one without a length lasts a moment."""
    begins = one.during.begins or night.start
    ends = one.during.ends or (
        begins + timedelta(seconds=30) if one.what == "hub_killed" else night.end
    )
    said = ", ".join(f"{key} {value}" for key, value in one.said.items())
    name = _fault_name(one)
    return Bar(begins, ends, "fault", f"{name} ({said})" if said else name, name)


def people(
    account: Account, told: Sequence[Event], deadlines: Sequence[Deadline] | None = None
) -> Iterator[Lane]:
    """A lane for everybody who had to do with it, or whose telephone was off."""
    ledger = account.ledger
    kept = ledger.deadlines.all() if deadlines is None else deadlines
    for contact, one in ledger.people.items():
        own = [each for each in told if each.who == one.name and each.what != "attempt"]
        marks = [_mark(each) for each in own]
        bars = [
            Bar(each.since, each.ended or account.night.end, each.what, f"{one.name}: {each.what}")
            for each in kept
            if each.who == contact and each.what in HELD
        ]
        off = [_off(span, account.night, one.name) for span in one.off] if deadlines is None else []
        if marks or bars or off:
            yield Lane(f"{one.name} ({one.level})", marks, [*off, *bars])


def channels(told: Sequence[Event]) -> Iterator[Lane]:
    """A lane per way that messages left by, and one for the desk's screens."""
    by_way: defaultdict[str, list[Mark]] = defaultdict(list)
    for one in told:
        if one.what == "attempt":
            by_way[str(one.facts["way"])].append(_mark(one))
        elif one.what == "ring":
            by_way[DESK].append(_mark(one))
    for way in sorted(by_way):
        yield Lane(way, by_way[way])


def receivers(account: Account, posted: Sequence[Posted]) -> Iterator[Lane]:
    """A lane per organisation whose software hears of alerts: every event that was sent to it."""
    number = account.ledger.numbers
    for name in account.night.receivers:
        own = [_event_told(one, number[one.alert]) for one in posted if one.who == name]
        yield Lane(name, own)


def _event_told(one: Posted, alert: int) -> Mark:
    answer = f"answered {one.status}" if one.status else "no answer"
    again = ", a copy" if one.is_copy else ""
    look = "sent" if 200 <= one.status < 300 else "failed"
    return Mark(one.at, look, f"event {one.what}{again}: {answer} (alert {alert})")


def left_out(account: Account) -> int:
    """How many devices have no lane, as there would be too many."""
    return max(0, len({_device(one) for one in account.heard}) - MOST_DEVICES)


def _alerts(account: Account, told: Sequence[Event]) -> Iterator[Lane]:
    for alert, number in account.ledger.numbers.items():
        row = account.ledger.alerts[alert]
        own = of_alert(told, number)
        clients = ", ".join(account.ledger.clients.get(one, "?") for one in row.client_ids)
        kind = row.kind.partition(".")[2] or row.kind
        name = f"{number} {row.priority} {kind} {clients}"
        bars = [replace(one, text="") for one in _ladder(account, own, alert)]
        marks = [_mark(one) for one in own if one.what in MATTER[:5]]
        yield Lane(name, marks, bars, to=f"alert-{number}")


def _ladder(account: Account, own: Sequence[Event], alert: UUID) -> list[Bar]:
    stood = list(states(own))
    ends = ends_at(account, account.ledger.alerts[alert])
    last = [(one, ends) for one in stood[-1:]]
    return [
        Bar(one.at, until, one.look, one.text, one.text)
        for one, until in [*((one, later.at) for one, later in pairwise(stood)), *last]
        if until > one.at
    ]


MATTER = ("opened", "repeated", "raised", "withdrawn", "resolved", "skip", "due", "note")


def _of_the_matter(own: Sequence[Event]) -> list[Mark]:
    return [_mark(one) for one in own if one.what in MATTER]


def _mark(one: Event) -> Mark:
    who = f" {one.who}" if one.who else ""
    return Mark(one.at, one.look, f"{one.what}{who}: {one.line} (alert {one.alert})", one.id)


def _scene(one: Any) -> Mark:
    often = f", {one.times} times" if one.times > 1 else ""
    return Mark(one.at, "scene", f"{one.what} {one.whom}{often}")


def _fault_name(one: Fault) -> str:
    whom = "" if one.whom in ("", "True", "true") else f" {one.whom}"
    return f"{one.what}{whom}"


def _off(span: Span, night: Night, who: str) -> Bar:
    return Bar(
        span.begins or night.start, span.ends or night.end, "off", f"{who}'s telephone is off"
    )


def _deadline_name(one: Deadline, account: Account) -> str:
    who = f" {account.ledger.name(one.who)}" if one.who is not None else ""
    return f"{one.what.replace('_', ' ')}{who}"


def _deadline(one: Deadline, account: Account) -> Iterator[Bar]:
    """The whole deadline, and within it how far it came."""
    ended = one.ended or account.until or account.night.end
    zone = account.night.zone
    met = "came" if ended >= one.until else "was lifted sooner"
    say = (
        f"{_deadline_name(one, account)}: {one.since.astimezone(zone):%H:%M:%S} until "
        f"{one.until.astimezone(zone):%H:%M:%S}, {met}"
    )
    look = "deadline late" if ended >= one.until else "deadline"
    yield Bar(one.since, max(ended, one.since), look, say, _length(one.until - one.since))
    if one.until > ended:
        yield Bar(ended, one.until, "promised", say)


def _length(lasts: timedelta) -> str:
    minutes, seconds = divmod(round(lasts.total_seconds()), 60)
    return f"{minutes}m" if not seconds else f"{minutes}m{seconds}s"


def _gateways(heard: Sequence[Heard]) -> Iterator[Lane]:
    by_gateway: defaultdict[str, list[Heard]] = defaultdict(list)
    for one in heard:
        by_gateway[one.gateway].append(one)
    for gateway in sorted(by_gateway):
        yield Lane(gateway, list(_ticks(by_gateway[gateway])))


def _devices(heard: Sequence[Heard]) -> Iterator[Lane]:
    by_device: defaultdict[str, list[Heard]] = defaultdict(list)
    for one in heard:
        by_device[_device(one)].append(one)
    for device in sorted(by_device)[:MOST_DEVICES]:
        yield Lane(device, list(_ticks(by_device[device])))


def _device(one: Heard) -> str:
    return one.topic.rpartition("/")[2]


def _ticks(heard: Sequence[Heard]) -> Iterator[Mark]:
    """One tick a minute, however much was said in it."""
    minutes: Counter[datetime] = Counter(one.at.replace(second=0, microsecond=0) for one in heard)
    told: set[datetime] = set()
    for one in heard:
        minute = one.at.replace(second=0, microsecond=0)
        if minute in told:
            continue
        told.add(minute)
        more = f" and {minutes[minute] - 1} more in this minute" if minutes[minute] > 1 else ""
        said = one.payload.decode(errors="replace")[:LONGEST_TOLD]
        yield Mark(one.at, "tick", f"{one.topic}: {said}{more}")
