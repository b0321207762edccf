"""`nachtwacht adapter`, as whoever connects a new device uses it."""

import io
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters.kit.fixtures import BadFixtures
from adapters.kit.subject import Subject
from hub.cli import main
from hub.commands.adapter_end_to_end import end_to_end
from hub.commands.adapter_finding import Located, locate
from hub.decoders.translation import NoSuchAdapter, manifest_of
from tests.adapters.recorded import ADAPTERS, NAMES

EXAMPLE = Path(__file__).parents[2] / "example_adapter"
GOLD = [name for name in NAMES if manifest_of(ADAPTERS[name]).level == "gold"]
QUICK = ("--mutants", "20", "--without-hub")
PRESS = b'{"event":"pressed","session":"b7","number":12,"time":1770862200,"battery":9}'


@pytest.fixture(autouse=True)
def _nothing_of_this_test_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["adapter", *arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.mark.parametrize(("name", "more"), [("bell-code", ()), ("bell-rules", ("--mapping",))])
def test_what_new_makes_passes_silver_at_once(
    capsys: pytest.CaptureFixture[str], name: str, more: tuple[str, ...]
) -> None:
    status, out, _ = told(capsys, "new", name, *more)
    assert (status, f"nachtwacht adapter check {name}" in out) == (0, True)
    status, out, _ = told(capsys, "check", name, *QUICK, "--level", "silver")
    assert (status, out.splitlines()[-1]) == (0, f"{name}: SILVER"), out


def test_new_writes_over_nothing_and_wants_a_name_that_fits_a_topic(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    assert "is there already" in told(capsys, "new", "mine")[2]
    assert "small letters" in told(capsys, "new", "Mijn knop")[2]


def test_try_shows_what_a_message_becomes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(capsys, "new", "tried", "--mapping")
    (tmp_path / "press.json").write_bytes(PRESS)
    _, out, _ = told(capsys, "try", "tried", "press.json", "--topic", "b1/event")
    for line in (
        "device    'b1'",
        "edge      alarm.button (point)",
        "  at      2026-02-12T02:10:00+00:00 (the device's)",
        "  copy    known by b7/12",
        "  event   alarm.button, Alarmknop ingedrukt",
        "  alert   opens or joins one: P1 unless the agreement says otherwise",
        "level     battery_low: active",
        "  value   percent = 9",
    ):
        assert line in out.splitlines(), out
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b'{"event":"boom"}')))
    _, out, _ = told(capsys, "try", "tried", "-", "--topic", "b1/event")
    assert "rejected  wrong_value: event: not among happened and ignored" in out


def test_try_knows_what_the_registry_would_say(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "action").write_text('{"action":"single"}')
    topic = ("--topic", "zigbee2mqtt/knop")
    assert "ignored   action" in told(capsys, "try", "zigbee2mqtt", "action", *topic)[1]
    bound = told(capsys, "try", "zigbee2mqtt", "action", *topic, "--role", "alarm_button")
    assert "edge      alarm.button" in bound[1]
    (tmp_path / "open").write_text('{"contact":false}')
    assert "none: it only sets the state" in told(capsys, "try", "zigbee2mqtt", "open", *topic)[1]
    (tmp_path / "over").write_text('{"smoke":false}')
    assert "a person closes it" in told(capsys, "try", "zigbee2mqtt", "over", *topic)[1]


def test_check_says_what_failed_with_a_witness_and_a_remedy_and_exits_with_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    told(capsys, "new", "broken", "--mapping")
    mapping = tmp_path / "broken" / "mapping.toml"
    mapping.write_text(mapping.read_text().replace('"pressed"', '"pushed"'))
    status, out, err = told(capsys, "check", "broken", *QUICK)
    assert status == 1
    assert "  2  FAILED" in out
    assert "seen:    'a press'" in out
    assert "remedy:  " in out
    assert "broken does not reach bronze" in err
    status, out, _ = told(capsys, "check", "broken", *QUICK, "--json")
    assert (status, json.loads(out)["checks"][1]["verdict"]) == (1, "failed")


def test_a_mapping_that_is_wrong_is_told_with_its_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    told(capsys, "new", "wrong", "--mapping")
    mapping = tmp_path / "wrong" / "mapping.toml"
    mapping.write_text(mapping.read_text().replace("alarm.button", "alarm.boton"))
    status, _, err = told(capsys, "check", "wrong")
    assert status == 1
    assert "mapping.toml: line 10, column 1: message 1, reading 1, edge: 'alarm.boton'" in err


@pytest.mark.parametrize(
    ("named", "remedy"),
    [
        ("./nowhere", "adapter new"),
        ("nothing", "is not installed; installed:"),
        ("./empty", "one manifest.toml belongs in it"),
        ("./raising", "importing it raised ZeroDivisionError"),
        ("./json", "Python has another module named 'json'"),
        ("./halves", "has no functions identify and decode"),
    ],
)
def test_an_adapter_that_cannot_be_found_or_loaded_says_what_to_do(
    tmp_path: Path, named: str, remedy: str
) -> None:
    (tmp_path / "empty").mkdir()
    for name, code in (("raising", "1 / 0"), ("json", ""), ("halves", "")):
        told_by = tmp_path / name
        told_by.mkdir()
        (told_by / "__init__.py").write_text(code)
        manifest = 'name = "{}"\nversion = "1"\ncontract = "1.0"\nfamilies = []\nkinds = []'
        (told_by / "manifest.toml").write_text(manifest.format(name))
    with pytest.raises(NoSuchAdapter) as said:
        locate(named, None)
    assert remedy in str(said.value)


def test_list_says_which_are_on_and_how_good_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "list")[1].splitlines()
    (ours,) = [one.split() for one in lines if one.startswith("zigbee2mqtt")]
    assert ours[:3] == ["zigbee2mqtt", "on", "gold"]
    (off,) = [one.split() for one in lines if one.startswith("tasmota")]
    assert off[:3] == ["tasmota", "off", "gold"]


def test_the_messages_of_a_built_in_adapter_are_found_in_a_checkout(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, _ = told(capsys, "check", "lifestyle", *QUICK, "--level", "silver")
    assert (status, out.splitlines()[-1]) == (0, "lifestyle: SILVER"), out


def test_where_they_were_not_installed_one_line_says_what_to_give(tmp_path: Path) -> None:
    installed = replace(locate("dispenser", None), folder=tmp_path / "adapters/inbound/dispenser")
    with pytest.raises(BadFixtures, match=r"dispenser: .* give --payloads with the folder"):
        installed.fixtures(None)


@pytest.mark.slow
def test_alarms_of_every_adapter_go_through_a_hub_in_time(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Built in, a stranger's package and a mapping, each where it is; one never speaks."""
    shutil.copytree(EXAMPLE / "nachtwacht_example", tmp_path / "stranger")
    for name in ("ruled", "silent"):
        told(capsys, "new", name, "--mapping")
    silent = tmp_path / "silent" / "payloads.toml"
    found = [
        *(locate(name, None) for name in GOLD),
        locate("./stranger", None),
        locate("./ruled", None),
        locate("./silent", None),
    ]
    subjects = [_subject(one) for one in found]
    mapping = silent.with_name("mapping.toml")
    mapping.write_text('[[message]]\ntopic = "{device}/event"\nignore = "nothing"\n')
    *passed, failed = end_to_end(list(zip(found, subjects, strict=True)))
    assert [one.verdict.value for one in passed] == ["passed"] * (len(GOLD) + 2), passed
    assert "the hub stored it as ignored nothing" in failed.witness


def _subject(found: Located) -> Subject:
    return Subject(found.adapter, found.manifest, found.fixtures(None))
