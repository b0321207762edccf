from collections.abc import AsyncIterator

import pytest

from tests.hub.house import House
from tests.hub.sessions.hotel import Hub, a_hub


@pytest.fixture
async def hub(house: House, database_url: str) -> AsyncIterator[Hub]:
    """A hub's front door, on the database of the house."""
    async with a_hub(house, database_url) as opened:
        yield opened


@pytest.fixture
async def other(house: House, database_url: str) -> AsyncIterator[Hub]:
    """Another hub on the same database, at the same moment."""
    async with a_hub(house, database_url) as opened:
        yield opened
