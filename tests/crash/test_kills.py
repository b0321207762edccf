"""Promise 1: a message answered with "yes" is stored, whatever is killed and whenever."""

import os
from pathlib import Path

import pytest

from tests.crash.kills import kill_often

STOPS = 2
KILLS = int(os.environ.get("NACHTWACHT_TEST_KILLS", "20"))
SEED = int(os.environ.get("NACHTWACHT_TEST_SEED", "1"))


@pytest.mark.slow
def test_a_hub_killed_at_random_moments_loses_no_message_and_rings_once_a_press(
    database_url: str, tmp_path: Path
) -> None:
    count = kill_often(database_url, tmp_path, KILLS, SEED, STOPS)
    assert (count.kills, count.stops) == (KILLS, STOPS)
    assert not count.wrong, count
