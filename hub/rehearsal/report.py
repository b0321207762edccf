"""Says how nights went: in lines for people, and as JSON."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from hub.rehearsal import expecting
from hub.rehearsal.account import Account
from hub.rehearsal.chances import Chance, Verdict, chances
from hub.rehearsal.ledger import Happened
from hub.rehearsal.promises import Broken
from simulators.night_file import NightRefused

MOST_LINES = 14


def lines(account: Account, *, whole: bool = False) -> Iterator[str]:
    """One line for a night that went well; for another also what broke first, and when."""
    night, zone = account.night, account.night.zone
    how = "well" if not account.broken else f"{len(account.broken)} broken"
    yield (
        f"{'ok  ' if not account.broken else 'FAIL'} {night.name} (seed {account.seed}): {how}; "
        f"{account.messages} messages, {account.alerts} alerts, {account.calls} calls, "
        f"{account.seconds:.1f} s"
    )
    if whole:
        yield from (f"       {_event(one, zone)}" for one in account.happened)
    if account.broken:
        yield from _first(account, account.broken[0], zone, whole=whole)


def refused_lines(refused: NightRefused) -> Iterator[str]:
    """A night that cannot be played, with every mistake."""
    yield from (f"FAIL {one}" for one in refused.problems)


def _first(account: Account, first: Broken, zone: ZoneInfo, *, whole: bool) -> Iterator[str]:
    where = f"{account.night.file}:{first.line}: " if first.line else ""
    yield f"     {_clock(first.at, zone)}  {where}{first.promise}"
    yield f"               {first.what}"
    if not whole:
        before = [one for one in account.happened if one.at <= first.at]
        yield from (f"       {_event(one, zone)}" for one in before[-MOST_LINES:])
    for one in account.broken[1:MOST_LINES]:
        yield f"     also {_clock(one.at, zone)}  {one.promise}: {one.what}"
    yield f"     replay: {replay(account, first)}"


def replay(account: Account, broken: Broken) -> str:
    """The command that plays the same night up to what broke."""
    until = broken.at.astimezone(account.night.zone)
    seconds = int((broken.at - account.night.start).total_seconds()) + 1
    hours, rest = divmod(seconds, 3600)
    length = f"+{hours}h{rest // 60}m{rest % 60}s"
    file = account.night.file
    return f"nachtwacht night check {file} --seed {account.seed} --until {length}  # {until:%H:%M}"


def chance_lines(found: Sequence[Chance]) -> Iterator[str]:
    """A line for each expectation with a chance: how often it was met, and what that proves."""
    for one in found:
        low, high = one.bounds
        word = {Verdict.KEPT: "ok  ", Verdict.BROKEN: "FAIL", Verdict.UNDECIDED: "?   "}
        yield (
            f"{word[one.verdict]} {one.night.file}:{one.expectation.line}: "
            f"{expecting.promise(one.expectation)}: {one.met} of {one.played} seeds, between "
            f"{low:.3f} and {high:.3f} with 95 % certainty; wanted {one.expectation.prob:g}"
            f"{_what_would_tell(one)}"
        )


def _what_would_tell(one: Chance) -> str:
    missed = f"; seed {one.missed[0]} is one that missed it" if one.missed else ""
    if one.verdict is not Verdict.UNDECIDED:
        return missed
    more = f"about {one.enough} seeds would prove it" if one.enough else "few seeds will tell"
    return f"{missed}; at this rate {more}"


def _event(one: Happened, zone: ZoneInfo) -> str:
    about = ", ".join(one.clients)
    detail = f" ({one.detail})" if one.detail not in ("", "done") else ""
    return (
        f"{_clock(one.at, zone)}  {one.what} {one.who}{detail}: {one.priority} {one.kind}, {about}"
    )


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M:%S}"


def as_json(accounts: Sequence[Account], refused: Sequence[NightRefused]) -> dict[str, Any]:
    """Everything about these nights, for a program; moments are UTC in ISO 8601."""
    return {
        "chances": [
            {
                "night": one.night.name,
                "line": one.expectation.line,
                "expected": expecting.promise(one.expectation),
                "wanted": one.expectation.prob,
                "met": one.met,
                "played": one.played,
                "low": round(one.bounds[0], 6),
                "high": round(one.bounds[1], 6),
                "verdict": one.verdict.value,
                "missed_by_seeds": list(one.missed),
            }
            for one in chances(accounts)
        ],
        "nights": [_night(one) for one in accounts],
        "refused": [
            {"file": each.file, "line": each.line, "what": each.what}
            for one in refused
            for each in one.problems
        ],
        **speed(accounts),
    }


def _night(account: Account) -> dict[str, Any]:
    return {
        "night": account.night.name,
        "title": account.night.title,
        "file": account.night.file,
        "seed": account.seed,
        "zone": account.night.zone.key,
        "ok": not account.broken,
        "messages": account.messages,
        "alerts": account.alerts,
        "calls": account.calls,
        "seconds": round(account.seconds, 3),
        "journal_sha256": sha256(account.journal.encode()).hexdigest(),
        "broken": [
            {
                "at": one.at.isoformat(),
                "promise": one.promise,
                "what": one.what,
                "line": one.line,
                "replay": replay(account, one),
            }
            for one in account.broken
        ],
        "happened": [
            {
                "at": one.at.isoformat(),
                "what": one.what,
                "who": one.who,
                "clients": list(one.clients),
                "kind": one.kind,
                "priority": one.priority,
                "detail": one.detail,
                "alert": one.alert,
            }
            for one in account.happened
        ],
    }


def speed(accounts: Sequence[Account]) -> dict[str, float]:
    """How fast it went: a client-night is one client for eight hours, checks included."""
    seconds = sum(one.seconds for one in accounts)
    client_nights = sum(one.client_nights for one in accounts)
    return {
        "seconds": round(seconds, 3),
        "client_nights": round(client_nights, 2),
        "client_nights_per_minute": round(client_nights / seconds * 60, 1) if seconds else 0.0,
        "messages": sum(one.messages for one in accounts),
    }
