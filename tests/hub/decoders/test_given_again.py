"""Who reads a stored message again is given what the first decoder had; which one is kept too."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from adapters.contract import CONTRACT, Binding, Decoded, Inbound, Outcome
from adapters.inbound import native
from adapters.manifest import Manifest
from adapters.mapping.adapter import read_mapping
from hub.commands.replaying import MESSAGES, arrival_of
from hub.decoders.given import MOST_BESIDE, MOST_PAIRS
from hub.decoders.reading import Reader
from hub.incoming.intake import store_telemetry
from hub.sources.arrival import Arrival
from hub.store import tables as t
from tests.hub.house import MINUTE, PRINCIPAL, House

TOPIC = "in/zorg/gw1/native/pendant-1"
BESIDE: list[dict[str, Any]] = [
    {},
    {"content_type": "application/json", "user_properties": (("trace", "a1"), ("trace", "a2"))},
    {"content_type": "text/\0\udc80" * 100, "user_properties": (("a\0b", "\udfff\u202e"),)},
    {"user_properties": (("n", "v"),) * (MOST_PAIRS + 1)},
    {"user_properties": (("", ""), ("long", "x" * MOST_BESIDE), ("after", "it"))},
    {"qos": 0, "replayed": True, "content_type": "x" * 10_000},
]


MAPPING = """
[[message]]
topic = "{device}"

[[message.reading]]
edge = "alarm.button"
"""


class Remembering:
    """An adapter that remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[Inbound] = []

    def identify(self, inbound: Inbound) -> str | None:
        return native.identify(inbound)

    def decode(self, inbound: Inbound, binding: Binding) -> Outcome:
        self.given.append(inbound)
        return Decoded(())


async def stored(house: House) -> list[Any]:
    begin = {"adapter": "native", "at": house.now - timedelta(days=1), "id": uuid4(), "most": 500}
    async with house.store.transaction() as uow:
        return list((await uow.db.execute(MESSAGES, begin)).all())


@pytest.mark.parametrize("beside", BESIDE, ids=range(len(BESIDE)))
async def test_who_reads_it_again_is_given_exactly_the_same(
    house: House, beside: dict[str, Any]
) -> None:
    adapter = Remembering()
    house.reader = Reader(house.store, {"native": adapter}, uuid4)
    await house.receives(TOPIC, b"\x00\xff anything", **beside)
    (row,) = await stored(house)
    await house.reader.hear(arrival_of(row))
    first, again = adapter.given
    assert again == first
    said = sum(len(name) + len(value) for name, value in first.user_properties)
    assert said <= MOST_BESIDE
    assert len(first.user_properties) <= MOST_PAIRS
    assert len(first.content_type) <= 200


async def test_many_at_once_are_kept_as_whole_as_one(house: House) -> None:
    """What comes in bulk takes another road into the table."""
    first, second = (BESIDE[number] for number in (1, 2))
    arrivals = [
        Arrival(PRINCIPAL, TOPIC, b'{"channel":"door","active":true}', 1, house.now, **beside)
        for beside in [first, second] * 30
    ]
    heard = [await house.reader.hear(one) for one in arrivals]
    await store_telemetry(house.store, heard)
    rows = await stored(house)
    assert len(rows) == len(arrivals)
    kept = {(row.content_type, repr(row.user_properties)) for row in rows}
    assert ("application/json", "[['trace', 'a1'], ['trace', 'a2']]") in kept
    assert len(kept) == 2


async def test_a_message_and_its_event_say_which_version_read_them(house: House) -> None:
    place = {"lat": 52.1, "lon": 5.1, "accuracy_m": 18, "fixed_at": "2026-01-12T21:59:40Z"}
    left = {"kind": "location.left_zone", "zone": "thuis", "position": place}
    await house.receives(TOPIC, left)
    await house.passes(2 * MINUTE)  # an exit that is told once is believed then
    await house.receives("in/zorg/gw1/else/x", b"refused before any adapter")
    columns = (t.messages.c.outcome, t.messages.c.adapter_version, t.messages.c.contract)
    rows = [tuple(row) for row in await house.rows(sa.select(*columns))]
    assert sorted(rows) == [("decoded", "1.0.0", CONTRACT), ("refused", "", "")]
    ((version, position),) = await house.rows(
        sa.select(t.events.c.adapter_version, t.events.c.position).where(
            t.events.c.kind == "location.left_zone"
        )
    )
    assert (version, position) == ("1.0.0", {**place, "fixed_at": "2026-01-12T21:59:40+00:00"})


async def test_a_mapping_is_known_by_the_version_that_runs(house: House) -> None:
    mapping = read_mapping(MAPPING)
    says = Manifest("x", "3.2.1", "1.0", (), ())
    house.reader = Reader(house.store, {"native": replace(mapping, manifest=says)}, uuid4)
    await house.receives(TOPIC, {})
    ((version,),) = await house.rows(sa.select(t.events.c.adapter_version))
    assert version == "3.2.1"


async def test_one_without_a_manifest_is_read_and_has_no_version(house: House) -> None:
    nameless = SimpleNamespace(identify=native.identify, decode=native.decode)
    house.reader = Reader(house.store, {"native": nameless}, uuid4)
    await house.press()
    ((version,),) = await house.rows(sa.select(t.events.c.adapter_version))
    assert version == ""
