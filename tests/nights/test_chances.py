"""What must come true often enough is judged over seeds, with the doubt that is left."""

import json
from pathlib import Path

import pytest

from hub.cli import main
from hub.rehearsal.chances import bounds

pytestmark = pytest.mark.usefixtures("rehearsals")

NIGHT = """night: 1
title: Sanne answers in six of ten nights
start: 2026-01-12T22:30
for: 2h
people:
  sanne: {{answers: 0.6, comes: 1, after: 20s}}
timeline:
  - {{at: "23:20", press: anna}}
expect:
  - about: her daughter comes
    reached: {{accepted: sanne}}
    within: 1h30m
    prob: {prob}
"""


def checked(prob: float, seeds: int, *more: str) -> int:
    Path("luck.yaml").write_text(NIGHT.format(prob=prob))
    return main(["night", "check", "luck.yaml", "--seeds", str(seeds), *more])


@pytest.mark.parametrize(
    ("met", "played", "low", "high"),
    [(0, 1, 0.0, 0.975), (0, 10, 0.0, 0.308), (10, 10, 0.692, 1.0), (8, 10, 0.444, 0.975)],
)
def test_the_interval_is_that_of_the_tables(met: int, played: int, low: float, high: float) -> None:
    assert [round(one, 3) for one in bounds(met, played)] == [low, high]


def test_a_share_that_many_seeds_reach_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(0.2, 12, "--json", "n.json", "--junit", "n.xml") == 0
    assert "ok   luck.yaml:10: her daughter comes (reached accepted sanne)" in (
        capsys.readouterr().out
    )
    (said,) = json.loads(Path("n.json").read_text())["chances"]
    assert said["verdict"] == "kept"
    assert said["played"] == 12
    assert said["low"] >= 0.2
    assert said["met"] + len(said["missed_by_seeds"]) == 12
    assert 'failures="0"' in Path("n.xml").read_text()


def test_a_share_that_seeds_disprove_fails_and_names_a_seed_to_replay(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert checked(0.99, 12, "--junit", "n.xml") == 1
    told = capsys.readouterr().out
    assert "FAIL luck.yaml:10" in told
    assert "is one that missed it" in told
    assert 'failures="1"' in Path("n.xml").read_text()


def test_one_night_proves_nothing_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(0.9, 1) == 0
    assert "?    luck.yaml:10" in capsys.readouterr().out


def test_a_chance_of_one_is_refused_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(1.0, 1) == 1
    assert "leave it out where every seed must" in capsys.readouterr().out
