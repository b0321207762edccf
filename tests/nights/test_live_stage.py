"""Nights on the live stage: a hub in a process of its own, MQTT, HTTP, and a real SIGKILL."""

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from hub.clock import LedClock
from hub.rehearsal.command import main
from hub.rehearsal.database import empty
from hub.rehearsal.live import perform
from hub.rehearsal.live_stage import LedStage
from hub.rehearsal.play import NotEmpty, rehearse
from hub.rehearsal.served import Lines
from simulators.night import Fault, Night, Span
from simulators.night_file import find
from simulators.night_reading import load
from tests.nights.live_nights import assert_went_well, differences, heard_by_all, patient

SPEED = 5.0
pytestmark = pytest.mark.slow


def night(name: str) -> Night:
    return patient(load(find(name)))


@pytest.mark.parametrize("name", ["model_night", "smoke_at_night"])
async def test_live_and_virtual_give_the_same_alerts_and_calls_and_events(
    name: str, database_url: str, tmp_path: Path
) -> None:
    played = heard_by_all(night(name))
    virtual = await rehearse(played, database_url)
    empty(database_url)
    live = await perform(played, database_url, tmp_path, SPEED)
    assert_went_well(live)
    assert differences(live.account, virtual) == []


async def test_a_hub_that_is_really_killed_goes_on_where_it_was(
    database_url: str, tmp_path: Path
) -> None:
    live = await perform(night("hub_killed"), database_url, tmp_path, SPEED)
    assert_went_well(live)
    assert live.figures.kills == 4


def _around_the_alarm(of: Night) -> Span:
    at = min(one.at for one in of.timeline)
    return Span(at - timedelta(minutes=1), at + timedelta(minutes=5))


async def test_an_alarm_on_a_slow_database_waits_and_is_answered(
    database_url: str, tmp_path: Path
) -> None:
    quick = night("smoke_at_night")
    slow = Fault("database_slow", "", _around_the_alarm(quick), {"by": "2s"})
    live = await perform(replace(quick, faults=(slow,)), database_url, tmp_path, SPEED)
    assert_went_well(live)
    assert live.account.alerts == 1
    assert live.figures.locked > 0


async def test_a_database_that_holds_something_is_left_alone(
    database_url: str, tmp_path: Path
) -> None:
    await rehearse(replace(night("quiet"), end=night("quiet").start), database_url)
    with pytest.raises(NotEmpty):
        await perform(night("quiet"), database_url, tmp_path, SPEED)


@pytest.mark.parametrize("speed", ["0", "601", "fast"])
def test_a_speed_that_no_hub_allows_is_refused(speed: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["play", "quiet", "--speed", speed])
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("caught", "line"),
    [
        ("OperationalError from LockNotAvailable", "WAITED worker failed"),
        ("KeyError", "ERROR worker failed"),
        ("IntegrityError from UniqueViolation", "ERROR worker failed"),
    ],
)
def test_a_database_without_time_is_told_apart_from_a_hub_that_fails(
    caught: str, line: str
) -> None:
    record = logging.LogRecord("hub", logging.ERROR, "", 1, "worker failed", None, None)
    record.caught = caught
    assert Lines().format(record) == f"{line}: {caught}"


def test_a_clock_that_stands_still_is_the_same_for_everybody(tmp_path: Path) -> None:
    start = night("quiet").start
    LedClock(tmp_path / "clock").set(start, 0.0)
    assert LedClock(tmp_path / "clock")() == start


async def test_what_began_and_ended_during_a_look_is_told_from_nothing_at_all(
    tmp_path: Path,
) -> None:
    clock = LedClock(tmp_path / "clock")
    async with httpx.AsyncClient() as http:
        stage = LedStage(clock, SPEED, http)
        before = stage.begun
        with stage.under_way():
            assert stage.begun is None
        assert stage.begun not in (before, None)
