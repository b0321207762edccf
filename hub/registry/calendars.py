"""Rosters as iCalendar: plain events, repeated by RRULE, become shifts; and shifts become events.

A roster lives by the clock on the wall: an event with DTEND begins and ends at the same local
times in every night, also when the clock changes; one with DURATION lasts exactly so long.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar, Event

from escalation.windows import HOME_ZONE, moment
from hub.registry.records import Place, Trouble
from hub.registry.rostering import Planned
from hub.registry.values import Wrong

LARGEST = 1024 * 1024
MOST_EVENTS, MOST_RULES, MOST_SHIFTS = 5_000, 200, 10_000
LONGEST = timedelta(days=7)
OLDEST = timedelta(days=5 * 366)  # a rule is followed from its beginning
PARTS = {
    "DAILY": {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"},
    "WEEKLY": {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY"},
    "MONTHLY": {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY"},
}  # each of them happens again and again, so that following it comes to an end
Span = tuple[datetime, datetime]
ONCE = ("DTSTART", "DTEND", "DURATION", "UID", "STATUS", "RECURRENCE-ID", "RRULE")
NOT_FOLLOWED = ("RDATE", "EXRULE")  # left out quietly, somebody would be missed or called in vain
MAKER = "-//Nachtwacht//Roster//NL"


def read_calendar(
    content: bytes, within: Span, file: str = ""
) -> tuple[list[Planned], list[Trouble]]:
    """Read the shifts that touch `within`, and everything that cannot be read, by line."""
    try:
        if len(content) > LARGEST:
            raise Wrong("it is too large", f"Send at most {LARGEST // 2**20} MiB.")  # noqa: TRY301
        text = content.decode("utf-8-sig")
        events = _events(text)
    except (Wrong, ValueError) as error:
        wrong = error if isinstance(error, Wrong) else _unreadable(error)
        return [], [Trouble(Place(file), wrong.problem, wrong.remedy)]
    lines = [at for at, one in enumerate(text.splitlines(), 1) if one.upper() == "BEGIN:VEVENT"]
    return _read_all(events, lines, within, file)


def _events(text: str) -> list[Any]:
    calendar = Calendar.from_ical(text)
    if not text.rstrip().upper().endswith("END:VCALENDAR"):
        raise Wrong("it is cut off: END:VCALENDAR is missing", "Send all of it, to its end.")
    events = list(calendar.walk("VEVENT"))
    rules = sum("RRULE" in one for one in events)
    if len(events) > MOST_EVENTS or rules > MOST_RULES:
        problem = f"{len(events)} events, {rules} of them repeated"
        raise Wrong(problem, f"Send at most {MOST_EVENTS}, of which {MOST_RULES} repeated.")
    return events


def _unreadable(error: Exception) -> Wrong:
    told = str(error).splitlines()[0][:100] if str(error) else "it is empty"
    return Wrong(f"this is no calendar: {told}", "Export it again as iCalendar (.ics).")


def _read_all(
    events: Sequence[Any], lines: Sequence[int], within: Span, file: str
) -> tuple[list[Planned], list[Trouble]]:
    planned: dict[str, Planned] = {}
    troubles: list[Trouble] = []
    named: set[tuple[str, str]] = set()
    moved = _moved(events)
    for number, event in enumerate(events):
        place = Place(file, lines[number] if number < len(lines) else 0)
        try:
            _check(event, named)
            for one in _shifts(event, moved, within):
                planned[one.name] = one
        except (Wrong, AttributeError, TypeError, ValueError, OverflowError) as error:
            wrong = error if isinstance(error, Wrong) else _unreadable_event(error)
            troubles.append(Trouble(place, wrong.problem, wrong.remedy))
        if len(planned) > MOST_SHIFTS:
            remedy = "Ask for a shorter time with until."
            troubles.append(Trouble(place, f"more than {MOST_SHIFTS} shifts", remedy))
            break
    found = sorted(planned.values(), key=lambda one: (one.begins, one.name))
    return found, troubles


def _unreadable_event(error: Exception) -> Wrong:
    told = str(error).splitlines()[0][:150] if str(error) else type(error).__name__
    return Wrong(f"this event cannot be read: {told}", "Mend it, or leave it out.")


def _moved(events: Sequence[Any]) -> set[tuple[str, date]]:
    """Which single times of a repeated event, or days, stand in an event of their own."""
    found: set[tuple[str, date]] = set()
    for one in events:
        at = getattr(one.get("RECURRENCE-ID"), "dt", None) if _is_whole(one) else None
        if at is not None:
            found.add((str(one.get("UID")), _aware(at) if isinstance(at, datetime) else at))
    return found


def _is_whole(event: Any) -> bool:
    return not event.errors


def _check(event: Any, named: set[tuple[str, str]]) -> None:
    """Raise Wrong for an event that says what is not followed; `named` are those before it."""
    if event.errors:
        name, told = event.errors[0]
        raise Wrong(f"{name}: {str(told)[:150]}", "Mend it, or leave the event out.")
    if several := [name for name in ONCE if isinstance(event.get(name), list)]:
        raise Wrong(f"{several[0]} stands in it several times", "Make an event of each.")
    if odd := [name for name in NOT_FOLLOWED if name in event]:
        raise Wrong(f"{odd[0]} is not followed", "Make an event of each time it happens.")
    which = _which(event)
    if which in named:
        raise Wrong("another event has the same UID", "Give each event a UID of its own.")
    named.add(which)


def _which(event: Any) -> tuple[str, str]:
    """Its UID, and which time of a repeated event it is instead of."""
    uid, again = str(event.get("UID") or ""), event.get("RECURRENCE-ID")
    if not uid or len(uid) > 150:
        raise Wrong("it has no UID", "Give it a name of its own, of at most 150 characters.")
    if again is not None and "RANGE" in again.params:
        raise Wrong("RANGE is not followed", "End the rule there, and begin another event.")
    return uid, "" if again is None else f"{_aware(again.dt)}"


def _shifts(event: Any, moved: set[tuple[str, date]], within: Span) -> Iterator[Planned]:
    uid = str(event["UID"])
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    begins, zone = _beginning(event)
    repeated = "RRULE" in event
    for wall in _walls(event, begins, zone, within) if repeated else [begins]:
        shift = _span(event, begins, wall, zone)
        if shift[1] <= within[0] or shift[0] >= within[1] or shift[0] == shift[1]:
            continue
        if repeated and moved & {(uid, shift[0]), (uid, wall.date())}:
            continue
        yield Planned(_name(event, uid, shift[0], repeated=repeated), *shift)


def _name(event: Any, uid: str, begins: datetime, *, repeated: bool) -> str:
    if "RECURRENCE-ID" in event:
        return f"{uid}/{_aware(event['RECURRENCE-ID'].dt):%Y%m%dT%H%MZ}"
    return f"{uid}/{begins:%Y%m%dT%H%MZ}" if repeated else uid


def _beginning(event: Any) -> tuple[datetime, tzinfo]:
    """The time on the wall at which it begins, and on which wall."""
    if "DTSTART" not in event:
        raise Wrong("it has no DTSTART", "Say when it begins.")
    return _wall(event["DTSTART"])


def _wall(said: Any) -> tuple[datetime, tzinfo]:
    at, zone = said.dt, said.params.get("TZID")
    if not isinstance(at, datetime):
        return datetime.combine(at, time()), ZoneInfo(HOME_ZONE)
    if at.tzinfo is None and zone is not None:
        remedy = f"Use a name such as {HOME_ZONE}, or send the VTIMEZONE along."
        raise Wrong(f"there is no time zone {str(zone)[:60]!r}", remedy)
    return at.replace(tzinfo=None), at.tzinfo or ZoneInfo(HOME_ZONE)


def _aware(at: date) -> datetime:
    whole = at if isinstance(at, datetime) else datetime.combine(at, time())
    local = whole if whole.tzinfo is not None else whole.replace(tzinfo=ZoneInfo(HOME_ZONE))
    return local.astimezone(UTC)


def _span(event: Any, first: datetime, wall: datetime, zone: tzinfo) -> Span:
    """When the shift that begins at this time on the wall begins and ends.

    A time that never comes, as the clock skips it, is when it does: from 02:30 to 02:50 is nothing.
    """
    begins = _moment(wall, zone)
    if "DTEND" in event:
        last, other = _wall(event["DTEND"])
        length = last.replace(tzinfo=other).astimezone(zone).replace(tzinfo=None) - first
        ends = _moment(wall + length, zone)
    elif "DURATION" in event:
        length = event["DURATION"].dt
        ends = begins + length
    else:
        raise Wrong("it has no end", "Add DTEND or DURATION.")
    if not timedelta() < length <= LONGEST:
        raise Wrong("it ends before it begins, or lasts over a week", "Mend DTEND.")
    return begins, ends


def _moment(wall: datetime, zone: tzinfo) -> datetime:
    midnight = datetime.combine(wall, time())
    return moment(wall.date(), wall - midnight, zone)


def _walls(event: Any, begins: datetime, zone: tzinfo, within: Span) -> Iterator[datetime]:
    """Every time on the wall at which it happens, that may matter."""
    if begins.replace(tzinfo=zone) < within[0] - OLDEST:
        raise Wrong("its rule began over five years ago", "Begin the rule anew.")
    rule = rrulestr(_rule(event["RRULE"], zone), dtstart=begins)
    last = within[1].astimezone(zone).replace(tzinfo=None)
    first = within[0].astimezone(zone).replace(tzinfo=None) - LONGEST - timedelta(days=1)
    left_out = _left_out(event, zone)
    for wall in islice(rule, OLDEST.days * 3):
        if wall >= last:
            return
        if wall >= first and wall not in left_out and wall.date() not in left_out:
            yield wall


def _rule(said: Any, zone: tzinfo) -> str:
    """Write a rule that is sure to come to an end for who follows it; its UNTIL on the wall."""
    often = str(next(iter(said.get("FREQ", [])), ""))
    if often not in PARTS or not said.keys() <= PARTS[often]:
        odd = ", ".join(sorted(said.keys() - PARTS.get(often, {"FREQ"}))) or f"FREQ={often}"
        remedy = "Repeat DAILY, WEEKLY or MONTHLY, with INTERVAL, COUNT, UNTIL and BYDAY alone."
        raise Wrong(f"a roster is not repeated by {odd[:80]}", remedy)
    parts = {name: said[name] for name in said if name != "UNTIL"}
    if any(one < 1 for name in ("INTERVAL", "COUNT") for one in parts.get(name, [])):
        raise Wrong("it is repeated less than once", "Give INTERVAL and COUNT of at least 1.")
    days = [str(one) for one in parts.get("BYDAY", [])]
    if often == "MONTHLY" and any(one[:-2] not in ("", "1", "2", "3", "4", "-1") for one in days):
        raise Wrong("not every month has that day", "Use the first to the fourth, or -1.")
    text = ";".join(f"{name}={','.join(map(str, some))}" for name, some in parts.items())
    return text + "".join(
        f";UNTIL={_until(one, zone):%Y%m%dT%H%M%S}" for one in said.get("UNTIL", [])
    )


def _until(said: date, zone: tzinfo) -> datetime:
    if not isinstance(said, datetime):
        return datetime.combine(said, time(23, 59, 59))
    return said if said.tzinfo is None else said.astimezone(zone).replace(tzinfo=None)


def _left_out(event: Any, zone: tzinfo) -> set[date]:
    said = event.get("EXDATE", [])
    found: set[date] = set()
    for several in said if isinstance(said, list) else [said]:
        for one in several.dts:
            at = one.dt
            if isinstance(at, datetime) and at.tzinfo is not None:
                at = at.astimezone(zone).replace(tzinfo=None)
            found.add(at)
    return found


def calendar_text(shifts: Sequence[Planned], label: str, now: datetime) -> bytes:
    """Write shifts as a calendar, each an event of its own, in UTC."""
    calendar = Calendar()
    calendar.add("prodid", MAKER)
    calendar.add("version", "2.0")
    for one in shifts:
        event = Event()
        event.add("uid", one.name)
        event.add("dtstamp", now.astimezone(UTC))
        event.add("dtstart", one.begins.astimezone(UTC))
        event.add("dtend", one.ends.astimezone(UTC))
        event.add("summary", label)
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written
