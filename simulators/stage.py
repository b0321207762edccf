"""The stage a night is played on, and how a script of happenings is played.

A pretender publishes, requests and waits; it does not know whether the stage is a running hub
or a clock held in the hand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, order=True)
class Happening:
    """One device message: `gateway` is the MQTT user, `topic` the vendor's own behind `in/...`.

    `lasts` is True for a state that a device reports again when asked (a door is open), False
    for something that happened (a button was pressed). `routine` is what a home says by itself.
    """

    at: datetime
    gateway: str
    adapter: str
    topic: str
    payload: bytes
    lasts: bool = False
    about: str = field(default="", compare=False)
    routine: bool = field(default=False, compare=False)

    @property
    def whole_topic(self) -> str:
        """The topic it is published on."""
        return f"in/{self.gateway}/{self.adapter}/{self.topic}"


class Stage(Protocol):
    """What a pretender may do."""

    def now(self) -> datetime:
        """The rehearsal's moment, aware UTC."""

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until the rehearsal's clock says `moment`; a moment in the past returns at once."""

    async def publish(self, gateway: str, topic: str, payload: bytes) -> None:
        """Publish at QoS 1 as this gateway; returns once the message is on its way."""

    async def request(
        self, method: str, url: str, body: Mapping[str, Any] | None = None, token: str = ""
    ) -> tuple[int, Any]:
        """Send one HTTP request; the status and the JSON answer. Status 0: nobody answered."""


async def play(stage: Stage, happenings: Iterable[Happening]) -> int:
    """Publish every happening at its moment; how many were sent."""
    sent = 0
    for one in sorted(happenings, key=lambda one: one.at):
        await stage.sleep_until(one.at)
        await stage.publish(one.gateway, one.whole_topic, one.payload)
        sent += 1
    return sent


def split(
    happenings: Iterable[Happening], now: datetime
) -> tuple[list[Happening], list[Happening]]:
    """The present states, as devices report them when they start, and what is still to come.

    A press of before `now` is over and in neither.
    """
    states: dict[tuple[str, str], Happening] = {}
    coming: list[Happening] = []
    for one in sorted(happenings):
        if one.at > now:
            coming.append(one)
        elif one.lasts:
            states[one.gateway, one.topic] = one
    return list(states.values()), coming
