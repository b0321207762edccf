"""What every test with real hubs can ask for."""

from collections.abc import Iterator

import pytest

from tests.conftest import Connection, connected
from tests.crash.people import People, at_home


@pytest.fixture
def people() -> Iterator[People]:
    """Pretender people at their telephones."""
    with at_home() as people:
        yield people


@pytest.fixture
def db(database_url: str) -> Iterator[Connection]:
    """A look into the hubs' database."""
    with connected(database_url) as connection:
        yield connection
