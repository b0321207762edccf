"""What each kind means by default."""

import ast
import sys
from pathlib import Path

import pytest

import escalation
from adapters.contract import Kind
from escalation import kinds
from escalation.kinds import Circumstances, default_priority, emergency, lane, needs_centre
from escalation.model import Lane, Level, Priority
from escalation.timing import timing, wait
from tests.escalation.story import minutes

BY_DAY, AT_NIGHT = Circumstances(), Circumstances(at_night=True)


def test_every_kind_of_the_contract_has_a_row_and_no_row_is_of_another_kind() -> None:
    assert set(kinds.RULES) == {kind.value for kind in Kind}


def test_the_engine_imports_nothing_but_the_standard_library() -> None:
    folder = Path(escalation.__file__).parent
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    outside = {name.partition(".")[0] for name in imported} - {"escalation"}
    assert outside <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("kind", "when", "priority"),
    [
        ("alarm.button", BY_DAY, Priority.P1),
        ("alarm.left_home", BY_DAY, Priority.P2),
        ("alarm.left_home", AT_NIGHT, Priority.P1),
        ("location.left_zone", AT_NIGHT, Priority.P1),
        ("location.not_back_in_time", AT_NIGHT, Priority.P2),
        ("lifestyle.not_up", AT_NIGHT, Priority.P3),
        ("lifestyle.slower", BY_DAY, Priority.I),
        ("medication.missed_dose", BY_DAY, Priority.P3),
        ("medication.missed_dose", Circumstances(time_critical=True), Priority.P2),
        ("medication.jam", BY_DAY, Priority.T),
        ("medication.jam", Circumstances(dose_due=True), Priority.P3),
        ("location.no_fix", BY_DAY, Priority.T),
        ("location.no_fix", Circumstances(away_open=True), Priority.P1),
        ("technical.gateway_offline", BY_DAY, Priority.P2),
        ("alarm.of_tomorrow", BY_DAY, Priority.P1),
    ],
)
def test_the_default_priority(kind: str, when: Circumstances, priority: Priority) -> None:
    assert default_priority(kind, when) is priority


@pytest.mark.parametrize(
    ("kind", "priority", "where"),
    [
        ("alarm.button", Priority.P1, Lane.ALARM),
        ("technical.offline", Priority.T, Lane.QUEUE),
        ("lifestyle.slower", Priority.I, Lane.TREND),
        ("medication.missed_dose", Priority.I, Lane.TREND),
        ("presence.heartbeat", Priority.I, None),
    ],
)
def test_the_lane(kind: str, priority: Priority, where: Lane | None) -> None:
    assert lane(kind, priority) is where


def test_falls_and_presses_are_one_emergency_and_smoke_is_its_own() -> None:
    assert emergency("alarm.fall", Priority.P1) == emergency("alarm.button", Priority.P1) == "body"
    assert emergency("alarm.smoke", Priority.P1) == "alarm.smoke"


def test_in_the_technical_queue_every_kind_is_its_own_matter() -> None:
    assert emergency("location.no_fix", Priority.T) == "location.no_fix"
    assert emergency("location.no_fix", Priority.P1) == "away"


def test_four_kinds_need_the_care_centre_at_once() -> None:
    assert {kind for kind in kinds.RULES if needs_centre(kind)} == {
        "alarm.smoke",
        "alarm.co",
        "alarm.gas",
        "alarm.no_movement_after_fall",
    }


@pytest.mark.parametrize(
    ("priority", "waits", "repeats", "watch"),
    [(Priority.P1, 2, 1, 3), (Priority.P2, 5, 3, 5), (Priority.P3, 15, 15, 15)],
)
def test_the_default_waits(priority: Priority, waits: int, repeats: int, watch: int) -> None:
    assert wait(Level.OWN_TEAM, priority) == wait(Level.NIGHT_PARTNER, priority) == minutes(waits)
    assert wait(Level.CARE_CENTRE, priority) == timing(priority).centre_repeats == minutes(repeats)
    assert timing(priority).watch == minutes(watch)


def test_the_technical_desk_has_a_day() -> None:
    day = minutes(24 * 60)
    assert wait(Level.TECHNICAL_DESK, Priority.T) == wait(Level.OWN_TEAM, Priority.T) == day
    assert timing(Priority.I) == timing(Priority.T)
