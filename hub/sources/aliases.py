"""Topic aliases: a number that stands for a topic on one connection (MQTT 5.0, 3.3.2.3.4)."""

from dataclasses import replace

from hub.sources.door_terms import Limits
from hub.sources.mqtt.packets import Publish
from hub.sources.mqtt.properties import Property
from hub.sources.mqtt.reasons import Malformed, Reason


class Aliases:
    """The topics one client has numbered: so many, of so many bytes together, and no more."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._topics: dict[int, str] = {}

    def resolve(self, publish: Publish) -> Publish:
        """Give a message its topic back, or remember the number it gives its topic.

        Malformed with TOPIC_ALIAS_INVALID when the number is above what was granted, with
        PROTOCOL_ERROR when it stands for nothing yet, with QUOTA_EXCEEDED when the topics are
        too long to be remembered together.
        """
        if Property.TOPIC_ALIAS not in publish.properties.values:
            return publish
        alias = publish.properties.number(Property.TOPIC_ALIAS)
        if not 1 <= alias <= self._limits.aliases:
            raise Malformed(Reason.TOPIC_ALIAS_INVALID)
        if publish.topic:
            self._remember(alias, publish.topic)
            return publish
        if alias not in self._topics:
            raise Malformed(Reason.PROTOCOL_ERROR)
        return replace(publish, topic=self._topics[alias])

    def _remember(self, alias: int, topic: str) -> None:
        self._topics[alias] = topic
        if sum(len(known.encode()) for known in self._topics.values()) > self._limits.alias_bytes:
            raise Malformed(Reason.QUOTA_EXCEEDED)
