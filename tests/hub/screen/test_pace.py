"""How soon boards may follow each other."""

from hub.screen.live import Pace


def test_after_a_rest_three_boards_may_follow_at_once_and_then_five_a_second() -> None:
    pace, now, sent = Pace(interval=0.2, at_once=3), 100.0, []
    for _ in range(8):
        sent.append(round(now - 100.0, 3))
        now += pace.pause(now)
    assert sent == [0.0, 0.0, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0]


def test_after_a_long_rest_no_more_are_saved_up() -> None:
    pace = Pace(interval=0.2, at_once=3)
    pace.pause(0.0)
    assert [round(pace.pause(1000.0), 3) for _ in range(4)] == [0.0, 0.0, 0.2, 0.4]
