"""Who falls silent: a device, a gateway with all behind it, a vendor; and a hub that was down."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.sources.arrival import Principal
from hub.store import tables as t
from hub.waiting.silence import COARSE, SETTLES, Span, limit, listened
from hub.waiting.supervision import Supervise
from tests.hub.house import EVENING, MINUTE, House, known

HOUR = 60 * MINUTE
BEAT = 5 * MINUTE


class Watch:
    """A house where devices must be heard from; only supervision is stepped."""

    def __init__(self, house: House) -> None:
        self.house, self.supervise = house, Supervise(house.store)

    async def expects(self, every: timedelta, *devices: str) -> None:
        change = sa.update(t.devices).where(t.devices.c.external_id.in_(devices))
        await self.house.changes(change.values(expected_interval=every))

    async def passes(
        self, length: timedelta, *, speaking: dict[str, timedelta] | None = None
    ) -> None:
        """Time passes; those who speak do, each so often."""
        until, house = self.house.now + length, self.house
        speaks = {one: house.now + every for one, every in (speaking or {}).items()}
        while house.now < until:
            for one, at in speaks.items():
                if at <= house.now:
                    await self.hears(one)
                    speaks[one] = at + (speaking or {})[one]
            upcoming = await self.supervise.step(house.now) or until
            house.now = min(until, upcoming, *speaks.values())
        await self.supervise.step(house.now)

    async def hears(self, device: str) -> None:
        at = {"pendant-1": "gw1", "pendant-2": "gw1", "pendant-3": "gw1"}.get(device, "gw1")
        await self.house.receives(f"in/zorg/{at}/native/{device}", {"kind": "presence.heartbeat"})

    async def is_down(self, length: timedelta) -> None:
        """The hub is stopped, and started again."""
        self.house.now += length
        self.supervise = Supervise(self.house.store)

    async def open(self) -> list[tuple[str, str]]:
        return sorted(
            (one.kind, one.priority) for one in await self.house.alerts() if one.resolved_at is None
        )


@pytest.fixture
def watch(house: House) -> Watch:
    return Watch(house)


async def test_a_silent_device_is_lost_after_two_and_a_half_intervals_and_told_of_once(
    watch: Watch,
) -> None:
    await watch.expects(HOUR, "pendant-1")
    await watch.passes(MINUTE)
    await watch.hears("pendant-1")
    await watch.passes(2.4 * HOUR)
    assert await watch.open() == []
    await watch.passes(12 * MINUTE)
    assert await watch.open() == [("technical.offline", "T")]
    (alert,) = await watch.house.alerts()
    assert alert.explanation == (
        "Niets gehoord sinds 12-1 23:01; hoort zich elke 60 min te melden."
    )
    await watch.passes(6 * HOUR)
    assert len(await watch.house.alerts()) == 1


async def test_a_device_heard_again_closes_its_own_alert_and_can_be_lost_again(
    watch: Watch,
) -> None:
    await watch.expects(HOUR, "pendant-1")
    await watch.passes(3 * HOUR)
    assert await watch.open() == [("technical.offline", "T")]
    await watch.hears("pendant-1")
    await watch.passes(BEAT)
    assert await watch.open() == []
    await watch.passes(3 * HOUR)
    assert await watch.open() == [("technical.offline", "T")]
    assert len(await watch.house.alerts()) == 2


async def test_a_device_that_speaks_in_time_is_never_lost(watch: Watch) -> None:
    await watch.expects(HOUR, "pendant-1")
    await watch.passes(12 * HOUR, speaking={"pendant-1": 2.2 * HOUR})
    assert await watch.house.alerts() == []


async def test_a_hub_that_was_down_misses_nobody(watch: Watch) -> None:
    await watch.expects(HOUR, *(f"pendant-{n}" for n in (1, 2, 3)))
    await watch.passes(2 * HOUR, speaking={f"pendant-{n}": HOUR for n in (1, 2, 3)})
    await watch.is_down(20 * HOUR)
    await watch.passes(30 * MINUTE)
    assert await watch.house.alerts() == []
    await watch.passes(3 * HOUR)
    assert await watch.open() == [("technical.gateway_offline", "P2")]


async def test_a_lost_gateway_folds_its_devices_into_one_alert(watch: Watch) -> None:
    pendants = [f"pendant-{n}" for n in (1, 2, 3)]
    await watch.expects(HOUR, *pendants)
    await watch.passes(MINUTE)
    for one in pendants:  # each at a moment of its own
        await watch.hears(one)
        await watch.passes(15 * MINUTE)
    await watch.passes(5 * HOUR)
    (alert,) = await watch.house.alerts()
    assert (alert.kind, alert.priority) == ("technical.gateway_offline", "P2")
    assert "8 apparaten" in alert.explanation
    for one in pendants:
        await watch.hears(one)
    await watch.passes(2 * HOUR)
    assert len(await watch.house.alerts()) == 1


async def test_one_device_of_a_gateway_that_lives_is_told_of_by_itself(watch: Watch) -> None:
    await watch.expects(HOUR, "pendant-1", "pendant-2")
    await watch.passes(5 * HOUR, speaking={"pendant-2": HOUR})
    (alert,) = await watch.house.alerts()
    assert (alert.kind, alert.device_id) == ("technical.offline", known("pendant-1"))


async def test_what_stays_silent_when_its_gateway_is_back_is_told_of_then(watch: Watch) -> None:
    await watch.expects(HOUR, "pendant-1", "pendant-2")
    await watch.passes(4 * HOUR)
    await watch.hears("pendant-2")
    await watch.passes(4 * HOUR, speaking={"pendant-2": HOUR})
    alerts = await watch.house.alerts()
    assert [one.kind for one in alerts] == ["technical.gateway_offline", "technical.offline"]
    assert alerts[1].device_id == known("pendant-1")


async def gateways(watch: Watch, count: int) -> None:
    """Homes far apart, each with a gateway and a device of one vendor."""
    for n in range(count):
        gateway = {
            "id": known(f"far-{n}"), "organisation_id": known("zorg"), "external_id": f"far-{n}",
            "secret_hash": b"x", "adapters": ["native"],
        }  # fmt: skip
        device = {
            "id": known(f"box-{n}"), "organisation_id": known("zorg"), "external_id": f"box-{n}",
            "gateway_id": known(f"far-{n}"), "adapter": "native", "key": f"box-{n}",
            "client_id": known("anne"), "expected_interval": HOUR,
        }  # fmt: skip
        await watch.house.changes(sa.insert(t.gateways).values(**gateway))
        await watch.house.changes(sa.insert(t.devices).values(**device))


async def test_a_silent_vendor_is_one_alert_however_many_devices_it_has(watch: Watch) -> None:
    await gateways(watch, 4)
    await watch.passes(MINUTE)
    for n in range(4):
        principal = Principal(
            known(f"far-{n}"), known("zorg"), "zorg", f"far-{n}", frozenset({"native"})
        )
        body = {"kind": "presence.heartbeat"}
        await watch.house.receives(f"in/zorg/far-{n}/native/box-{n}", body, principal=principal)
        await watch.passes(12 * MINUTE)
    await watch.passes(5 * HOUR)
    (alert,) = await watch.house.alerts()
    assert (alert.kind, alert.priority) == ("technical.vendor_silent", "P2")
    assert "native" in alert.explanation


async def test_a_device_that_nobody_expects_is_not_watched(watch: Watch) -> None:
    await watch.expects(HOUR, "pendant-1")
    await watch.passes(MINUTE)
    await watch.house.changes(sa.update(t.devices).values(expected_interval=None))
    await watch.passes(4 * HOUR)
    assert await watch.house.alerts() == []


async def test_a_device_that_is_taken_out_of_use_is_not_watched(watch: Watch) -> None:
    await watch.expects(HOUR, "pendant-1")
    await watch.passes(MINUTE)
    await watch.house.changes(sa.update(t.devices).values(ended_at=watch.house.now))
    await watch.passes(4 * HOUR)
    assert await watch.house.alerts() == []


@pytest.mark.parametrize(
    "change",
    [
        sa.update(t.devices).values(ended_at=EVENING, client_id=None),
        sa.update(t.devices).values(expected_interval=None),
        sa.update(t.clients).values(care_ended_at=EVENING),
        sa.update(t.gateways).values(disabled_at=EVENING),
    ],
    ids=["ended", "not expected", "end of care", "gateway shut"],
)
async def test_a_lost_device_nobody_waits_for_any_more_closes_its_alert_and_says_why(
    watch: Watch, change: Any
) -> None:
    await watch.expects(HOUR, "pendant-1")
    await watch.passes(3 * HOUR)
    alert_id = await watch.house.only_alert()
    await watch.house.changes(change)
    await watch.passes(2 * MINUTE)
    assert await watch.open() == []
    assert (await watch.house.journal(alert_id))[-1] == "out_of_use"
    assert await watch.house.rows(sa.select(t.supervised)) == []


async def test_signs_of_life_shortly_after_each_other_cost_one_write(watch: Watch) -> None:
    await watch.hears("pendant-1")
    version = sa.text("SELECT xmin, last_seen_at FROM devices WHERE external_id = 'pendant-1'")
    before = await watch.house.rows(version)
    watch.house.now += COARSE / 2
    await watch.hears("pendant-1")
    assert await watch.house.rows(version) == before
    watch.house.now += COARSE
    await watch.hears("pendant-1")
    assert await watch.house.rows(version) != before


# --- the promise -----------------------------------------------------------------------------


def spans(moments: list[int]) -> Iterator[Span]:
    """Turn minutes at which the hub started and stopped in turn into the time it listened."""
    for began, until in list(pairwise(moments))[::2]:
        yield Span(EVENING + began * MINUTE, EVENING + until * MINUTE)


@settings(deadline=None)  # counted minute by minute, on purpose
@given(
    st.lists(st.integers(0, 600), min_size=2, max_size=12, unique=True).map(sorted),
    st.integers(0, 600),
    st.integers(0, 600),
)
def test_only_time_in_which_the_hub_could_be_reached_counts(
    moments: list[int], since: int, later: int
) -> None:
    heard_at, now = EVENING + since * MINUTE, EVENING + (since + later) * MINUTE
    counted = sum(
        1
        for minute in range(since, since + later)
        if any(
            one.began_at + SETTLES <= EVENING + minute * MINUTE < one.until_at
            for one in spans(moments)
        )
    )
    assert listened(spans(moments), heard_at, now) == counted * MINUTE


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(st.sampled_from(["speaks", "waits", "down"]), st.integers(1, 40)), max_size=12
    )
)
async def test_whoever_is_heard_in_time_is_never_lost_and_whoever_is_not_is_told_of_once(
    house: House, story: list[tuple[str, int]]
) -> None:
    every, watch = 20 * MINUTE, Watch(house)
    await house.changes(sa.delete(t.supervised))
    await house.changes(sa.delete(t.listening))
    await house.changes(sa.update(t.devices).values(expected_interval=None, last_seen_at=None))
    await watch.expects(every, "mains-1")
    started = house.now
    await watch.supervise.step(house.now)
    told = await times_lost(house, started)
    for what, minutes in story:
        if what == "down":
            await watch.is_down(minutes * MINUTE)
        else:
            if what == "speaks":
                await watch.hears("mains-1")
                await watch.supervise.step(house.now)
            await watch.passes(minutes * MINUTE)
        told = await holds(house, every, started, told)


async def times_lost(house: House, started: datetime) -> int:
    asked = sa.select(t.events).where(
        t.events.c.kind == "technical.offline",
        t.events.c.phase == "start",
        t.events.c.received_at > started,
    )
    return len(await house.rows(asked))


async def holds(house: House, every: timedelta, started: datetime, told: int) -> int:
    """Hold what was told against the hub's own note of when it listened."""
    (device,) = await house.rows(sa.select(t.devices).where(t.devices.c.external_id == "mains-1"))
    (row,) = await house.rows(sa.select(t.supervised))
    kept = [Span(*one) for one in await house.rows(sa.select(t.listening))]
    heard_at: Any = max(device.last_seen_at or started, row.since)
    silent = listened(kept, heard_at, house.now)
    now_told = await times_lost(house, started)
    if row.lost_at is None:
        assert silent <= limit(every) + MINUTE
    else:
        assert silent >= limit(every)
    assert now_told - told <= 1
    return now_told
