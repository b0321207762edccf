"""Whoever waits for a night hears how far it is."""

from datetime import timedelta

from hub.rehearsal.building import open_pools
from hub.rehearsal.play import rehearse_on
from hub.rehearsal.progress import Progress
from simulators.night_file import find
from simulators.night_reading import load


async def test_a_night_says_how_far_it_is_in_its_own_time(database_url: str) -> None:
    said: list[str] = []
    async with open_pools(database_url) as pools:
        await rehearse_on(pools, load(find("smoke_at_night")), progress=Progress(said.append, 0.0))
    shares = [int(one.partition("%")[0].rpartition(" ")[2]) for one in said]
    assert shares == sorted(shares)
    assert shares[0] == 0 < shares[-1] <= 100
    assert "0 alerts" in said[0]
    assert "1 alerts" in said[-1]


def test_a_night_that_is_over_soon_says_nothing() -> None:
    said: list[str] = []
    night = load(find("quiet"))
    progress = Progress(said.append, every=3600.0)
    progress.at(night, night.start + timedelta(hours=1), 0, 0)
    assert not said
