"""What the lifestyle rules hear, and how they say what they find."""

from dataclasses import dataclass
from datetime import datetime

from adapters.contract import Channel, Edge, Kind, Phase, Scalar

OUTSIDE_DOOR = "outside_door"
MOVEMENT = frozenset({Channel.MOTION, Channel.OCCUPANCY})


@dataclass(frozen=True, slots=True)
class Change:
    """What a device of the client says about a level, live, at `at` (aware UTC).

    `before` is what it said last, None when it was never heard: that only sets the state.
    Saying the same again is allowed and keeps the data fresh. `role` and `room` are those of
    the device's binding. `shared`: others live there, and any of them may have caused it.
    """

    at: datetime
    device: str
    channel: Channel
    active: bool
    before: bool | None
    role: str = ""
    room: str = ""
    shared: bool = False

    @property
    def began(self) -> bool:
        """It was inactive, and is active now."""
        return self.before is False and self.active

    @property
    def ended(self) -> bool:
        """It was active, and is inactive now."""
        return self.before is True and not self.active


def finding(
    device: str, kind: Kind, began_at: datetime, at: datetime, text: str, *, back: bool = False
) -> Edge:
    """What a rule found, explained; or that it is over, with the same key as it began with."""
    value: dict[str, Scalar] = {"explanation": text}
    return Edge(
        device=device,
        kind=kind,
        phase=Phase.END if back else Phase.START,
        occurred_at=at,
        withdraws=back,
        value=value,
        correlation_key=f"{kind.value}/{began_at.isoformat()}",
    )
