import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import uvloop

from hub.sources.mqtt.packets import Version
from tests.hub.sources.front_door import House, open_house
from tests.hub.sources.tls_place import Opening, Place, opening


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The hub runs on uvloop where there is one; both must do."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(params=list(Version), ids=["3.1.1", "5.0"])
def version(request: pytest.FixtureRequest) -> Version:
    return Version(request.param)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    opened = await open_house()
    yield opened
    await opened.close()


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Opening]:
    async with opening(tmp_path) as open_place:
        yield open_place


@pytest.fixture
async def place(opened: Opening) -> Place:
    return await opened()
