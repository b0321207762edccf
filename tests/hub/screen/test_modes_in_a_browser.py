"""Modes as an operator sets and sees them, on a desk and on a telephone."""

import os

import pytest
from playwright.async_api import expect

from tests.hub.screen.stage import Stage
from tests.hub.screen.test_board_in_a_browser import CONTRAST, HYGIENE

PICTURES = os.environ.get("NACHTWACHT_TEST_PICTURES", "")  # a folder: look at what was made


@pytest.mark.parametrize(
    ("theme", "size"), [("light", (360, 640)), ("dark", (1366, 768))], ids=["phone", "desk"]
)
async def test_an_operator_sets_a_mode_and_the_board_says_so_in_red(
    stage: Stage, theme: str, size: tuple[int, int]
) -> None:
    page = await stage.opens("anna", viewport={"width": size[0], "height": size[1]})
    await stage.wears(page, theme)
    await page.goto("/modes?q=scholten")
    assert await page.evaluate(CONTRAST) == []
    await page.get_by_role("link", name="Wijzig").first.click()
    await page.get_by_label("Stand", exact=True).select_option(label="In het ziekenhuis")
    await page.get_by_label("Tot", exact=True).fill("2026-01-20T10:00")
    await page.get_by_role("button", name="Zet aan").click()
    await expect(page.get_by_role("status")).to_contain_text("De stand staat aan")
    await expect(page.get_by_role("button", name="Zet uit In het ziekenhuis")).to_be_visible()
    found = await page.evaluate(HYGIENE)
    expected = {"twice": [], "nameless": [], "styled": 0, "wide": 0, "mains": 1}
    assert found == {**expected, "language": "nl"}, found
    assert await page.evaluate(CONTRAST) == []
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/client-{theme}.png", full_page=True)
    alert_id = await stage.presses()
    await page.goto("/")
    await expect(page.locator(".row .mode")).to_have_text("In het ziekenhuis")
    assert await page.evaluate(CONTRAST) == []
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/board-{theme}.png")
    await page.goto(f"/alerts/{alert_id}")
    await expect(page.locator("#band .mode")).to_have_text("In het ziekenhuis")
    assert await page.evaluate(CONTRAST) == []
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/alert-{theme}.png", full_page=True)
        await page.goto("/modes")
        await page.screenshot(path=f"{PICTURES}/modes-{theme}.png")
