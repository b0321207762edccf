"""What a Zigbee2MQTT topic is about."""

from dataclasses import dataclass
from enum import StrEnum

from adapters.contract import Inbound
from adapters.fields import Fields, Json, Unreadable
from adapters.strict_json import as_fields, parse
from adapters.text import visible

BASE = "zigbee2mqtt/"
# With `output: attribute`, and for Home Assistant, each of these also has a topic of its own.
_ATTRIBUTES = frozenset(
    {
        "action",
        "battery",
        "battery_low",
        "carbon_monoxide",
        "click",
        "contact",
        "fall_down_status",
        "gas",
        "occupancy",
        "presence",
        "smoke",
        "sos",
        "status",
        "tamper",
        "water_leak",
    }
)


class About(StrEnum):
    """The four things a topic can be about."""

    BRIDGE = "bridge"
    AVAILABILITY = "availability"
    COMMAND = "command"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Subject:
    """`name` is the friendly name, or for the bridge what follows `bridge/`.

    `attribute` is set when the payload is the bare value of one attribute.
    """

    what: About
    name: str
    payload: bytes
    attribute: str = ""

    def state(self) -> Fields:
        """The attributes a device reports. Raises Unreadable."""
        if self.attribute == "":
            return as_fields(parse(self.payload))
        return Fields({self.attribute: _bare(self.payload)})


def subject(inbound: Inbound) -> Subject:
    """Say what a message is about; every topic is about something."""
    topic = visible(inbound.topic.removeprefix(BASE))
    before, _, last = topic.rpartition("/")
    payload = inbound.payload
    if topic.startswith("bridge/"):
        return Subject(About.BRIDGE, topic.removeprefix("bridge/"), payload)
    if before == "":
        return Subject(About.DEVICE, topic, payload)
    if last == "availability":
        return Subject(About.AVAILABILITY, before, payload)
    if "set" in topic.split("/")[-2:] or "get" in topic.split("/")[-2:]:
        return Subject(About.COMMAND, before, payload)
    if last in _ATTRIBUTES and not payload.lstrip().startswith(b"{"):
        return Subject(About.DEVICE, before, payload, attribute=last)
    return Subject(About.DEVICE, topic, payload)


def _bare(payload: bytes) -> Json:
    """A bare value is JSON for numbers and flags, and plain words for the rest."""
    try:
        return parse(payload)
    except Unreadable as error:
        if error.code != "malformed_json":
            raise
        return payload.decode().strip()
