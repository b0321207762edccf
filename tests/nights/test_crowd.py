"""A whole region for one night: every promise holds, and a storm costs nobody their alarm."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from hub.cli import main
from simulators.crowd import Size, crowd
from simulators.night_script import script
from simulators.routine import moment

EVENING = date(2026, 10, 24)  # the clock goes back
START, END = moment(EVENING, "23:00"), moment(EVENING, "07:00")


@pytest.mark.usefixtures("rehearsals")
def test_a_small_crowd_keeps_every_promise_in_a_storm(capsys: pytest.CaptureFixture[str]) -> None:
    said = ["--clients", "60", "--night", "2026-10-24", "--storm", "--telemetry", "0.2"]
    assert main(["night", "crowd", *said, "--json", "crowd.json"]) == 0
    told = capsys.readouterr().out
    assert "ok   crowd_60 (seed 1): well" in told
    assert "67.5 client-nights of eight hours; 20% of the homes" in told
    assert "ms of the processor here" in told
    assert "s here went to" in told
    assert Path("crowd.json").stat().st_size > 0


def test_a_larger_crowd_holds_the_smaller_one() -> None:
    small = crowd(Size(50, 0.1, storm=False), START, END - START, 3)
    large = crowd(Size(200, 0.1, storm=False), START, END - START, 3)
    assert set(small.clients) <= set(large.clients)
    assert set(small.timeline) <= set(large.timeline)


def test_the_rates_are_those_of_the_table() -> None:
    night = crowd(Size(4000, 0.0, storm=False), START, timedelta(hours=8), 1)
    pressed = sum(one.what == "press" for one in night.timeline)
    assert 35 <= pressed <= 90  # 0.015 each, and a fifth of the falls
    assert not any(one.routine for one in script(night, 1))


def test_in_a_storm_nothing_is_heard_for_a_while_and_people_press_after_it() -> None:
    calm = crowd(Size(2000, 0.0, storm=False), START, timedelta(hours=8), 1)
    storm = crowd(Size(2000, 0.0, storm=True), START, timedelta(hours=8), 1)
    assert [one.what for one in storm.faults] == ["link_down"]
    ends = storm.faults[0].during.ends
    assert ends is not None
    more = set(storm.timeline) - set(calm.timeline)
    presses = [one for one in more if one.what == "press"]
    assert presses
    assert all(ends <= one.at <= ends + timedelta(minutes=10) for one in presses)


def test_a_power_cut_is_one_moment_for_a_whole_village() -> None:
    storm = crowd(Size(2000, 0.0, storm=True), START, timedelta(hours=8), 1)
    lost = [one.at for one in storm.timeline if one.what == "mains_lost"]
    assert (len(lost), len(set(lost))) == (300, 1)


def test_every_team_works_for_one_provider() -> None:
    night = crowd(Size(6000, 0.0, storm=False), START, timedelta(hours=8), 1)
    of = {one.name: one.of for one in night.people}
    assert all(of[one.team] == night.home(one.home).of for one in night.clients)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--clients", "0"],
        ["--clients", "many"],
        ["--night", "soon"],
        ["--night", "9999-12-31"],
        ["--telemetry", "2"],
        ["--json", "no/such/folder/crowd.json"],
    ],
)
def test_wrong_arguments_are_named(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["night", "crowd", *wrong])
    assert ended.value.code == 2
    assert wrong[0] in capsys.readouterr().err
