"""What the tests of `nachtwacht night` share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.rehearsal import database


@pytest.fixture
def rehearsals(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run's own server in place of one more embedded server, and a folder to write in."""

    @contextmanager
    def given() -> Iterator[str]:
        yield database_url

    monkeypatch.setattr(database, "of_its_own", given)
    monkeypatch.chdir(tmp_path)
