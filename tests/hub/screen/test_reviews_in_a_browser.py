"""What was put in force in an emergency, as a colleague reviews it, without JavaScript."""

import os
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.async_api import expect

from hub.store import tables as t
from hub.store.activations import Activation
from tests.hub.house import known
from tests.hub.screen.stage import Stage

PICTURES = os.environ.get("NACHTWACHT_TEST_PICTURES", "")  # a folder: look at what was made
ERROR = {
    "text_nl": "di 13-01-2026 20:00-21:00: professional pas na 14:00 min (Val)",
    "remedy_nl": "Maak de wachttijden korter of zet de zorgcentrale eerder.",
}


@pytest.mark.parametrize(
    ("theme", "size"), [("light", (360, 640)), ("dark", (1366, 768))], ids=["phone", "desk"]
)
async def test_a_colleague_approves_what_was_put_in_force_in_an_emergency(
    stage: Stage, theme: str, size: tuple[int, int]
) -> None:
    now = stage.house.now
    made = Activation(
        id=known("activation"), organisation_id=known("zorg"), agreement_id=known("own"),
        agreement="anne/val", client_id=known("anne"), at=now, user_id=None, by="Machine",
        reason="De dochter is ziek; haar broer neemt het over.", findings=[ERROR], before=None,
        review_by=now + timedelta(days=1),
    )  # fmt: skip
    async with stage.house.store.transaction() as uow:
        await uow.activations.add(made)
    await stage.house.changes(
        sa.update(t.users).where(t.users.c.login == "koppeling").values(role="team")
    )
    page = await stage.opens(
        "koppeling", "/plans",
        viewport={"width": size[0], "height": size[1]}, java_script_enabled=False,
    )  # fmt: skip
    await stage.wears(page, theme)
    await page.goto("/plans")
    await expect(page.get_by_text("haar broer neemt het over")).to_be_visible()
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/review-{theme}.png", full_page=True)
    await page.get_by_role("button", name="Goedkeuren").click()
    await expect(page.get_by_role("status").first).to_contain_text("Goedgekeurd")
    await expect(page.get_by_text("haar broer neemt het over")).to_have_count(0)
