"""The command tells how nights went: by its exit status, in lines, as JSON and as JUnit."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hub.cli import main
from simulators.night_file import NIGHTS

BROKEN = """night: 1
title: Nobody will call the team for this
start: 2026-01-12T22:30
for: 4h
people:
  sanne: {answers: 1, comes: 1, after: 20s}
timeline:
  - {at: "02:20", press: anna}
expect:
  - about: the team comes
    reached: {called: team}
    after: "02:20"
    within: 2m
"""


pytestmark = pytest.mark.usefixtures("rehearsals")


def test_the_command_says_what_it_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["night", "--help"])
    assert "play nights on the virtual stage" in capsys.readouterr().out


def test_a_new_night_passes_and_is_never_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["night", "new", "mine"]) == 0
    assert main(["night", "check", "mine.yaml"]) == 0
    assert "ok   mine (seed 1): well" in capsys.readouterr().out
    assert main(["night", "new", "mine"]) == 1


def test_a_broken_expectation_is_told_with_its_line_and_the_command_that_replays_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("broken.yaml").write_text(BROKEN)
    assert main(["night", "check", "broken.yaml", "--json", "n.json", "--junit", "n.xml"]) == 1
    told = capsys.readouterr().out
    assert "broken.yaml:10: the team comes (reached called team)" in told
    assert "02:20:00  called sanne" in told
    replay = next(one for one in told.splitlines() if "replay:" in one).split("night check ")[1]
    assert main(["night", "check", *replay.split("#")[0].split()]) == 0
    said = json.loads(Path("n.json").read_text())
    assert [one["line"] for one in said["nights"][0]["broken"]] == [10]
    assert said["client_nights_per_minute"] > 0
    suite = ElementTree.parse("n.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")


def test_a_night_that_is_not_there_is_told_without_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["night", "check", "nowhere"]) == 1
    told = capsys.readouterr().out
    assert "nowhere" in told
    assert "0 nights" not in told


def test_several_seeds_are_several_nights(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["night", "check", "deceased_pendant_pressed", "--seeds", "2", "--seed", "40"]) == 0
    told = capsys.readouterr().out
    assert "(seed 40): well" in told
    assert "(seed 41): well" in told
    assert "client-nights a minute" in told


def test_json_alone_goes_to_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["night", "check", "deceased_pendant_pressed", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["nights"][0]["ok"] is True


def test_a_night_that_cannot_be_read_does_not_stop_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("bad.yaml").write_text("night: 2\n")
    assert main(["night", "check", "bad.yaml", "deceased_pendant_pressed"]) == 1
    told = capsys.readouterr().out
    assert "FAIL bad.yaml:1: night is 2; expected the version of this format" in told
    assert "deceased_pendant_pressed (seed 1): well" in told


def test_a_kind_or_outcome_that_is_misspelt_is_no_promise_kept(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = (NIGHTS / "deceased_pendant_pressed.yaml").read_text()
    Path("never.yaml").write_text(
        f"{text}  - never: {{opened: alarm.buton}}\n  - never: {{resolved: any, kind: alarm.fal}}\n"
        "  - never: {resolved: sensor_fals}\n"
    )
    assert main(["night", "check", "never.yaml"]) == 1
    last = len(text.splitlines())
    told = capsys.readouterr().out
    assert f"never.yaml:{last + 1}: there is no kind 'alarm.buton'; did you mean" in told
    assert f"never.yaml:{last + 2}: there is no kind 'alarm.fal'; did you mean 'alarm.fa" in told
    assert f"never.yaml:{last + 3}: there is no outcome 'sensor_fals'; did you mean 'sens" in told


def test_a_result_that_cannot_be_written_is_told_before_anything_is_played(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("folder").mkdir()
    files = ["--json", "nowhere/a.json", "--junit", "folder"]
    assert main(["night", "check", "deceased_pendant_pressed", *files]) == 2
    told = capsys.readouterr()
    assert "nowhere/a.json cannot be written: name a file in a folder" in told.err
    assert "folder cannot be written" in told.err
    assert told.out == ""
    assert main(["night", "new", "nowhere/mine"]) == 1
    assert "there is no folder nowhere; make it first" in capsys.readouterr().err


def test_the_list_names_every_night(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["night", "list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) >= 20
