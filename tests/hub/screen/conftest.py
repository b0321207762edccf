"""A stage and a browser for every test of the screens."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.hub.house import House
from tests.hub.screen.stage import Stage, served


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def stage(house: House, database_url: str, chromium: Browser) -> AsyncIterator[Stage]:
    """The screens of the house; any error or policy report in a browser fails the test."""
    async with served(house, database_url, chromium) as made:
        yield made
        assert made.complaints == []
