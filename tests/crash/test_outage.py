"""While the database is away clients are kept waiting, and nothing is lost."""

from pathlib import Path

import pytest

from tests.crash.outage import endure


@pytest.mark.slow
def test_an_outage_of_the_database_loses_nothing_and_hangs_up_on_nobody(tmp_path: Path) -> None:
    count = endure(tmp_path / "data", seconds=10, keepalive=2)
    assert not count.wrong, count
