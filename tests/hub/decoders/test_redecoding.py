"""A stored message is read again for people to see: nothing is written, and nothing is harmed."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.contract import Decoded, Ignored, Rejected
from hub.decoders.decoding import Limits
from hub.decoders.redecoding import Redecoder
from hub.store import tables as t
from hub.store.inspection import Followed, Sought, follow, followed
from tests.hub.house import House, known, viewer
from tests.hub.packages import announce, module

LOOKER = replace(viewer("anna"), organisation_id=known("zorg"))
MANIFEST = """name = "x"
version = "1.0"
contract = "1.0"
families = []
kinds = []
"""
SAYS_WHAT_CAME = """from adapters.contract import Ignored
def identify(inbound): return "p1"
def decode(inbound, binding): return Ignored(f"{inbound.content_type} {inbound.user_properties}")
"""
ENDS = """import os
def identify(inbound): return "p1"
def decode(inbound, binding): os._exit(1)
"""


async def newest(house: House) -> Followed:
    async with house.store.transaction() as uow:
        first = (await follow(uow.db, LOOKER, Sought()))[0]
        found = await followed(uow.db, LOOKER, first.id)
    assert found is not None
    return found


async def everything(house: House) -> list[Any]:
    tables = (t.messages, t.events, t.alerts, t.suspects, t.device_states, t.journal)
    return [sorted(map(repr, await house.rows(sa.select(one)))) for one in tables]


async def test_reading_again_says_the_same_and_changes_nothing(house: House) -> None:
    await house.press()
    before = await everything(house)
    redecoder = Redecoder(house.store, ("native",), Limits())
    again = await redecoder.decode(await newest(house))
    assert isinstance(again.outcome, Decoded)
    assert (again.key, again.bound) == ("pendant-1", True)
    assert await everything(house) == before


async def test_what_came_beside_a_message_is_there_to_read_it_by(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(tmp_path, "other", "x", "by_its_side")
    module(tmp_path, "by_its_side", MANIFEST, SAYS_WHAT_CAME)
    monkeypatch.syspath_prepend(tmp_path)
    beside = (("trace", "a1"), ("trace", "a2"))
    await house.receives(
        "in/zorg/gw1/native/p1", b"", content_type="text/plain", user_properties=beside
    )
    found = await newest(house)
    message = replace(found, adapter="x", topic="in/zorg/gw1/x/p1")
    again = await Redecoder(house.store, ("x",), Limits(timedelta(seconds=10))).decode(message)
    assert again.outcome == Ignored(f"text/plain {beside}")


async def test_an_adapter_that_ends_its_worker_is_told_of_every_time(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(tmp_path, "other", "x", "ends_it")
    module(tmp_path, "ends_it", MANIFEST, ENDS)
    monkeypatch.syspath_prepend(tmp_path)
    await house.press()
    message = replace(await newest(house), adapter="x", topic="in/zorg/gw1/x/p1")
    before = await everything(house)
    redecoder = Redecoder(house.store, ("x",), Limits())
    for _ in range(3):
        again = await redecoder.decode(message)
        assert isinstance(again.outcome, Rejected)
        assert again.outcome.code == "unclean_stop"
    assert await everything(house) == before  # it is no suspect: nobody sent it now


async def test_what_cannot_be_read_again_says_why(house: House) -> None:
    await house.press()
    message = await newest(house)
    redecoder = Redecoder(house.store, ("zigbee2mqtt", "gone"), Limits())
    assert (await redecoder.decode(message)).why_not == "off"
    gone = replace(message, adapter="gone", topic="in/zorg/gw1/gone/p1")
    assert (await redecoder.decode(gone)).why_not == "off"
    assert (await redecoder.decode(replace(message, outcome="refused"))).why_not == "refused"
    cut = replace(message, reason="too_large: 70000 bytes, at most 65536")
    assert (await redecoder.decode(cut)).why_not == "too_large"
