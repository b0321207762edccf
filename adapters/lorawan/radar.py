"""What Milesight's fall radar VS373 says, in its LoRaWAN bytes and in its JSON alike.

Source: the README of the VS373 in Milesight-IoT/SensorDecoders, and its trigger report. An alarm
is told as it happens, and never held against what the radar said before: an uplink that says it
is over may have been lost, and the next fall must ring.
"""

from dataclasses import dataclass

from adapters.contract import Binding, Channel, Edge, Kind, Level, Phase, Reading, Scalar
from adapters.readings import level

NO_NUMBER = 0xFFFF  # what kinds of alarm without a number of their own have for one
_OVER = frozenset({2, 3})  # deactivated, ignored
_NORMAL, _VACANT, _IN_BED, _OUT_OF_BED, _FALLEN = range(5)
_FALL, _STILL, _DWELL, _LEFT_BED, _OCCUPIED, _EMPTY, _SLOW_BREATH, _FAST_BREATH, _LYING = range(9)
_KINDS = {
    _FALL: (Kind.FALL, "fall"),
    _STILL: (Kind.INACTIVITY, "motionless"),
    _DWELL: (Kind.INACTIVITY, "dwell"),
    _LEFT_BED: (Kind.BED_EXIT, "out_of_bed"),
    _SLOW_BREATH: (Kind.VITAL, "bradypnea"),
    _FAST_BREATH: (Kind.VITAL, "tachypnea"),
    _LYING: (Kind.FALL, "lying"),
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm as the radar tells it: `sort` 0 is a fall, `status` 1 that it began."""

    sort: int
    status: int
    number: int = NO_NUMBER
    region: int = 0xFF


def room(seen: int, target: int, binding: Binding) -> list[Reading]:
    """What the radar sees of the room: somebody there, in bed, fallen; `target` 1 is motionless."""
    device = binding.device
    found: list[Reading] = [
        Level(device, Channel.OCCUPANCY, seen != _VACANT, value={"motionless": target == 1}),
        level(device, Channel.FALL, seen == _FALLEN),
    ]
    if seen in {_VACANT, _IN_BED, _OUT_OF_BED}:
        found.append(Level(device, Channel.BED, seen == _IN_BED))
    return found


def alarm(said: Alarm, binding: Binding) -> list[Reading]:
    """What an alarm that began or is over means; a sort nobody knows is an alarm all the same."""
    device, over = binding.device, said.status in _OVER
    if said.sort in {_OCCUPIED, _EMPTY}:
        return [Level(device, Channel.OCCUPANCY, said.sort == _OCCUPIED)]
    if said.sort == _STILL and said.number == NO_NUMBER:  # newer firmware: a human in place
        return [Level(device, Channel.OCCUPANCY, not over)]
    kind, name = _KINDS.get(said.sort, (Kind.MANUAL, f"alarm {said.sort}"))
    value: dict[str, Scalar] = {"alarm": name}
    if said.region != 0xFF:
        value["region"] = said.region
    number = "" if said.number == NO_NUMBER else str(said.number)
    found: list[Reading] = [
        Edge(
            device, kind, Phase.END if over else Phase.POINT,
            withdraws=over, value=value, correlation_key=number,
        )
    ]  # fmt: skip
    if said.sort == _LEFT_BED:
        found.append(Level(device, Channel.BED, over))
    return found
