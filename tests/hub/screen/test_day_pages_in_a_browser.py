"""The pages of the day, with JavaScript off: teams and turns, a team's own, devices to pair."""

import os
from datetime import timedelta

import sqlalchemy as sa
from playwright.async_api import Page, expect

from hub.store import tables as t
from tests.hub.house import House, known
from tests.hub.screen.stage import Stage

PICTURES = os.environ.get("NACHTWACHT_TEST_PICTURES", "")  # a folder: look at what was made


async def settled(house: House) -> None:
    """The provider is of its region, has a holiday, and a pendant that waits for a test."""
    owner = {"organisation_id": known("zorg")}
    now = house.now
    member = {"region_id": known("region"), "organisation_id": known("zorg")}
    await house.changes(sa.insert(t.region_members).values(member))
    eve = {
        **owner,
        "day": now.date() + timedelta(days=3),
        "starts": timedelta(hours=18),
        "name": "Feest",
    }
    await house.changes(sa.insert(t.holidays).values(eve))
    tested = {"untested_since": now}
    pendant = t.devices.c.id == known("pendant-1")
    await house.changes(sa.update(t.devices).where(pendant).values(tested))
    user = sa.update(t.users).where(t.users.c.login == "koppeling")
    await house.changes(user.values(role="team"))


async def pictured(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


async def test_a_team_finds_its_way_from_the_navigation_and_sends_its_calls_on(
    stage: Stage,
) -> None:
    await settled(stage.house)
    page = await stage.opens(
        "koppeling", "/modes", viewport={"width": 360, "height": 640}, java_script_enabled=False
    )
    await page.get_by_role("link", name="Apparaten koppelen").click()
    await expect(page.get_by_role("link", name="Testen mw. G. Scholten")).to_be_visible()
    await pictured(page, "pairing-light")
    await page.get_by_role("link", name="Teams en beurten").click()
    await expect(page.get_by_text("begint om 18:00")).to_be_visible()
    await pictured(page, "duty-light")
    await page.get_by_role("link", name="Openen Team Assendorp").click()
    await page.get_by_label("Naar wie").select_option(label="Nachtzorg Zwolle")
    await page.get_by_role("button", name="Schakel door").click()
    sent_on = page.get_by_text("doorgeschakeld naar Nachtzorg Zwolle tot di 07:00")
    await expect(sent_on).to_be_visible()
    await stage.wears(page, "dark")
    for name in ("duty", "pairing", "plans"):
        await page.goto(f"/{name}")
        await pictured(page, f"{name}-dark")
    await page.goto(f"/duty/{known('team')}")
    await pictured(page, "team-dark")
    await page.get_by_role("button", name="Stop nu").click()
    await expect(sent_on).to_have_count(0)
