"""Which texts are topics and which are topic filters (MQTT 5.0, section 4.7)."""


def is_topic(topic: str) -> bool:
    """Whether a message may be published under it: not empty, no wildcards."""
    return bool(topic) and "#" not in topic and "+" not in topic


def is_filter(topic_filter: str) -> bool:
    """Whether it may be subscribed to: a wildcard fills a whole level, `#` only the last."""
    levels = topic_filter.split("/")
    return (
        bool(topic_filter)
        and all(level in {"+", "#"} or is_topic(level) or not level for level in levels)
        and "#" not in levels[:-1]
    )
