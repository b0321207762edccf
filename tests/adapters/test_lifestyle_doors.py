"""Who came home, who went out, and who only let somebody out: what a door says of that."""

from datetime import time, timedelta

import pytest

from adapters.contract import Channel
from adapters.lifestyle import Limits
from tests.adapters.rhythm import Night

HOME_BY = Limits(home_by=time(18))
OUT_SINCE = "Buitendeur gebruikt om {}; om 18:00 nog geen beweging binnen."


def at_home() -> Night:
    """She has breakfast in the kitchen; every door is shut."""
    one = Night(HOME_BY)
    one.moves("08:10", "kitchen")
    return one


def out_since_ten(one: Night) -> Night:
    one.moves("09:59", "hall")
    goes_through(one, "10:00", "10:00:12")
    return one


def goes_through(one: Night, opens: str, shuts: str) -> None:
    one.opens_the_door(opens)
    one.says(shuts, Channel.DOOR, False, "hall", role="outside_door")


def comes_in(one: Night, opens: str, seen: str, shuts: str) -> None:
    one.opens_the_door(opens)
    one.moves(seen, "hall")
    one.says(shuts, Channel.DOOR, False, "hall", role="outside_door")


@pytest.mark.parametrize("shuts", ["14:30:08", "14:30:40", "14:32:00", "14:34:59"])
def test_who_comes_home_and_hangs_her_coat_before_the_door_falls_shut_is_home(shuts: str) -> None:
    one = out_since_ten(at_home())
    comes_in(one, "14:30", "14:30:05", shuts)
    assert one.passes_to("23:00") == []


def test_who_comes_home_after_she_was_missed_is_home_however_late_the_door_shuts() -> None:
    one = out_since_ten(at_home())
    assert one.passes_to("18:00") == [OUT_SINCE.format("10:00")]
    comes_in(one, "18:40", "18:40:10", "18:41:30")
    assert one.passes_to("23:00") == ["Weer beweging binnen om 18:40."]


def test_who_goes_out_is_out_also_when_she_was_seen_at_the_open_door() -> None:
    one = at_home()
    comes_in(one, "10:00", "10:00:20", "10:01")  # as she looks for her keys
    assert one.passes_to("18:00") == [OUT_SINCE.format("10:01")]


def test_who_comes_back_for_her_keys_and_goes_again_is_out() -> None:
    one = out_since_ten(at_home())
    comes_in(one, "10:01", "10:01:10", "10:02")
    assert one.passes_to("18:00") == [OUT_SINCE.format("10:02")]


def test_who_leaves_the_door_open_while_she_is_in_and_then_goes_out_is_out() -> None:
    one = out_since_ten(at_home())
    comes_in(one, "14:30", "14:30:05", "14:50")
    assert one.passes_to("18:00") == [OUT_SINCE.format("14:50")]


def test_who_goes_out_again_after_she_came_home_is_out() -> None:
    one = out_since_ten(at_home())
    comes_in(one, "14:30", "14:30:05", "14:30:40")
    goes_through(one, "14:32", "14:32:10")
    assert one.passes_to("18:00") == [OUT_SINCE.format("14:32")]


def test_a_door_that_others_open_while_she_is_out_brings_nobody_home() -> None:
    one = out_since_ten(at_home())
    goes_through(one, "14:30", "14:30:20")  # nobody moves indoors
    assert one.passes_to("18:00") == [OUT_SINCE.format("14:30")]


def test_who_stays_when_her_visitor_leaves_is_home_as_soon_as_she_moves() -> None:
    one = at_home()
    comes_in(one, "14:00", "14:00:05", "14:00:20")
    goes_through(one, "15:30", "15:30:10")
    one.moves("16:40", "kitchen")
    assert one.passes_to("23:00") == []


def test_in_doubt_who_let_her_visitor_out_and_then_moves_no_more_is_asked_after() -> None:
    one = at_home()
    comes_in(one, "14:00", "14:00:05", "14:00:20")
    one.moves("14:02", "kitchen")
    goes_through(one, "15:30", "15:30:10")
    assert one.passes_to("18:00") == [OUT_SINCE.format("15:30")]


def test_who_came_home_and_lies_still_is_missed_for_that() -> None:
    one = Night(Limits(home_by=time(18), inactive_for=timedelta(hours=4)))
    one.moves("08:10", "kitchen")
    out_since_ten(one)
    comes_in(one, "12:30", "12:30:05", "12:30:40")
    assert one.passes_to("16:30") == []
    (told,) = one.passes_to("16:31")
    assert told.startswith("Geen beweging sinds 12:30")
