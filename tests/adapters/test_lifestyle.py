"""The model night as a specification: bed, rooms and the outside door of one client."""

import json
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Channel, Kind
from adapters.lifestyle import Around, Change, Limits, Outcome, State, night_end, observe, ripen
from tests.adapters.rhythm import Night, local

AUTUMN = datetime(2026, 10, 24, tzinfo=UTC)
DAY = Limits(up_by=time(9, 30), inactive_for=timedelta(hours=4), home_by=time(18))


def test_out_of_bed_too_long_with_no_movement_elsewhere_is_told_with_its_reason() -> None:
    night = Night(Limits(out_of_bed=timedelta(minutes=24)))
    night.gets_up("03:02")
    assert night.passes_to("03:25:59") == []
    assert night.passes_to("03:26") == ["Uit bed om 03:02, 24 min; geen beweging elders."]


def test_it_is_told_once() -> None:
    night = Night()
    night.gets_up("03:02")
    assert len(night.passes_to("03:30")) == 1
    assert night.passes_to("06:59") == []


def test_the_finding_is_an_event_of_the_bed_at_the_moment_the_limit_was_reached() -> None:
    state = observe(State(), _up_at("03:02"), Limits()).state
    (found,) = ripen(state, local("03:40"), Limits()).findings
    assert (found.kind, found.device) == (Kind.NOT_BACK_IN_BED, "bed-1")
    assert found.occurred_at == local("03:22")
    assert not found.withdraws


def test_back_in_bed_in_time_is_nothing() -> None:
    night = Night()
    night.gets_up("03:02")
    night.says("03:12", Channel.BED, True)
    assert night.passes_to("06:00") == []
    assert night.state.due_at is None


def test_back_in_bed_afterwards_takes_it_back() -> None:
    night = Night()
    night.gets_up("03:02")
    night.passes_to("03:30")
    night.says("03:41", Channel.BED, True)
    (found,) = night.found
    assert found.withdraws
    assert night.passes_to("03:41") == ["Terug in bed om 03:41."]


def test_movement_in_another_room_starts_the_wait_again() -> None:
    night = Night()
    night.gets_up("03:02")
    night.moves("03:05", "bathroom")
    assert night.passes_to("03:24") == []
    assert night.passes_to("03:25") == [
        "Uit bed om 03:02, 23 min; laatste beweging elders om 03:05."
    ]


def test_movement_in_the_bedroom_itself_or_in_a_room_nobody_named_does_not() -> None:
    for room in ("bedroom", ""):
        night = Night()
        night.gets_up("03:02")
        night.moves("03:05", room)
        assert len(night.passes_to("03:22")) == 1


@pytest.mark.parametrize(("limit", "told_after"), [(5, 15), (15, 15), (30, 30), (45, 45), (90, 45)])
def test_the_limit_has_a_floor_and_a_cap(limit: int, told_after: int) -> None:
    night = Night(Limits(out_of_bed=timedelta(minutes=limit)))
    night.gets_up("01:00")
    assert night.passes_to(local("01:00") + timedelta(minutes=told_after, seconds=-1)) == []
    assert len(night.passes_to(local("01:00") + timedelta(minutes=told_after))) == 1


@pytest.mark.parametrize(
    ("at", "watched"),
    [
        ("22:59", False),
        ("23:00", True),
        ("2026-01-06 00:10", True),
        ("06:39", True),
        ("06:50", False),
        ("07:00", False),
        ("14:00", False),
    ],
)
def test_only_who_gets_up_in_the_night_is_watched_until_the_morning(at: str, watched: bool) -> None:
    night = Night()
    night.gets_up(at)
    assert (night.state.due_at is not None) is watched


def test_the_first_word_of_a_sensor_only_sets_the_state() -> None:
    night = Night()
    night.says("03:02", Channel.BED, False, before=None)
    night.says("03:02", Channel.DOOR, True, "hall", before=None, role="outside_door")
    assert night.state == State()


def test_saying_the_same_again_changes_nothing() -> None:
    night = Night()
    night.gets_up("03:02")
    night.says("03:10", Channel.BED, False, before=False)
    assert len(night.passes_to("03:22")) == 1


def test_nothing_is_told_while_a_carer_is_there_and_the_wait_starts_again_when_she_leaves() -> None:
    night = Night(around=Around(paused_until=local("03:50")))
    night.gets_up("03:02")
    night.opens_the_door("03:03")
    assert night.passes_to("03:49:59") == []
    assert night.state.due_at == local("03:50")
    night.around = Around()
    assert night.passes_to("03:50") == []
    assert night.passes_to("04:09") == []
    assert night.passes_to("04:10") == ["Uit bed om 03:02, 68 min; geen beweging elders."]


def test_a_bed_not_heard_for_a_day_tells_nothing() -> None:
    state = observe(State(), _up_at("03:02"), Limits()).state
    assert ripen(state, local("2026-01-06 03:03"), Limits()).findings
    assert ripen(state, local("2026-01-06 03:04"), Limits()) == Outcome(State())


def test_a_bed_that_repeats_itself_changes_its_state_once_a_minute_and_is_kept_a_whole_day() -> (
    None
):
    night = Night()
    night.gets_up("03:02")
    told = night.state
    night.says("03:02:59", Channel.BED, False, before=False)
    assert night.state == told
    night.says("03:03:59", Channel.BED, False, before=False)
    night.says("03:04:58", Channel.BED, False, before=False)
    assert ripen(night.state, local("2026-01-06 03:04:58"), Limits()).findings


def test_what_was_due_before_a_change_is_found_when_the_change_comes_first() -> None:
    night = Night()
    night.gets_up("03:02")
    night.says("03:50", Channel.BED, True)
    assert [one.withdraws for one in night.found] == [False, True]


def test_an_outside_door_at_night_and_nobody_indoors_is_left_home() -> None:
    night = Night()
    night.opens_the_door("03:10")
    assert night.passes_to("03:12:59") == []
    found = "Buitendeur open om 03:10; geen beweging binnen in 3 min."
    assert night.passes_to("03:13") == [found]
    assert night.passes_to("06:00") == []


def test_movement_indoors_within_three_minutes_is_nobody_gone() -> None:
    for said in (Channel.MOTION, Channel.OCCUPANCY, Channel.BED):
        night = Night()
        night.opens_the_door("03:10")
        night.says("03:12", said, True, "hall")
        assert night.passes_to("06:00") == []


def test_a_sensor_in_the_hall_that_falls_silent_is_no_movement_indoors() -> None:
    night = Night()
    night.opens_the_door("03:10")
    night.says("03:11", Channel.MOTION, False, "hall")
    assert len(night.passes_to("03:13")) == 1


def test_a_cupboard_or_a_door_by_day_is_nothing() -> None:
    night = Night()
    night.opens_the_door("03:10", role="")
    night.opens_the_door("14:00")
    assert night.state == State()


def test_coming_home_takes_it_back_also_when_the_door_opened_again() -> None:
    night = Night()
    night.opens_the_door("03:10")
    night.passes_to("03:20")
    night.opens_the_door("03:24")
    night.moves("03:25", "hall")
    assert [one.correlation_key for one in night.found] == [
        f"alarm.left_home/{local('03:10').isoformat()}"
    ]
    assert night.passes_to("03:40") == ["Weer beweging binnen om 03:25."]


def test_leaving_a_second_time_is_told_a_second_time() -> None:
    night = Night()
    night.opens_the_door("03:10")
    assert len(night.passes_to("03:20")) == 1
    night.opens_the_door("04:00")
    assert len(night.passes_to("04:03")) == 1


def test_the_door_pushed_again_does_not_postpone() -> None:
    night = Night()
    night.opens_the_door("03:10")
    night.opens_the_door("03:12")
    assert len(night.passes_to("03:13")) == 1


def test_in_the_night_the_clock_goes_back_twenty_minutes_are_twenty_minutes() -> None:
    night = Night()
    night.gets_up(local("2026-10-25 02:50"))
    assert night.passes_to(local("2026-10-25 02:09", fold=1)) == []
    told = night.passes_to(local("2026-10-25 02:10", fold=1))
    assert told == ["Uit bed om 02:50, 20 min; geen beweging elders."]


def test_in_the_night_the_clock_goes_forward_as_well() -> None:
    night = Night()
    night.gets_up(local("2026-03-29 01:50"))
    assert night.passes_to(local("2026-03-29 03:09")) == []
    assert night.passes_to(local("2026-03-29 03:10")) == [
        "Uit bed om 01:50, 20 min; geen beweging elders."
    ]


@pytest.mark.parametrize(
    ("at", "hours"),
    [("2026-03-28 23:00", 7), ("2026-10-24 23:00", 9), ("2026-01-05 23:00", 8)],
)
def test_a_night_belongs_to_the_day_it_starts_and_is_as_long_as_it_is(at: str, hours: int) -> None:
    starts = local(at)
    assert night_end(starts, Limits()) == starts + timedelta(hours=hours)
    assert night_end(starts + timedelta(hours=hours, seconds=-1), Limits()) is not None
    assert night_end(starts + timedelta(hours=hours), Limits()) is None
    assert night_end(starts - timedelta(seconds=1), Limits()) is None


def test_a_window_that_does_not_pass_midnight() -> None:
    early = Limits(night_from=time(1), night_until=time(5))
    assert night_end(local("00:59"), early) is None
    assert night_end(local("01:00"), early) == local("05:00")


changes = st.builds(
    Change,
    at=st.integers(0, 48 * 60).map(lambda minutes: AUTUMN + timedelta(minutes=minutes)),
    device=st.sampled_from(["one", "two"]),
    channel=st.sampled_from([Channel.BED, Channel.DOOR, Channel.MOTION, Channel.OCCUPANCY]),
    active=st.booleans(),
    before=st.none() | st.booleans(),
    role=st.sampled_from(["", "outside_door"]),
    room=st.sampled_from(["", "bedroom", "hall"]),
)


@given(st.lists(changes, max_size=12), st.booleans())
def test_whatever_happens_looking_twice_finds_nothing_new(
    happened: list[Change], paused: bool
) -> None:
    state, limits = State(), DAY
    around = Around(paused_until=AUTUMN + timedelta(hours=49)) if paused else Around()
    for change in sorted(happened, key=lambda one: one.at):
        state = observe(state, change, limits, around).state
        assert State.from_json(json.loads(json.dumps(state.to_json()))) == state
    later = AUTUMN + timedelta(hours=50)
    ripened = ripen(state, later, limits)
    assert ripen(ripened.state, later, limits) == Outcome(ripened.state)
    assert ripened.state.due_at is None or ripened.state.due_at > later


def _up_at(at: str) -> Change:
    return Change(local(at), "bed-1", Channel.BED, False, before=True, room="bedroom")
