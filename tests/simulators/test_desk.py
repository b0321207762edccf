"""The pretender operator leaves real people's alerts alone and finishes what nobody else does."""

from datetime import UTC, datetime, timedelta
from typing import Any

from simulators.desk import PATIENCE, SHARE, Desk
from simulators.people import Person

EVENING = datetime(2026, 1, 14, 23, 10, tzinfo=UTC)
PEOPLE = {
    "sanne": Person("sanne", answers=1, comes=1, finishes=False),
    "nachtteam": Person("nachtteam", answers=1, comes=1),
}
DESK = Desk("robin", PEOPLE, seed=4)


def an_alert(number: int = 0, **changed: Any) -> dict[str, Any]:
    called = {"level": "care_centre", "at": EVENING.isoformat()}
    alert = {
        "id": f"alert-{number}",
        "clients": [{"external_id": f"client-{number}"}],
        "kind": "alarm.button",
        "lane": "alarm",
        "opened_at": EVENING.isoformat(),
        "resolved_at": None,
        "custody": [],
        "forward": [],
        "ladder": [{"called": [called]}],
        "journal": [],
    }
    return alert | changed


def a_line(who: str, what: str = "claimed", by_hand_of: str = "") -> dict[str, Any]:
    return {
        "at": EVENING.isoformat(),
        "what": what,
        "actor": {"external_id": who},
        "entered_by": {"external_id": by_hand_of} if by_hand_of else None,
    }


def test_part_of_the_alarms_is_left_for_whoever_watches() -> None:
    moves = [DESK.next_move(an_alert(number)) for number in range(400)]
    soon = [one for one in moves if one and one.at < EVENING + timedelta(minutes=5)]
    late = [one for one in moves if one and one.at == EVENING + PATIENCE]
    assert len(soon) + len(late) == 400
    assert abs(len(soon) / 400 - SHARE) < 0.08


def test_an_alert_a_real_operator_touched_is_theirs() -> None:
    assert DESK.next_move(an_alert(journal=[a_line("noor")])) is None


def test_an_answer_a_real_operator_entered_for_a_pretender_is_theirs_too() -> None:
    entered = a_line("sanne", "accepted", by_hand_of="noor")
    assert DESK.next_move(an_alert(journal=[entered])) is None


def test_nothing_happens_before_the_centre_is_called() -> None:
    assert DESK.next_move(an_alert(ladder=[{"called": []}])) is None


def test_who_claimed_ends_it_by_telephone_or_sends_somebody() -> None:
    lines = [a_line("robin")]
    moves = [DESK.next_move(an_alert(number, journal=lines)) for number in range(50)]
    assert {one.action for one in moves if one} == {"resolve", "forward"}


def test_a_caregiver_at_the_bed_telephones_when_it_is_over() -> None:
    custody = [{"by": {"external_id": "sanne"}, "phase": "on_site"}]
    move = DESK.next_move(an_alert(custody=custody, journal=[a_line("sanne", "arrived")]))
    assert move is not None
    assert (move.action, move.body["by"]) == ("resolve", "sanne")


def test_somebody_on_the_road_is_left_to_drive() -> None:
    custody = [{"by": {"external_id": "nachtteam"}, "phase": "coming"}]
    assert DESK.next_move(an_alert(custody=custody, journal=[a_line("nachtteam")])) is None


def test_a_resolved_alert_is_over() -> None:
    assert DESK.next_move(an_alert(resolved_at=EVENING.isoformat())) is None
