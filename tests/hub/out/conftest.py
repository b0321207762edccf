"""A house of which integrators hear: its events are numbered like everything else that is due."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from hub.out.numbering import Numbering
from hub.out.webhooks import Webhooks
from hub.workers import Worker
from tests.hub.house import House, furnish, open_house
from tests.hub.out.integrator import PEPPER, Integrator, Post

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


@pytest.fixture
async def integrator(house: House) -> AsyncIterator[Integrator]:
    """The house with the worker that sends to webhooks."""
    post = Post({}, asyncio.Event(), [])
    sender = Webhooks(house.store, post, PEPPER)
    house.workers.append(Worker("webhooks", sender.step, ()))
    yield Integrator(house, post, sender)
    post.hanging.set()
    await sender.finish()
