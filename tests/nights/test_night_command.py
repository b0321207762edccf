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


AGREED = """clients:
  anna:
    plan:
      - {kinds: [alarm.*, "*", lifestyle.inactivity], steps: [{level: care_centre, wait: 1m}]}
      - kinds: [alarm.buton, lifestile.*]
        steps: [{level: care_centre, wait: 1m}]
"""


def refused(capsys: pytest.CaptureFixture[str], command: list[str], why: str) -> None:
    """Wrong arguments: status 2, one reason, and nothing is played."""
    with pytest.raises(SystemExit, match="2"):
        main(command)
    told = capsys.readouterr()
    assert why in told.err
    assert told.out == ""


def suites(file: str) -> list[ElementTree.Element]:
    """The suites of a JUnit file, read as build servers do: what they miss or miscount fails."""
    root = ElementTree.parse(file).getroot()
    assert root.tag == "testsuites"
    for suite in (root, *root):
        cases = list(suite.iter("testcase"))
        assert suite.get("name")
        assert suite.get("tests") == str(len(cases))
        for how in ("failure", "error"):
            assert suite.get(f"{how}s") == str(len([*suite.iter(how)]))
        whole = sum(float(one.get("time", "none")) for one in cases)
        assert float(suite.get("time", "none")) == pytest.approx(whole, abs=0.01)
    for found in (*root.iter("failure"), *root.iter("error"), *root.iter("skipped")):
        assert found.get("message")
        assert found.get("type")
        assert found.text
    return list(root)


pytestmark = pytest.mark.usefixtures("rehearsals")


def test_the_command_says_what_it_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["night", "--help"])
    assert "play nights on the virtual stage" in capsys.readouterr().out


def test_a_new_night_passes_and_is_never_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["night", "new", "mine"]) == 0
    assert main(["night", "check", "mine.yaml"]) == 0
    assert "ok   mine (seed 1): well" in capsys.readouterr().out
    refused(capsys, ["night", "new", "mine"], "mine.yaml is there already; choose another name")


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
    (suite,) = suites("n.xml")
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
    whole = ["night", "check", "bad.yaml", "deceased_pendant_pressed", "--junit", "n.xml"]
    assert main(whole) == 1
    told = capsys.readouterr().out
    assert "FAIL bad.yaml:1: night is 2; expected the version of this format" in told
    assert "deceased_pendant_pressed (seed 1): well" in told
    (suite,) = suites("n.xml")
    counted = [suite.get(one) for one in ("tests", "failures", "errors", "skipped")]
    assert counted == ["2", "0", "1", "0"]


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


def test_an_agreement_about_a_kind_that_is_misspelt_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("mine.yaml").write_text(BROKEN + AGREED)
    assert main(["night", "check", "mine.yaml"]) == 1
    first, second, *more = capsys.readouterr().out.splitlines()
    line = len(BROKEN.splitlines()) + 5
    where = f"FAIL mine.yaml:{line}: there is no kind"
    assert first == f"{where} 'alarm.buton'; did you mean 'alarm.button'?"
    assert second == f"{where} 'lifestile.*'; did you mean 'lifestyle.*'?"
    assert more == []


@pytest.mark.parametrize("until", ["nonsense", "02:20 again", "+3x"])
def test_an_end_that_is_no_moment_is_a_wrong_argument(
    capsys: pytest.CaptureFixture[str], until: str
) -> None:
    assert main(["night", "check", "quiet", "--until", until]) == 2
    told = capsys.readouterr()
    assert f"--until {until}: use a time such as 02:20, or +3h20m" in told.err
    assert told.out == ""


def test_a_result_that_cannot_be_written_is_told_before_anything_is_played(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("folder").mkdir()
    for command in (["check", "quiet"], ["play", "quiet"], ["crowd"]):
        night = ["night", *command]
        no_folder = "nowhere/a.json: there is no folder nowhere; make it first"
        refused(capsys, [*night, "--json", "nowhere/a.json"], no_folder)
        refused(capsys, [*night, "--json", "folder"], "folder is a folder; name a file in it")
    refused(capsys, ["night", "new", "nowhere/mine"], "there is no folder nowhere; make it first")
    refused(capsys, ["night", "new", "My Night"], "'My Night' is no name for a night; use small")


def test_a_result_that_fails_to_be_written_after_all_says_so_in_one_line() -> None:
    with pytest.raises(SystemExit, match="/dev/full cannot be written: No space left"):
        main(["night", "check", "deceased_pendant_pressed", "--junit", "/dev/full"])


def test_the_list_names_every_night(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["night", "list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) >= 20
