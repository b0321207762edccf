"""Which topics fall under which filters, and which filters an integrator is granted."""

import pytest

from hub.sources.mqtt.packets import Subscribe, Subscription, Version
from hub.sources.mqtt.reasons import Reason
from hub.sources.subscription import Granted, granted, judge, matches

TOPIC = "out/zorg/alerts/1/opened"


@pytest.mark.parametrize(
    ("topic_filter", "fits"),
    [
        ("out/zorg/#", True),
        ("out/zorg/alerts/+/opened", True),
        ("out/zorg/alerts/1/opened", True),
        ("out/zorg/alerts/1/opened/#", True),
        ("out/zorg/+/+/+", True),
        ("out/zorg/alerts/+", False),
        ("out/zorg/alerts/+/resolved", False),
        ("out/zorg/alerts/1/opened/more", False),
        ("out/zorg", False),
    ],
)
def test_a_topic_falls_under_a_filter(topic_filter: str, fits: bool) -> None:
    assert matches(topic_filter, TOPIC) is fits


def test_the_highest_quality_of_service_that_was_asked_for_is_given() -> None:
    filters = {"out/zorg/#": Granted(0), "out/zorg/alerts/#": Granted(1)}
    assert granted(filters, TOPIC) == (1, ())
    assert granted({"out/zorg/#": Granted(0)}, TOPIC) == (0, ())
    assert granted({"out/zorg/gap": Granted(1, 4)}, TOPIC) == (None, ())


def test_a_message_has_the_number_of_every_subscription_it_falls_under() -> None:
    filters = {
        "out/zorg/#": Granted(0, 7),
        "out/zorg/alerts/#": Granted(1, 7),
        "out/zorg/gap": Granted(1, 8),
        "out/+/alerts/1/opened": Granted(1),
        "out/zorg/alerts/1/+": Granted(0, 9),
    }
    assert granted(filters, TOPIC) == (1, (7, 9))


@pytest.mark.parametrize(
    ("topic_filter", "reason"),
    [
        ("out/zorg/#", Reason.GRANTED_QOS_1),
        ("out/zorg/alerts/+/opened", Reason.GRANTED_QOS_1),
        ("out/elsewhere/#", Reason.NOT_AUTHORIZED),
        ("out/#", Reason.NOT_AUTHORIZED),
        ("out/+/alerts/#", Reason.NOT_AUTHORIZED),
        ("out", Reason.NOT_AUTHORIZED),
        ("#", Reason.GRANTED_QOS_1),
        ("zigbee2mqtt/#", Reason.GRANTED_QOS_1),
        ("$share/us/out/zorg/#", Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED),
        ("out/zorg/#/more", Reason.TOPIC_FILTER_INVALID),
    ],
)
def test_only_the_own_organisations_events_are_granted(topic_filter: str, reason: Reason) -> None:
    asked = Subscribe(1, (Subscription(topic_filter, 2),))
    assert judge(asked, "zorg", Version.V5) == (reason,)
