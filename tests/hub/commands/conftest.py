"""The command line every test in this folder can type at."""

import pytest

from tests.hub.commands.command import SECRET, Command


@pytest.fixture
def nachtwacht(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Give `nachtwacht`, with the settings of a hub on this test's database."""
    monkeypatch.setenv("NACHTWACHT_DATABASE_URL", database_url)
    monkeypatch.setenv("NACHTWACHT_SECRET", SECRET)
    return Command(capsys)
