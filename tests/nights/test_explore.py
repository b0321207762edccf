"""Exploring finds what is broken on purpose, and keeps a night small enough to understand."""

from pathlib import Path

import pytest
import yaml

from hub.cli import main
from simulators.invention import invent, smaller
from simulators.night_reading import load
from tests.nights.test_planted_faults import doubled_alert

pytestmark = pytest.mark.usefixtures("rehearsals")
SEED = 1


def test_a_planted_fault_is_found_and_kept_as_a_small_night(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        doubled_alert(patch)
        assert main(["night", "explore", "--seed", str(SEED), "--nights", "1"]) == 1
        assert "One matter is one open alert" in capsys.readouterr().out
        kept = f"found_{SEED}.yaml"
        assert main(["night", "check", kept]) == 1
    found, invented = yaml.safe_load(Path(kept).read_text()), invent(SEED)
    assert len(found["timeline"]) < len(invented["timeline"])
    assert "faults" not in found
    assert main(["night", "check", kept]) == 0  # the hub as it is keeps the promise


def test_a_hub_that_keeps_its_promises_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["night", "explore", "--seed", "2", "--nights", "1"]) == 0
    assert "1 nights invented (seeds 2 to 2), 1 played" in capsys.readouterr().out


def test_every_invented_night_can_be_played_and_is_the_same_each_time(tmp_path: Path) -> None:
    for seed in range(60):
        path = tmp_path / "invented.yaml"
        path.write_text(yaml.safe_dump(invent(seed), sort_keys=False))
        assert load(path).seed == seed
        assert invent(seed) == invent(seed)


def test_smaller_nights_miss_one_thing_each() -> None:
    night = invent(SEED)
    text = yaml.safe_dump(night)
    smaller_ones = [yaml.safe_dump(one) for one in smaller(night)]
    assert smaller_ones
    assert all(len(one) < len(text) for one in smaller_ones)
    assert yaml.safe_dump(night) == text


@pytest.mark.parametrize("minutes", ["0", "soon", "9999"])
def test_a_search_without_a_sensible_end_is_refused(minutes: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["night", "explore", "--minutes", minutes])
    assert ended.value.code == 2


def test_a_folder_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["night", "explore", "--folder", "nowhere"])
    assert "nowhere: there is no such folder" in capsys.readouterr().err
