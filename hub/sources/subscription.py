"""What an integrator may subscribe to: its own organisation's `out/`, and how topics match."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from hub.sources.mqtt.packets import Subscribe, Subscription, Version
from hub.sources.mqtt.reasons import Reason
from hub.sources.mqtt.topics import is_filter

ROOT = "out"


class Granted(NamedTuple):
    """How a filter was granted; `number` is the identifier its client gave it, 0 for none."""

    qos: int
    number: int = 0


def topic_of(organisation: str, alert_id: UUID, what: str) -> str:
    """The topic of an event: by organisation, alert and the last word of its type."""
    return f"{ROOT}/{organisation}/alerts/{alert_id}/{what}"


def topic_of_gap(organisation: str) -> str:
    """The topic on which a subscriber hears that it must fetch."""
    return f"{ROOT}/{organisation}/gap"


def judge(asked: Subscribe, organisation: str, version: Version) -> tuple[Reason, ...]:
    """Say of each filter whether it is granted, and at which quality of service.

    What is not under `out/` is granted and stays empty; what reaches into another organisation's
    is not.
    """
    return tuple(_judge(one, organisation, version) for one in asked.subscriptions)


def _judge(wanted: Subscription, organisation: str, version: Version) -> Reason:
    levels = wanted.topic_filter.split("/")
    if not is_filter(wanted.topic_filter):
        return Reason.TOPIC_FILTER_INVALID
    if version is Version.V5 and levels[0] == "$share":
        return Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED
    if levels[0] == ROOT and levels[1:2] != [organisation]:
        return Reason.NOT_AUTHORIZED
    return Reason.GRANTED_QOS_1 if wanted.qos else Reason.SUCCESS


def serves(topic_filter: str, organisation: str) -> bool:
    """Whether anything is ever delivered on a filter."""
    return topic_filter.split("/")[:2] == [ROOT, organisation]


def granted(filters: Mapping[str, Granted], topic: str) -> tuple[int | None, tuple[int, ...]]:
    """The highest quality of service among the filters a topic matches, and their numbers.

    None for the quality of service: it matches none.
    """
    found = [one for topic_filter, one in filters.items() if matches(topic_filter, topic)]
    numbers = dict.fromkeys(one.number for one in found if one.number)
    return max((one.qos for one in found), default=None), tuple(numbers)


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a topic falls under a filter (MQTT 5.0, section 4.7)."""
    wanted, levels = topic_filter.split("/"), topic.split("/")
    for number, one in enumerate(wanted):
        if one == "#":
            return True
        if number >= len(levels) or one not in ("+", levels[number]):
            return False
    return len(wanted) == len(levels)
