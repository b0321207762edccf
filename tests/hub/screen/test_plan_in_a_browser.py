"""A client's plan: who is called when, what a daughter can bear, who consented, who hears of it."""

import os

import sqlalchemy as sa
from playwright.async_api import Page, expect
from sqlalchemy.dialects.postgresql import Range

from escalation.model import Level, Step
from hub.store import tables as t
from hub.store.values import encode
from tests.hub.house import MINUTE, known
from tests.hub.screen.stage import Stage

PICTURES = os.environ.get("NACHTWACHT_TEST_PICTURES", "")  # a folder: look at what was made
STEPS = (
    Step(Level.INFORMAL_CAREGIVER, 2 * MINUTE, who=(known("daughter"),)),
    Step(Level.NIGHT_PARTNER, 3 * MINUTE, beside=(Level.OWN_TEAM,)),
    Step(Level.CARE_CENTRE, 2 * MINUTE),
)
HERE = f"/clients/{known('anne')}/plan"
SIZES = [("light", (360, 640)), ("dark", (1366, 768))]


async def agrees(stage: Stage) -> None:
    agreed = {
        "id": known("agreed"), "organisation_id": known("zorg"), "external_id": "anne/nacht",
        "client_id": known("anne"), "name": "Nacht: eerst Marieke",
        "body": {"kinds": ["lifestyle.*", "alarm.bed_exit"], "steps": encode(STEPS)},
        "valid": Range(None, None),
    }  # fmt: skip
    await stage.house.changes(sa.insert(t.agreements).values(agreed))
    user = sa.update(t.users).where(t.users.c.login == "koppeling")
    await stage.house.changes(user.values(role="team"))


async def opened(stage: Stage, theme: str, size: tuple[int, int]) -> Page:
    page = await stage.opens(
        "koppeling", HERE, viewport={"width": size[0], "height": size[1]},
        java_script_enabled=False,
    )  # fmt: skip
    await stage.wears(page, theme)
    await page.goto(HERE)
    return page


async def pictured(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


async def test_a_team_writes_down_what_a_daughter_can_bear_and_sees_who_is_called_then(
    stage: Stage,
) -> None:
    theme, size = SIZES[0]
    await agrees(stage)
    page = await opened(stage, theme, size)
    await page.get_by_text("Marieke Scholten").first.click()
    await page.get_by_label("Hoogstens zo vaak wakker").fill("2")
    await page.get_by_label("Rust, bijvoorbeeld").fill("22:00-07:00")
    await pictured(page, f"plan-relative-{theme}")
    await page.get_by_role("button", name="Bewaar Marieke Scholten").click()
    await expect(page.get_by_role("status").first).to_contain_text("Bewaard")
    await expect(page.locator("summary", has_text="2× per week")).to_be_visible()
    await page.get_by_label("Bij wat").select_option("alarm.bed_exit")
    await page.get_by_role("button", name="Kijk").click()
    await expect(page.get_by_text("niet: Marieke Scholten (wil nu niet gestoord")).to_be_visible()
    await pictured(page, f"plan-{theme}")
    (row,) = await stage.house.rows(sa.select(t.client_contacts.c.limits))
    assert row.limits == {"wake_ups_a_week": 2, "quiet": {"begins": 79_200, "ends": 25_200}}


async def test_who_consented_and_who_hears_afterwards_is_written_down(stage: Stage) -> None:
    theme, size = SIZES[1]
    await agrees(stage)
    page = await opened(stage, theme, size)
    await expect(page.get_by_text("Nog niet vastgelegd wie toestemming gaf")).to_be_visible()
    await page.locator("summary", has_text="Toestemming en bericht").click()
    await page.get_by_label("Toestemming", exact=True).select_option("representative")
    await page.get_by_label("Gegeven op").fill("2026-01-10")
    await page.get_by_label("Opnieuw bespreken op").fill("2026-07-01")
    await page.get_by_label("GPS").select_option("no")
    await page.get_by_label("Marieke Scholten (dochter)").select_option("in_the_morning")
    await pictured(page, f"plan-consent-{theme}")
    await page.get_by_role("button", name="Bewaar Nacht: eerst Marieke").click()
    await expect(
        page.get_by_text("de vertegenwoordiger, opnieuw bespreken op 01-07-2026")
    ).to_be_visible()
    (row,) = await stage.house.rows(sa.select(t.agreements.c.body))
    assert row.body["consent"] == {
        "by": "representative", "given_at": "2026-01-09T23:00:00Z",
        "evaluate_on": "2026-07-01", "refused": ["gps"],
    }  # fmt: skip
    assert row.body["inform"] == [{"who": str(known("daughter")), "when": "in_the_morning"}]
    await page.locator("summary", has_text="Toestemming en bericht").click()
    await page.get_by_role("button", name="Trek de toestemming in").click()
    await expect(page.get_by_text("deze afspraak geldt niet meer")).to_be_visible()
