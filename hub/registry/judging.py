"""What only shows when fields are seen together: whether a thing, as a whole, is possible."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from adapters.doses import patience_of
from escalation.modes import LONGEST, Mode
from hub.access.sharing import NECESSARY, parts_of
from hub.registry.fields import Lies, Noun
from hub.registry.values import at_of
from hub.waiting.doses import not_times
from hub.waiting.limits import wrong_limits

Thing = Mapping[str, Any]
Found = tuple[str, str, str]  # field, problem, remedy
FOUR, ELEVEN = 4 * 3600, 23 * 3600  # in the morning, in the evening
AN_HOUR = timedelta(hours=1)  # another's clock may be a little ahead


def judged(noun: Noun, after: Thing, before: Thing | None, now: datetime) -> Iterator[Found]:
    """Say what is wrong with a thing as it is to be; `before` is None for what is new."""
    yield from _spans(noun, after)
    if noun.ends in after and noun.field(noun.ends) and _is_ahead(after[noun.ends], now):
        yield noun.ends, "this has not happened yet", "Fill it in when it has."
    if "time_zone" in after and not _is_zone(after["time_zone"]):
        yield "time_zone", "there is no such time zone", "Write Europe/Amsterdam."
    if noun.name in _JUDGES:
        yield from _JUDGES[noun.name](after, before)


def _spans(noun: Noun, after: Thing) -> Iterator[Found]:
    begins = next((one.name for one in noun.fields if one.lies is Lies.BEGINS), "")
    ends = next((one.name for one in noun.fields if one.lies is Lies.ENDS), "")
    if not begins or after[begins] is None or after[ends] is None:
        return
    if at_of(after[ends]) <= at_of(after[begins]):
        yield ends, f"it ends before it begins ({after[begins]})", "Give a later moment."


def _is_ahead(ended: Any, now: datetime) -> bool:
    """Whoever is marked as ended is ended at once, whatever moment it says."""
    return isinstance(ended, str) and at_of(ended) > now + AN_HOUR


def _is_zone(name: Any) -> bool:
    try:
        ZoneInfo(name)
    except (LookupError, TypeError, ValueError, OSError):
        return False
    return True


def _device(after: Thing, _: Thing | None) -> Iterator[Found]:
    if after["client"] is not None and after["home"] is not None:
        yield "home", "a device is a client's or a home's", "Leave one of them out."
    if after["ended_at"] is not None and (after["client"], after["home"]) != (None, None):
        yield "ended_at", "an ended device is nobody's", "Leave client and home empty."
    for word in not_times(after["options"].get("doses", "")):
        yield "options", f"{word!r:.40} in doses is no time of day", 'Write "08:00 21:30".'
    minutes = after["options"].get("missed_after_minutes")
    if minutes is not None and patience_of(minutes) is None:
        yield "options", "missed_after_minutes cannot be used", "Write 75, for example."


def _client(after: Thing, _: Thing | None) -> Iterator[Found]:
    for problem, remedy in wrong_limits(after["options"]):
        yield "options", problem, remedy


def _organisation(after: Thing, before: Thing | None) -> Iterator[Found]:
    if before is not None and before["sort"] != after["sort"]:
        yield "sort", "what an organisation is never changes", f"Write {before['sort']}."


def _gateway(after: Thing, _: Thing | None) -> Iterator[Found]:
    if not after["listens"] and not after["adapters"]:
        yield "adapters", "it may speak nothing", "Write native, for example."


def _contact(after: Thing, _: Thing | None) -> Iterator[Found]:
    if after["sort"] == "desk" and after["level"] != "care_centre":
        yield "level", "a desk is a care centre's", "Write care_centre."
    if after["external_id"] in after["member_of"]:
        yield "member_of", "nobody belongs to themselves", "Leave it out."
    for one in after["ways"]:
        if one["way"] == "webhook" and not _is_address(one["address"]):
            yield "ways", "no link can lead there", "Write webhook https://host/path."


def _region(after: Thing, _: Thing | None) -> Iterator[Found]:
    hour = after["service_hour_seconds"]
    if hour is not None and not FOUR <= hour <= ELEVEN:
        problem = "turns cannot change then: the clock does, or a night has begun"
        yield "service_hour_seconds", problem, "Write 25200 for 07:00; from 04:00 to 23:00."


def _agreement(after: Thing, _: Thing | None) -> Iterator[Found]:
    approval = after["rest"].get("approval") or {}
    if approval.get("emergency") and not str(approval.get("reason", "")).strip():
        yield "rest", "an emergency activation has no reason", "Add reason to its approval."
    if after["rest"].get("instead_of") == after["external_id"]:
        yield "rest", "it cannot stand in for itself", "Name the agreement it is instead of."


def _mode(after: Thing, before: Thing | None) -> Iterator[Found]:
    begins, ends = at_of(after["begins_at"]), at_of(after["ends_at"])
    longest = LONGEST[Mode(after["mode"])]
    if ends <= begins:
        yield "ends_at", f"it ends before it begins ({after['begins_at']})", "Give a later moment."
    elif ends > begins + longest:
        yield "ends_at", "it lasts too long", f"Give a moment at most {_told(longest)} later."
    ended = after["ended_at"]
    if before is not None and before["ended_at"] == ended and ended is not None:
        longer = at_of(after["ends_at"]) > at_of(ended) and before["ends_at"] != after["ends_at"]
        if longer:
            yield "ends_at", f"it ended already ({ended})", "Send a new mode by another name."


def _told(length: timedelta) -> str:
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    return f"{length.days} days" if length.days else f"{hours}:{minutes:02} hours"


def _contract(after: Thing, _: Thing | None) -> Iterator[Found]:
    missing = sorted(NECESSARY - parts_of(after["shares"]))
    if missing:
        problem = f"whoever is called would not know to whom or where: no {' and '.join(missing)}"
        yield "shares", problem, f"Add {' and '.join(missing)}, or write everything."


def _divert(after: Thing, _: Thing | None) -> Iterator[Found]:
    if after["to"] == after["contact"]:
        yield "to", "nobody sends calls on to themselves", "Name another team."


def _is_address(said: str) -> bool:
    try:
        found = urlsplit(said)
        return found.scheme in ("http", "https") and bool(found.hostname)
    except ValueError:
        return False


_JUDGES: Mapping[str, Callable[[Thing, Thing | None], Iterator[Found]]] = {
    "clients": _client,
    "devices": _device,
    "organisations": _organisation,
    "gateways": _gateway,
    "contacts": _contact,
    "regions": _region,
    "agreements": _agreement,
    "modes": _mode,
    "contracts": _contract,
    "diverts": _divert,
}
