"""An adapter that cannot be used ends the start in one line that says what to do."""

import os
import sys
from pathlib import Path

import idna
import pytest

from adapters.contract import CONTRACT
from hub.decoders.decoding import Limits, Pool, open_adapters
from hub.decoders.translation import NoSuchAdapter
from tests.hub.packages import announce, module

MANIFEST = 'name = "x"\nversion = "1"\ncontract = "{}"\nfamilies = []\nkinds = []\n'
CODE = "def identify(inbound): ...\ndef decode(inbound, binding): ...\n"
WRONG = {
    "nothing": "adapter 'x' is not installed; installed: ",
    "two packages": "adapter 'x' is offered by more than one package: one, other."
    " Uninstall all but one",
    "one of ours": "adapter 'native' is offered by more than one package: nachtwacht, other."
    " Uninstall all but one",
    "another contract": f"adapter 'x' speaks contract 2.0, this hub {CONTRACT};"
    " install a release for 1.x",
    "a newer contract": f"adapter 'x' needs contract 1.99, this hub has {CONTRACT};"
    " install a newer hub",
    "no contract": "adapter 'x' has contract 'new' in its manifest; expected major.minor",
    "no functions": "adapter 'x' has no functions identify and decode",
    "no module": "adapter 'x' cannot be loaded: No module named 'x'",
    "an exit": "adapter 'x' ends its process when it is loaded: ask its maker",
    "an error": "adapter 'x' cannot be loaded: ZeroDivisionError",
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_adapter_is_said_at_the_start_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    name = "native" if what == "one of ours" else "x"
    contract = {"another contract": "2.0", "a newer contract": "1.99", "no contract": "new"}
    code = {"no functions": "", "an exit": "raise SystemExit", "an error": "1 / 0"}
    if what != "nothing":
        announce(tmp_path, "other", name, "x")
    if what == "two packages":
        announce(tmp_path / "more", "one", name, "x")
        monkeypatch.syspath_prepend(tmp_path / "more")
    if what != "no module":
        module(tmp_path, "x", MANIFEST.format(contract.get(what, "1.0")), code.get(what, CODE))
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(NoSuchAdapter) as said:
        open_adapters([name], Limits())
    assert WRONG[what] in str(said.value)
    assert "\n" not in str(said.value)


def test_an_adapter_may_use_what_only_the_environments_start_up_code_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(tmp_path, "other", "x", "x")
    module(tmp_path, "x", MANIFEST.format("1.0"), "import idna\n" + CODE)
    monkeypatch.syspath_prepend(tmp_path)
    elsewhere = Path(idna.__file__).parents[1]
    monkeypatch.setattr(sys, "path", [one for one in sys.path if Path(one) != elsewhere])
    assert isinstance(open_adapters(["x"], Limits())["x"], Pool)


def test_a_good_adapter_of_another_maker_is_never_loaded_into_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(tmp_path, "other", "x", "x")
    loaded = tmp_path / "loaded-by"
    note = f"import os\nopen({str(loaded)!r}, 'a').write(f'{{os.getpid()}} ')\n"
    module(tmp_path, "x", MANIFEST.format("1.0"), note + CODE)
    monkeypatch.syspath_prepend(tmp_path)
    opened = open_adapters(["native", "x"], Limits())
    assert isinstance(opened["x"], Pool)
    assert not isinstance(opened["native"], Pool)
    assert str(os.getpid()) not in loaded.read_text().split()
