"""The figures behind a conclusion, and what they say in Dutch."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapters.contract import Scalar
from adapters.fields import Fields, Unreadable
from adapters.readings import SideFields

_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Figures:
    """Since when, how long, how often, and what is usual for this client; None: not told."""

    since: datetime | None = None
    minutes: int | None = None
    count: int | None = None
    percent: int | None = None
    usual: int | None = None
    usual_at: str = ""
    moved_elsewhere: bool | None = None

    @property
    def value(self) -> dict[str, Scalar]:
        """What is kept with the event."""
        told: dict[str, Scalar | None] = {
            "since": None if self.since is None else self.since.isoformat(),
            "minutes": self.minutes,
            "count": self.count,
            "percent": self.percent,
            "usual": self.usual,
            "usual_at": self.usual_at or None,
        }
        return {name: one for name, one in told.items() if one is not None}


def figures(body: Fields, time_zone: str, side: SideFields) -> Figures:
    """Read the figures; a bad one goes to `side` and is left out."""

    def whole(name: str) -> int | None:
        number = side.read(body.number, name, None, 0, _MOST)
        return None if number is None else round(number)

    return Figures(
        since=side.read(body.moment, "since", None, time_zone),
        minutes=whole("minutes"),
        count=whole("count"),
        percent=whole("percent"),
        usual=whole("usual"),
        usual_at=side.read(lambda name: _clock_time(body, name), "usual_at", ""),
        moved_elsewhere=side.read(body.flag, "moved_elsewhere", None),
    )


def explained(insight: str, told: Figures, at: datetime | None, time_zone: str) -> str:
    """Say in plain Dutch why; "" where there is nothing to say."""
    since = "" if told.since is None else _clock(told.since, time_zone)
    now = "" if at is None else _clock(at, time_zone)
    lasted = "" if (minutes := _minutes(told, at)) is None else f", {minutes} min"
    usual_at = f"; anders rond {told.usual_at}" if told.usual_at else ""
    match insight:
        case "not_up":
            return f"Nog niet op{_om(now)}{usual_at}."
        case "not_home":
            return f"Nog niet thuis{_om(now)}{_after('; weg sinds ', since)}{usual_at}."
        case "inactivity":
            return f"Geen beweging{_after(' sinds ', since)}{lasted}."
        case "not_back_in_bed":
            elsewhere = "" if told.moved_elsewhere is not False else "; geen beweging elders"
            return f"Uit bed{_om(since)}{lasted}{elsewhere}."
        case "long_in_bathroom":
            return f"In de badkamer{_after(' sinds ', since)}{lasted}."
        case "left_home" | "wandering":
            return f"Van huis gegaan{_om(since or now)}{lasted}."
        case _:
            return _trend(insight, told)


def _trend(insight: str, told: Figures) -> str:
    usual = "" if told.usual is None else f"; anders ongeveer {told.usual}"
    if insight == "toilet_frequency" and told.count is not None:
        return f"{told.count} keer naar het toilet{usual}."
    if insight == "restless_night" and told.count is not None:
        return f"Onrustige nacht: {told.count} keer uit bed{usual}."
    if insight == "slower" and told.percent is not None:
        return f"Loopt {told.percent} % langzamer dan gewoonlijk."
    if insight == "less_active" and told.percent is not None:
        return f"Is {told.percent} % minder actief dan gewoonlijk."
    return ""


def _minutes(told: Figures, at: datetime | None) -> int | None:
    if told.minutes is not None or told.since is None or at is None or at < told.since:
        return told.minutes
    return (at - told.since) // timedelta(minutes=1)


def _om(clock: str) -> str:
    return _after(" om ", clock)


def _after(word: str, said: str) -> str:
    return f"{word}{said}" if said else ""


def _clock(moment: datetime, time_zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(time_zone)):%H:%M}"


def _clock_time(body: Fields, name: str) -> str:
    said = body.text(name)
    try:
        return f"{time.fromisoformat(said):%H:%M}"
    except ValueError as error:
        raise Unreadable("wrong_value", f"{name}: send a local time such as 07:30") from error
