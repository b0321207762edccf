"""The page of one alert in a real browser."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.async_api import expect

from hub.store import tables as t
from tests.hub.house import known
from tests.hub.screen.stage import Stage

pytestmark = pytest.mark.browser


async def test_the_page_says_who_what_where_and_what_to_do(stage: Stage) -> None:
    alert_id = await stage.presses()
    page = await stage.opens(path=f"/alerts/{alert_id}")
    heading = page.get_by_role("heading", level=1)
    await expect(heading).to_have_text("mw. G. Scholten (87) · Alarmknop ingedrukt, badkamer")
    await expect(page.locator("#band")).to_contain_text("Zwolle, Assendorperstraat 12")
    await expect(page.locator("#what-to-do")).to_contain_text("Praat luid.")
    await expect(page.locator("#follow-up")).to_contain_text("daarna Nachtzorg")
    await expect(page.locator("#contacts")).to_contain_text("Marieke Scholten")
    await expect(page.get_by_role("link", name="Bel Marieke Scholten")).to_have_attribute(
        "href", "tel:0612345678"
    )
    await expect(page.locator("#journal")).to_contain_text("Melding geopend")


async def test_every_look_is_on_record_once(stage: Stage) -> None:
    alert_id = await stage.presses()
    page = await stage.opens(path=f"/alerts/{alert_id}")
    await stage.house.claims(alert_id, "bas")
    await expect(page.locator("#journal")).to_contain_text("pakt de melding op")
    shown = sa.select(t.access_log).where(t.access_log.c.action == "alert.show")
    rows = await stage.house.rows(shown)
    assert [(one.user_id, one.client_id, one.action) for one in rows] == [
        (known("user-anna"), known("anne"), "alert.show")
    ]


async def test_an_answer_for_somebody_who_telephoned(stage: Stage) -> None:
    alert_id = await stage.presses()
    await stage.house.passes(timedelta(seconds=61))
    page = await stage.opens(path=f"/alerts/{alert_id}")
    await page.keyboard.press("n")
    await page.get_by_label("Wie belde?").select_option(label="Saida El Idrissi (Nacht)")
    await page.locator("#by-minutes").select_option("20")
    await page.get_by_role("button", name="Komt eraan").click()
    await expect(page.get_by_role("status")).to_have_text("Vastgelegd: onderweg.")
    await expect(page.locator("#journal")).to_contain_text(
        "Saida El Idrissi komt eraan, over 20 minuten. "
        "(doorgegeven aan de telefoon, ingevoerd door Anna de Wit)"
    )
    await expect(page.locator("#state")).to_contain_text("Verbonden")
    await page.keyboard.press("n")
    await page.get_by_role("button", name="Is er al").click()
    await expect(page.locator("#band")).to_contain_text("ter plaatse")


async def test_taking_over_needs_a_reason_and_is_in_the_journal(stage: Stage) -> None:
    alert_id = await stage.presses()
    await stage.house.claims(alert_id, "bas")
    page = await stage.opens(path=f"/alerts/{alert_id}")
    await page.locator("summary", has_text="Overnemen").click()
    await page.get_by_label("Waarom neem je over?").fill("Bas heeft pauze")
    await page.get_by_role("button", name="Overnemen").click()
    await expect(page.locator("#band")).to_contain_text("Anna de Wit (jij)")
    await expect(page.locator("#journal")).to_contain_text("neemt over: Bas heeft pauze.")


async def test_three_keys_resolve(stage: Stage) -> None:
    alert_id = await stage.presses()
    page = await stage.opens(path=f"/alerts/{alert_id}")
    await page.keyboard.press("a")
    await page.keyboard.press("4")
    await expect(page.locator("#follow-up")).to_contain_text("Afgerond: per ongeluk")
    await expect(page.locator("#actions")).to_have_count(0)
    await expect(page.locator("#state")).to_contain_text("Verbonden")
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(f"{stage.url}/")
    await page.locator("#done summary").click()
    await expect(page.locator("#done")).to_contain_text("mw. G. Scholten (87)")


async def test_what_happens_between_two_keys_takes_neither_away(stage: Stage) -> None:
    alert_id = await stage.presses()
    page = await stage.opens(path=f"/alerts/{alert_id}")
    await page.keyboard.press("a")
    await stage.house.claims(alert_id, "bas")
    await expect(page.locator("#band")).to_contain_text("Bas Kroes")
    await page.keyboard.press("4")
    await expect(page.locator("#follow-up")).to_contain_text("Afgerond: per ongeluk")


async def test_the_page_follows_while_a_note_is_being_typed(stage: Stage) -> None:
    alert_id = await stage.presses()
    page = await stage.opens(path=f"/alerts/{alert_id}")
    await page.get_by_label("Notitie").fill("ligt op de gr")
    await stage.house.claims(alert_id, "bas")
    await expect(page.locator("#band")).to_contain_text("Bas Kroes")
    await expect(page.get_by_label("Notitie")).to_have_value("ligt op de gr")


async def test_going_arriving_and_ending_without_javascript(stage: Stage) -> None:
    alert_id = await stage.presses()
    await stage.house.passes(timedelta(seconds=61))
    page = await stage.opens("nurse", f"/alerts/{alert_id}", java_script_enabled=False)
    await page.get_by_role("button", name="Ik ga").click()
    await expect(page.get_by_role("status")).to_have_text("Vastgelegd: onderweg.")
    await page.get_by_role("button", name="Meer tijd").click()
    await page.get_by_role("button", name="Ter plaatse").click()
    await expect(page.locator("#follow-up")).to_contain_text("ter plaatse")
    await page.get_by_role("button", name="Hulp nodig, geen spoed").click()
    await expect(page.locator("#follow-up")).to_contain_text("Afgerond: hulp nodig, geen spoed")


async def test_112_is_noted_and_ends_nothing(stage: Stage) -> None:
    alert_id = await stage.presses()
    page = await stage.opens(path=f"/alerts/{alert_id}")
    await page.keyboard.press("b")
    await page.get_by_label("Wat zeiden ze?").fill("ambulance komt")
    await page.get_by_role("button", name="Noteren").click()
    await expect(page.locator("#journal")).to_contain_text("heeft 112 gebeld: ambulance komt.")
    await expect(page.locator("#actions")).to_be_visible()


async def test_an_alert_of_others_does_not_exist(stage: Stage) -> None:
    alert_id = await stage.presses()
    page = await stage.opens("nurse")
    await page.goto(f"/alerts/{alert_id}")
    await expect(page.get_by_role("heading")).to_have_text("Deze melding is er niet")
    stage.complaints.clear()  # the browser reports the 404 itself


async def test_a_journal_line_with_html_in_it_is_only_text(stage: Stage) -> None:
    alert_id = await stage.presses()
    async with stage.house.store.transaction() as uow:
        await uow.db.execute(
            sa.insert(t.journal).values(
                organisation_id=known("zorg"),
                alert_id=alert_id,
                at=stage.house.now,
                what="beamed_up",
                facts={"by": "<b onclick=x>Scotty</b>"},
            )
        )
    page = await stage.opens(path=f"/alerts/{alert_id}")
    await expect(page.locator("#journal")).to_contain_text(
        "beamed up (by: <b onclick=x>Scotty</b>)"
    )
