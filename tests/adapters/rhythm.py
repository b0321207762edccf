"""One client's sensors over a night or a day, and the clock in the hand."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.contract import Channel, Edge
from adapters.lifestyle import Around, Change, Limits, Outcome, State, observe, ripen

HERE = ZoneInfo("Europe/Amsterdam")


def local(text: str, fold: int = 0) -> datetime:
    """A moment of the night of 5 January, or with a date of its own."""
    whole = text if "-" in text else f"2026-01-05 {text}"
    return datetime.fromisoformat(whole).replace(tzinfo=HERE, fold=fold).astimezone(UTC)


class Night:
    """One client's night: what sensors say goes in, what is found comes out."""

    def __init__(self, limits: Limits | None = None, around: Around | None = None) -> None:
        self.limits = Limits() if limits is None else limits
        self.around = Around() if around is None else around
        self.state = State()
        self.found: list[Edge] = []

    def says(
        self,
        at: str | datetime,
        channel: Channel,
        active: bool,
        room: str = "bedroom",
        before: bool | str | None = "other",
        role: str = "",
        *,
        shared: bool = False,
    ) -> None:
        was = (not active) if isinstance(before, str) else before
        when = local(at) if isinstance(at, str) else at
        change = Change(when, f"{channel}-{room}", channel, active, was, role, room, shared)
        self._take(observe(self.state, change, self.limits, self.around))

    def gets_up(self, at: str | datetime) -> None:
        self.says(at, Channel.BED, False)

    def moves(self, at: str, room: str) -> None:
        self.says(at, Channel.MOTION, True, room)

    def opens_the_door(self, at: str, role: str = "outside_door") -> None:
        self.says(at, Channel.DOOR, True, "hall", role=role)

    def passes_to(self, at: str | datetime) -> list[str]:
        """Look when it is time to look, until `at`; what was found, in words."""
        until = local(at) if isinstance(at, str) else at
        looked_at = until - timedelta(days=1)
        while (due_at := self.state.due_at) is not None and due_at <= until:
            assert due_at > looked_at, "a look that changes nothing must not be asked for again"
            self._take(ripen(self.state, due_at, self.limits, self.around))
            looked_at = due_at
        self._take(ripen(self.state, until, self.limits, self.around))
        told = [str(one.value["explanation"]) for one in self.found]
        self.found.clear()
        return told

    def _take(self, outcome: Outcome) -> None:
        stored = json.dumps(outcome.state.to_json())
        self.state = State.from_json(json.loads(stored))
        assert self.state == outcome.state
        self.found += outcome.findings
