"""Every fault of a connection does to a night what it says, and nothing to another home."""

from dataclasses import replace
from datetime import timedelta

from simulators.links import through_links
from simulators.night import Fault, Night, Span
from simulators.night_file import find
from simulators.night_reading import load
from simulators.night_script import script
from simulators.stage import Happening

SEED = 3
SECOND = timedelta(seconds=1)
ANNA, JAN = "zorg/huis-anna", "zorg/huis-postma"


def night() -> Night:
    """A press of Anna and one of Jan each minute for an hour."""
    loaded = load(find("quiet"))
    scene = next(one for one in load(find("false_presses")).timeline if one.what == "press")
    presses = [
        replace(scene, at=loaded.start + timedelta(hours=1), whom=whom, times=60, every=60 * SECOND)
        for whom in ("anna", "jan")
    ]
    return replace(loaded, timeline=tuple(presses), faults=(), clients=loaded.clients)


def heard(fault: Fault, gateway: str = ANNA) -> tuple[list[Happening], list[Happening]]:
    """What the pendants behind a gateway said, and what came out of it."""
    given = replace(night(), faults=(fault,))
    said = script(given, SEED)
    came = through_links(given, said, SEED)
    return tuple(
        [one for one in each if one.gateway == gateway and one.about == "press"]
        for each in (said, came)
    )  # type: ignore[return-value]


def poor(**how: object) -> Fault:
    """A bad connection of Anna's home, all night."""
    return Fault("link_poor", "huis-anna", Span(None, None), how)


def test_what_is_dropped_never_comes() -> None:
    said, came = heard(poor(drop=0.5))
    assert 10 < len(came) < 50
    assert set(came) < set(said)


def test_what_is_sent_twice_comes_twice_with_the_same_bytes() -> None:
    said, came = heard(poor(duplicate=1.0))
    assert len(came) == 2 * len(said)
    assert {one.payload for one in came} == {one.payload for one in said}


def test_what_is_delayed_comes_later_and_says_when_it_was() -> None:
    said, came = heard(poor(delay={"median": "30s", "p95": "50s"}))
    before = {one.payload: one.at for one in said}
    assert all(one.at > before[one.payload] for one in came)
    assert len(came) == len(said)


def test_what_is_reordered_comes_in_another_order() -> None:
    fault = replace(poor(reorder=0.5, delay={"median": "50s", "p95": "100s"}))
    said, came = heard(fault)
    assert [one.payload for one in came] != [one.payload for one in said]
    assert {one.payload for one in came} == {one.payload for one in said}


def test_a_bad_connection_is_nobody_elses() -> None:
    said, came = heard(poor(drop=1.0), JAN)
    assert said == came


def down(*, buffers: bool) -> Fault:
    """Anna's connection away for twenty minutes of the presses."""
    begins = night().start + timedelta(hours=1, minutes=20)
    span = Span(begins, begins + timedelta(minutes=20))
    return Fault("link_down", "huis-anna", span, {"buffers": buffers})


def test_a_gateway_that_keeps_what_was_said_tells_it_in_order_afterwards() -> None:
    said, came = heard(down(buffers=True))
    during = down(buffers=True).during
    kept = [one.payload for one in said if during.covers(one.at)]
    assert not [one for one in came if during.covers(one.at)]
    assert len(kept) == 20
    assert [one.payload for one in came if one.payload in kept] == kept


def test_a_gateway_that_keeps_nothing_loses_what_was_said() -> None:
    said, came = heard(down(buffers=False))
    assert len(said) - len(came) == 20


def test_a_clock_that_is_off_says_another_moment_and_speaks_at_its_own() -> None:
    plain = script(night(), SEED)
    off = Fault("clock_off", "anna", Span(None, None), {"ahead": "9m"})
    wrong = script(replace(night(), faults=(off,)), SEED)
    pairs = [
        (one, other)
        for one, other in zip(plain, wrong, strict=True)
        if one.about == "press" and one.gateway == ANNA
    ]
    assert all(one.at == other.at and one.payload != other.payload for one, other in pairs)


def test_a_battery_runs_low_and_then_out() -> None:
    begins = night().start + timedelta(hours=1, minutes=9, seconds=30)
    fault = Fault("battery", "anna", Span(begins, begins + timedelta(minutes=10)), {})
    given = replace(night(), faults=(fault,))
    said = [one for one in script(given, SEED) if one.topic == "pendant-anna"]
    assert [one.at for one in said if b'"battery": 8}' in one.payload] == [begins]
    assert sum(one.about == "press" for one in said) == 20
    assert max(one.at for one in said) < begins + timedelta(minutes=10)
