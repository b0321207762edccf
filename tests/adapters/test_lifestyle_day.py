"""The rules of the day: not up, no movement for too long, not home; and what is not watched."""

from datetime import time, timedelta

import pytest

from adapters.contract import Channel, Kind
from adapters.lifestyle import Around, Limits, Sensor
from adapters.lifestyle_gaps import Gap, gaps
from tests.adapters.rhythm import Night, local

HOUR = timedelta(hours=1)
UP_BY = Limits(up_by=time(9, 30))
ACTIVE = Limits(inactive_for=4 * HOUR)
HOME_BY = Limits(home_by=time(18))
IN_BED = ("04:00", Channel.BED, True)


def day(limits: Limits, around: Around | None = None) -> Night:
    """A day of 5 January; the bed says at four that somebody lies in it."""
    one = Night(limits, around)
    one.says(*IN_BED)
    one.passes_to("04:00")
    return one


def leaves(one: Night, at: str) -> None:
    one.says(at, Channel.DOOR, True, "hall", role="outside_door")


def test_who_is_not_out_of_the_bedroom_by_the_agreed_time_is_told_of_once() -> None:
    one = day(UP_BY)
    one.moves("08:10", "bedroom")
    assert one.passes_to("09:29:59") == []
    told = "Om 09:30 nog niet op: sinds 07:00 geen beweging buiten de slaapkamer."
    assert one.passes_to("09:30") == [told]
    assert one.passes_to("23:00") == []


@pytest.mark.parametrize("at", ["07:00", "08:40", "09:29"])
def test_who_moves_about_in_the_morning_is_up(at: str) -> None:
    one = day(UP_BY)
    one.moves(at, "kitchen")
    assert one.passes_to("12:00") == []


def test_a_visit_to_the_toilet_in_the_night_is_not_being_up() -> None:
    one = day(UP_BY)
    one.gets_up("05:00")
    one.moves("05:02", "bathroom")
    one.says("05:09", Channel.BED, True)
    assert len(one.passes_to("09:30")) == 1


def test_who_got_up_before_the_night_was_over_is_up() -> None:
    one = day(UP_BY)
    one.gets_up("06:41")
    one.moves("06:43", "kitchen")
    assert one.passes_to("12:00") == []


def test_who_left_bed_and_was_seen_nowhere_since_is_not_up() -> None:
    one = day(UP_BY)
    one.gets_up("06:55")
    told = one.passes_to("09:30")
    assert told[-1].endswith("geen beweging buiten de slaapkamer; uit bed sinds 06:55.")


def test_getting_up_after_all_takes_it_back() -> None:
    one = day(UP_BY)
    one.passes_to("09:30")
    one.moves("09:41", "kitchen")
    (back,) = one.found
    assert (back.kind, back.withdraws) == (Kind.NOT_UP, True)
    assert one.passes_to("09:41") == ["Opgestaan om 09:41."]


def test_the_next_morning_it_is_looked_at_again() -> None:
    one = day(UP_BY)
    one.passes_to("09:30")
    assert len(one.passes_to(local("2026-01-06 09:30"))) == 1


def test_another_time_that_is_agreed_counts_from_the_next_look() -> None:
    one = day(UP_BY)
    one.limits = Limits(up_by=time(11))
    assert one.passes_to("10:59") == []
    assert len(one.passes_to("11:00")) == 1


@pytest.mark.parametrize("date", ["2026-03-29", "2026-10-25"])
def test_on_the_days_the_clock_changes_the_clock_on_the_wall_counts(date: str) -> None:
    one = Night(Limits(up_by=time(9, 30), inactive_for=4 * HOUR))
    one.says(local(f"{date} 00:30"), Channel.BED, True)
    one.passes_to(local(f"{date} 00:30"))
    assert one.passes_to(local(f"{date} 09:29")) == []
    assert one.passes_to(local(f"{date} 09:30")) != []
    assert one.passes_to(local(f"{date} 10:59")) == []
    (told,) = one.passes_to(local(f"{date} 11:00"))
    assert told.startswith("Geen beweging sinds 07:00, 4 uur 0 min.")


def test_no_movement_by_day_for_as_long_as_agreed_is_told_with_its_reason() -> None:
    one = day(ACTIVE)
    one.moves("09:12", "kitchen")
    assert one.passes_to("13:11") == []
    assert one.passes_to("13:12") == ["Geen beweging sinds 09:12, 4 uur 0 min."]
    assert one.passes_to("22:00") == []


def test_lying_in_bed_at_night_is_no_inactivity() -> None:
    one = day(ACTIVE)
    one.moves("21:30", "kitchen")
    assert one.passes_to(local("2026-01-06 10:59")) == []
    (told,) = one.passes_to(local("2026-01-06 11:00"))
    last = "De laatste was op 5-1 om 21:30."
    assert told == f"Geen beweging sinds 07:00, 4 uur 0 min. {last}"


def test_movement_takes_inactivity_back_and_it_can_be_told_again() -> None:
    one = day(ACTIVE)
    assert len(one.passes_to("11:00")) == 1
    one.moves("11:20", "kitchen")
    assert one.passes_to("15:19") == ["Weer beweging om 11:20."]
    assert len(one.passes_to("15:20")) == 1


def test_what_was_told_and_never_ended_is_told_again_the_next_day() -> None:
    one = day(ACTIVE)
    assert len(one.passes_to("23:00")) == 1
    assert len(one.passes_to(local("2026-01-06 11:00"))) == 1


def test_who_may_be_out_is_not_missed_for_lying_still_but_must_be_home_by_night() -> None:
    one = day(ACTIVE)
    one.moves("09:58", "hall")
    leaves(one, "10:00")
    assert one.passes_to("22:59") == []
    assert one.passes_to("23:00") == [
        "Buitendeur gebruikt om 10:00; om 23:00 nog geen beweging binnen."
    ]
    assert one.passes_to(local("2026-01-06 22:00")) == []


def test_who_is_not_home_by_the_agreed_time_is_told_of_until_somebody_moves() -> None:
    one = day(HOME_BY)
    leaves(one, "14:05")
    assert one.passes_to("17:59") == []
    assert one.passes_to("18:00") == [
        "Buitendeur gebruikt om 14:05; om 18:00 nog geen beweging binnen."
    ]
    one.moves("18:20", "hall")
    assert one.passes_to("18:20") == ["Weer beweging binnen om 18:20."]


def test_who_came_home_in_time_or_only_had_a_visitor_is_home() -> None:
    one = day(HOME_BY)
    leaves(one, "14:05")
    one.moves("14:07", "hall")
    assert one.passes_to(local("2026-01-06 04:00")) == []


def test_who_leaves_after_that_time_must_be_home_when_the_night_begins() -> None:
    one = day(HOME_BY)
    leaves(one, "19:30")
    assert one.passes_to("22:59") == []
    assert len(one.passes_to("23:00")) == 1


def test_during_a_visit_nothing_is_found_and_everything_counts_from_its_end() -> None:
    one = day(Limits(up_by=time(9, 30), inactive_for=4 * HOUR, home_by=time(18)))
    one.around = Around(paused_until=local("10:15"))
    leaves(one, "09:00")
    assert one.passes_to("10:14") == []
    one.around = Around()
    one.passes_to("10:15")
    assert one.passes_to("14:14") == []
    (told,) = one.passes_to("14:15")
    assert told.startswith("Geen beweging sinds 10:15, 4 uur 0 min.")
    assert one.passes_to("23:00") == []


def test_a_hub_that_was_down_misses_nobody_before_it_has_listened() -> None:
    one = day(Limits(up_by=time(9, 30), inactive_for=4 * HOUR))
    one.around = Around(listening_since=local("09:20"))
    assert one.passes_to("10:19") == []
    assert len(one.passes_to("10:20")) == 1
    assert one.passes_to("13:21") == []
    assert len(one.passes_to("13:22")) == 1


def test_a_morning_long_past_is_not_told_of() -> None:
    one = day(UP_BY)
    one.around = Around(listening_since=local("19:00"))
    assert one.passes_to(local("2026-01-06 09:29")) == []


def test_who_has_no_limit_of_the_day_has_nothing_waiting() -> None:
    one = day(Limits())
    one.moves("09:12", "kitchen")
    leaves(one, "14:05")
    assert one.state.day is None
    assert one.state.due_at is None


# --- what is not watched ----------------------------------------------------------------------


BED, HALL = Sensor("bed", "bed", "bedroom"), Sensor("pir", "movement", "hall")
DOOR = Sensor("door", "outside_door", "hall")
ALL = Limits(up_by=time(9, 30), inactive_for=4 * HOUR, home_by=time(18))


def unwatched(*sensors: Sensor) -> list[Kind]:
    return [one.kind for one in gaps(ALL, Around(sensors=sensors))]


def test_with_sensors_that_are_heard_everything_is_watched() -> None:
    assert unwatched(BED, HALL, DOOR) == []


def test_nothing_rests_on_a_sensor_that_is_not_heard() -> None:
    lost = Sensor("pir", "movement", "hall", silent="lost")
    assert unwatched(BED, lost, DOOR) == [Kind.NOT_UP, Kind.INACTIVITY, Kind.NOT_HOME]
    assert unwatched(BED, lost, HALL, DOOR) == []
    one = day(ALL, Around(sensors=(BED, lost, DOOR)))
    leaves(one, "14:05")
    assert one.passes_to("22:00") == []


def test_with_one_of_two_sensors_heard_a_finding_says_so() -> None:
    lost = Sensor("pir-2", "movement", "kitchen", silent="stale")
    one = day(ACTIVE, Around(sensors=(BED, HALL, lost)))
    (told,) = one.passes_to("11:00")
    assert told.endswith("1 van de 2 bewegingsmelders melden zich niet.")


def test_of_two_who_live_together_only_devices_of_one_person_count() -> None:
    shared = Sensor("pir", "movement", "hall", shared=True)
    (first, *_) = gaps(ALL, Around(sensors=(BED, shared, DOOR)))
    assert first == Gap(
        Kind.NOT_UP, "er wonen er meer, en dit apparaat is van de woning, niet van één persoon"
    )
    assert Kind.NOT_BACK_IN_BED not in unwatched(BED, shared, DOOR)


def test_what_is_lost_with_its_base_station_is_marked_as_told_of() -> None:
    folded = Sensor("bed", "bed", "bedroom", silent="folded")
    (gap,) = gaps(Limits(), Around(sensors=(folded,)))
    assert (gap.kind, gap.folded) == (Kind.NOT_BACK_IN_BED, True)


def test_a_bed_that_is_lost_has_nobody_out_of_it() -> None:
    one = Night()
    one.gets_up("03:02")
    one.around = Around(sensors=(Sensor("bed-bedroom", "bed", "bedroom", silent="lost"),))
    assert one.passes_to("04:00") == []


def test_where_nobody_hears_movement_elsewhere_the_finding_does_not_claim_there_is_none() -> None:
    one = Night(around=Around(sensors=(Sensor("bed-bedroom", "bed", "bedroom"),)))
    one.gets_up("03:02")
    assert one.passes_to("03:22") == [
        "Uit bed om 03:02, 20 min; of er elders beweging is, wordt nu niet gemeten."
    ]


def test_the_partners_movement_says_nothing_of_who_is_out_of_bed() -> None:
    one = Night()
    one.gets_up("03:02")
    one.says("03:05", Channel.MOTION, True, "bathroom", shared=True)
    assert len(one.passes_to("03:22")) == 1
