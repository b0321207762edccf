"""A house of which integrators hear: its events are numbered like everything else that is due."""

from collections.abc import AsyncIterator

import pytest

from hub.out.numbering import Numbering
from hub.workers import Worker
from tests.hub.house import House, furnish, open_house

URL = "https://hub.test"


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """A furnished house whose events are numbered."""
    store = open_house(database_url)
    await furnish(store)
    made = House(store)
    made.workers.append(Worker("number", Numbering(store, URL).step, ()))
    yield made
    await store.close()
