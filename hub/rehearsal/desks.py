"""The desks of a night's operators: they look through the API, and act on what they see."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.rehearsal.region import token
from simulators.desk import Desk, Manner, Seen, look
from simulators.night import Night, Somebody
from simulators.stage import Stage

HALF_A_DAY = timedelta(hours=12)


class Desks:
    """Every operator of a night; `due_at` is when one of them does something without being told."""

    def __init__(self, night: Night, seed: int) -> None:
        self.due_at: datetime | None = None
        self._operators: list[tuple[Desk, str, Seen]] = [
            (_desk(one, night.people, seed), token(one.name), {})
            for one in night.people
            if one.is_operator
        ]

    def is_due(self, now: datetime) -> bool:
        """Whether somebody wants to look by now, also when nothing has changed."""
        return self.due_at is not None and self.due_at <= now

    async def look(self, stage: Stage, url: str) -> None:
        """Let all of them look at the hub with these pages, and act."""
        moves = [
            await look(desk, stage, f"{url}/api/v1", secret, seen)
            for desk, secret, seen in self._operators
        ]
        self.due_at = min((one for one in moves if one is not None), default=None)


def _desk(one: Somebody, people: Sequence[Somebody], seed: int) -> Desk:
    manner = Manner(
        share=one.manner.answers,
        answers_in=one.manner.delay,
        talks=one.talks,
        by_telephone=one.by_telephone,
        patience=HALF_A_DAY,
    )
    return Desk(one.name, {each.name: each.manner for each in people}, seed, manner)
