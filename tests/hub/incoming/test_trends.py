"""What changes slowly reaches the nurse's daily list, whoever's sensor concluded it."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from adapters.contract import Kind
from adapters.readings import only_informs, urgent_kind
from escalation.kinds import RULES, takes_back
from escalation.model import Priority
from hub.decoders.finding import load_adapters
from hub.decoders.reading import Reader
from hub.sources.arrival import Principal
from hub.store import tables as t
from tests.hub.house import PRINCIPAL, House, known

TOPIC = "in/zorg/gw1/lifestyle/box-4"
AS_MONITOR = Principal(
    PRINCIPAL.gateway_id, PRINCIPAL.organisation_id, "zorg", "gw1", frozenset({"lifestyle"})
)


@pytest.fixture
async def monitored(house: House) -> House:
    """Anne has a lifestyle monitor of a vendor that sends conclusions."""
    house.reader = Reader(house.store, load_adapters(("lifestyle",)), uuid4)
    row = {
        "id": known("box-4"), "organisation_id": known("zorg"), "external_id": "box-4",
        "gateway_id": known("gateway"), "adapter": "lifestyle", "key": "box-4",
        "client_id": known("anne"),
    }  # fmt: skip
    await house.changes(sa.insert(t.devices).values(**row))
    return house


INSIGHTS = ["toilet_frequency", "restless_night", "slower", "less_active"]


@pytest.mark.parametrize("insight", INSIGHTS)
async def test_a_trend_is_a_line_of_its_client_and_calls_nobody(
    monitored: House, insight: str
) -> None:
    await monitored.receives(TOPIC, {"insight": insight, "id": "7"}, principal=AS_MONITOR)
    await monitored.receives(TOPIC, {"insight": insight, "id": "7"}, principal=AS_MONITOR)
    (event,) = await monitored.rows(sa.select(t.events))
    assert (event.kind, event.client_ids) == (f"lifestyle.{insight}", [known("anne")])
    assert (await monitored.alerts(), monitored.called()) == ([], [])


async def test_a_trend_of_a_device_nobody_registered_is_only_kept(monitored: House) -> None:
    topic = "in/zorg/gw1/lifestyle/box-5"
    await monitored.receives(topic, {"insight": "slower"}, principal=AS_MONITOR)
    assert await monitored.alerts() == []
    (kept,) = await monitored.rows(sa.select(t.messages.c.outcome))
    assert kept.outcome == "decoded"


def test_no_event_is_kept_of_what_only_informs_and_of_nothing_else_somebody_may_hear() -> None:
    silent = {
        kind
        for kind in filter(urgent_kind, Kind)
        if (rule := RULES[kind]).priority is Priority.I
        and not rule.trend
        and not takes_back(kind.value)
    }
    assert silent == set(filter(only_informs, Kind))
