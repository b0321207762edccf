"""What is told of the adapters that are switched on: mappings, our own, and other makers'."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from hub.decoders.decoding import Limits, close_adapters, open_adapters
from hub.decoders.reading import Reader
from hub.decoders.switched import switched
from tests.hub.house import House
from tests.hub.packages import announce, module

MANIFEST = """name = "{name}"
version = "2.1.0"
contract = "1.0"
families = ["personal_alarm"]
kinds = ["alarm.button"]
level = "silver"
"""
CODE = """from adapters.contract import Ignored
def identify(inbound): return None
def decode(inbound, binding): return Ignored("nothing")
"""
MAPPING = """[[message]]
topic = "{device}/up"
[[message.reading]]
edge = "alarm.button"
"""


async def test_each_adapter_says_its_version_its_level_and_where_it_runs(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(tmp_path, "other", "vreemd", "vreemd")
    module(tmp_path, "vreemd", MANIFEST.format(name="vreemd"), CODE)
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "mappings" / "bel"
    folder.mkdir(parents=True)
    (folder / "mapping.toml").write_text(MAPPING)
    (folder / "manifest.toml").write_text(MANIFEST.format(name="bel"))
    opened = open_adapters(
        ["native", "vreemd", "bel"], Limits(timedelta(seconds=10)), folder.parent
    )
    try:
        bel, native, vreemd = switched(Reader(house.store, opened, uuid4))
    finally:
        await close_adapters(opened)
    assert (bel.runs, bel.version, bel.level) == ("mapping", "2.1.0", "silver")
    assert (native.runs, native.contract, native.decoded) == ("ours", "1.0", 0)
    assert (vreemd.runs, vreemd.version, vreemd.level) == ("workers", "2.1.0", "silver")
