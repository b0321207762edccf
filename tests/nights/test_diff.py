"""Two results are held against each other per alert; ids do not count, moments do."""

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from hub.cli import main
from hub.rehearsal import report
from hub.rehearsal.database import empty
from hub.rehearsal.diff import compare
from hub.rehearsal.play import rehearse
from simulators.night_file import find
from simulators.night_reading import load

Result = dict[str, Any]


def happened(at: str, what: str, who: str, detail: str = "") -> Result:
    common = {"clients": ["anna"], "kind": "alarm.button", "priority": "P1", "alert": 1}
    return {"at": f"2026-01-13T{at}+00:00", "what": what, "who": who, "detail": detail} | common


def result(*told: Result) -> Result:
    night = {"night": "mine", "seed": 1, "zone": "Europe/Amsterdam", "broken": []}
    return {"nights": [night | {"happened": list(told)}]}


PRESS = happened("01:20:00", "opened", "alarm.button")
CALLED = happened("01:20:00", "called", "sanne")
RESOLVED = happened("01:40:00", "resolved", "real_not_urgent")


def told(*lines: Result, beside: Result, within: int = 0) -> list[str]:
    found = compare(result(*lines), beside, timedelta(seconds=within))
    assert bool(found.differ) == (len(found.lines) > 1)
    return [one.strip() for one in found.lines[1:]]


def test_the_same_night_twice_does_not_differ() -> None:
    found = compare(result(PRESS, CALLED), result(PRESS, CALLED))
    assert (found.differ, found.lines) == (0, ["mine (seed 1): the same"])


def test_a_call_that_came_later_is_told_with_both_moments() -> None:
    later = result(PRESS, happened("01:22:30", "called", "sanne"))
    assert told(PRESS, CALLED, beside=later)[1:] == [
        "~ called sanne: 02:20:00 in a, 02:22:30 in b, 2 min 30 s later"
    ]


def test_moments_within_what_was_allowed_are_the_same() -> None:
    later = result(PRESS, happened("01:20:02", "called", "sanne"))
    assert told(PRESS, CALLED, beside=later, within=2) == []
    assert told(PRESS, CALLED, beside=later, within=1)


def test_an_answer_or_ending_of_only_one_of_them_is_told() -> None:
    accepted = happened("01:21:00", "accepted", "sanne", "done")
    other = happened("01:40:00", "resolved", "false_alarm")
    assert told(PRESS, accepted, RESOLVED, beside=result(PRESS, other))[1:] == [
        "- 02:21:00 accepted sanne: only in a",
        "- 02:40:00 resolved real_not_urgent: only in a",
        "+ 02:40:00 resolved false_alarm: only in b",
    ]


def test_an_alert_of_only_one_of_them_is_told() -> None:
    second = happened("03:00:00", "opened", "alarm.button") | {"alert": 2}
    assert told(PRESS, beside=result(PRESS, second)) == [
        "+ P1 alarm.button of anna, opened 04:00:00: only in b"
    ]


def test_the_number_of_an_alert_does_not_count() -> None:
    assert told(PRESS, beside=result(PRESS | {"alert": 7})) == []


def test_a_promise_that_broke_in_one_of_them_is_told() -> None:
    worse = result(PRESS)
    broken = {"at": PRESS["at"], "promise": "One matter is one open alert", "what": "x"}
    worse["nights"][0]["broken"] = [broken]
    assert told(PRESS, beside=worse) == [
        "+ 02:20:00 broken: One matter is one open alert: only in b"
    ]


def test_a_night_of_only_one_of_them_is_told() -> None:
    found = compare(result(PRESS), {"nights": []})
    assert (found.differ, found.lines) == (1, ["mine (seed 1): only in a"])


def test_many_seeds_are_held_against_the_same_seeds_only() -> None:
    of_two, other = result(PRESS), result(PRESS)
    of_two["nights"].append({**of_two["nights"][0], "seed": 2})
    other["nights"][0]["seed"] = 2
    found = compare(of_two, other)
    assert found.lines == ["mine (seed 1): only in a", "mine (seed 2): the same"]


@pytest.fixture
def written(database_url: str, tmp_path: Path) -> Callable[[int], Any]:
    names = count(1)

    async def play(seed: int) -> Path:
        empty(database_url)
        account = await rehearse(load(find("caregiver_asleep")), database_url, seed)
        path = tmp_path / f"{next(names)}.json"
        path.write_text(json.dumps(report.as_json([account], [])))
        return path

    return play


async def test_the_command_ends_with_one_when_they_differ(
    written: Callable[[int], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    first, again, other = await written(1), await written(1), await written(2)
    assert main(["night", "diff", str(first), str(again)]) == 0
    assert capsys.readouterr().out == "caregiver_asleep (seed 1): the same\n"
    assert main(["night", "diff", str(first), str(other)]) == 1
    assert "caregiver_asleep (seed 1 in a, 2 in b): differs" in capsys.readouterr().out


def test_a_file_that_is_no_result_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"nights": [{"happened": [{}]}]}')
    assert main(["night", "diff", str(bad), str(bad)]) == 2
    assert main(["night", "diff", str(tmp_path / "none.json"), str(bad)]) == 2
    assert "is not a result of this version" in capsys.readouterr().err
