"""Every fault of a night reaches the hub, and what must come of it comes."""

from pathlib import Path

import pytest

from hub.rehearsal import report
from hub.rehearsal.account import Account
from hub.rehearsal.play import rehearse
from simulators.night_reading import load

NIGHT = """
night: 1
title: A fault
start: 2026-01-12T22:30
for: 1h30m
people:
  sanne: {answers: 1, comes: 1, after: 30s, travel: 5m}
  noor: {answers: 0}
timeline:
  - {at: "23:00", press: anna}
"""
WELL = """
expect:
  - {exactly_once: {opened: alarm.button, client: anna}}
  - {reached: {accepted: sanne}, after: "23:00", within: 2m}
"""


async def played(more: str, url: str, folder: Path) -> Account:
    file = folder / "fault.yaml"
    file.write_text(NIGHT + more)
    return await rehearse(load(file), url)


async def test_a_telephone_that_gives_no_receipt_rings_again_and_its_answer_counts(
    database_url: str, tmp_path: Path
) -> None:
    fault = 'faults: [{channel_fails: sanne, how: no_receipt, until: "23:10"}]'
    account = await played(fault + WELL, database_url, tmp_path)
    assert not account.broken, "\n".join(report.lines(account))
    assert account.calls > 1


async def test_a_battery_that_runs_out_is_work_before_it_is_silence(
    database_url: str, tmp_path: Path
) -> None:
    fault = 'faults: [{battery: anna, from: "22:40", until: "22:50"}]'
    expect = """
expect:
  - {exactly_once: {opened: technical.battery_low, client: anna, priority: T}}
  - never: {opened: alarm.button}
"""
    account = await played(fault + expect, database_url, tmp_path)
    assert not account.broken, "\n".join(report.lines(account))


@pytest.mark.parametrize(
    "fault",
    [
        "{clock_off: anna, ahead: 9m}",
        "{clock_off: anna, behind: 26h}",
        "{link_poor: huis-anna, duplicate: 1, reorder: 1}",
        "{link_poor: huis-anna, delay: 30s}",
        '{link_down: huis-anna, buffers: true, from: "22:59", until: "23:01"}',
    ],
)
async def test_a_press_arrives_once_whatever_the_devices_clock_and_link_do(
    fault: str, database_url: str, tmp_path: Path
) -> None:
    expect = "\nexpect: [{exactly_once: {opened: alarm.button, client: anna}}]\n"
    account = await played(f"faults: [{fault}]{expect}", database_url, tmp_path)
    assert not account.broken, "\n".join(report.lines(account))


async def test_what_a_link_drops_is_heard_by_nobody(database_url: str, tmp_path: Path) -> None:
    expect = "\nexpect: [{never: {opened: alarm.button}}]\n"
    fault = "faults: [{link_poor: huis-anna, drop: 1}]"
    account = await played(fault + expect, database_url, tmp_path)
    assert not account.broken, "\n".join(report.lines(account))


async def test_a_slow_database_makes_calls_late_and_breaks_no_promise(
    database_url: str, tmp_path: Path
) -> None:
    fault = 'faults: [{database_slow: true, by: 8s, from: "22:55", until: "23:20"}]'
    late = """
expect:
  - never: {called: sanne}
    until: "23:00:07"
  - {exactly_once: {opened: alarm.button, client: anna}}
  - {reached: {called: sanne}, after: "23:00", within: 30s}
  - {reached: {arrived: sanne}, after: "23:00", within: 15m}
"""
    account = await played(fault + late, database_url, tmp_path)
    assert not account.broken, "\n".join(report.lines(account))
