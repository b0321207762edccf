"""The house every test of the hub can ask for."""

from collections.abc import AsyncIterator

import pytest

from tests.hub.house import House, furnish, open_house


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """A furnished house on an empty database, at 23:00 on a Monday evening."""
    store = open_house(database_url)
    await furnish(store)
    yield House(store)
    await store.close()
