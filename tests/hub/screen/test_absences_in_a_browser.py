"""A caregiver drops out on a Monday night: a colleague puts the plan without her in force."""

import os
from uuid import uuid4

import pytest
import sqlalchemy as sa
from playwright.async_api import expect
from sqlalchemy.dialects.postgresql import Range

from escalation.model import Level, Step
from hub.store import tables as t
from hub.store.values import encode
from tests.hub.house import MINUTE, known
from tests.hub.screen.stage import Stage

PICTURES = os.environ.get("NACHTWACHT_TEST_PICTURES", "")  # a folder: look at what was made
STEPS = (
    Step(Level.INFORMAL_CAREGIVER, 2 * MINUTE, who=(known("daughter"),)),
    Step(Level.CARE_CENTRE, 2 * MINUTE),
)


@pytest.mark.parametrize(
    ("theme", "size"), [("light", (360, 640)), ("dark", (1366, 768))], ids=["phone", "desk"]
)
async def test_a_colleague_puts_the_temporary_plan_in_force_and_takes_it_back(
    stage: Stage, theme: str, size: tuple[int, int]
) -> None:
    house = stage.house
    agreed = {
        "id": uuid4(), "organisation_id": known("zorg"), "external_id": "anne/alarm",
        "client_id": known("anne"), "name": "Alarm overdag en 's nachts",
        "body": {"kinds": ["alarm.*"], "steps": encode(STEPS), "source": "client"},
        "valid": Range(None, None),
    }  # fmt: skip
    await house.changes(sa.insert(t.agreements).values(agreed))
    user = sa.update(t.users).where(t.users.c.login == "koppeling")
    await house.changes(user.values(role="team"))
    page = await stage.opens(
        "koppeling", f"/clients/{known('anne')}/modes",
        viewport={"width": size[0], "height": size[1]}, java_script_enabled=False,
    )  # fmt: skip
    await stage.wears(page, theme)
    await page.goto(f"/clients/{known('anne')}/modes")
    await page.get_by_role("button", name="Leg vast").click()
    await expect(page.get_by_role("heading", name="Tijdelijke plannen")).to_be_visible()
    await expect(page.get_by_text("eigen team 2:00 min")).to_be_visible()
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/absence-{theme}.png", full_page=True)
    await page.get_by_role("button", name="Zet in werking").click()
    await expect(page.get_by_role("status").first).to_contain_text("gelden vanaf nu")
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/absence-put-{theme}.png", full_page=True)
    await page.get_by_role("button", name="Trek in").click()
    await expect(page.get_by_role("button", name="Zet in werking")).to_be_visible()
