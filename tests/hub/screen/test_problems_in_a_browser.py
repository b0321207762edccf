"""An operator reads what to do about a message that became nothing, and ticks it off."""

import pytest
from playwright.async_api import expect

from hub.incoming.last_resort import record_raw
from hub.words.advice import BY_CODE, BY_OUTCOME, advice
from tests.hub.screen.stage import Stage
from tests.hub.staging import said


@pytest.mark.browser
async def test_on_a_telephone_what_to_do_has_the_width_of_the_screen(stage: Stage) -> None:
    await stage.house.receives("in/zorg/gw1/native/pendant-1", b"{not json")
    page = await stage.opens(viewport={"width": 360, "height": 640})
    await page.goto("/problems")
    box = await page.get_by_text(advice("rejected", "malformed_json: x")).bounding_box()
    assert box is not None
    assert box["width"] > 250


@pytest.mark.browser
async def test_an_operator_reads_what_to_do_about_every_trouble_and_ticks_it_off(
    stage: Stage,
) -> None:
    house = stage.house
    await house.receives("in/zorg/gw1/native/pendant-1", b"{not json")
    await house.receives("in/zorg/gw2/native/pendant-1", b"{}")
    heard = await house.reader.hear(said(house, "alarm.button"))
    async with house.store.transaction() as uow:
        await record_raw(uow, heard, "a test")
    page = await stage.opens()
    await page.goto("/problems")
    for word in ("onleesbaar", "apart gezet", "geweigerd"):
        await expect(page.get_by_text(word, exact=True)).to_be_visible()
    for outcome, reason in (("rejected", "malformed_json: x"), ("quarantined", "not_decidable: x")):
        await expect(page.get_by_text(advice(outcome, reason))).to_be_visible()
    await expect(page.get_by_text(advice("refused", "topic is outside"))).to_be_visible()
    one_by_one = page.locator("button[name=one]")
    await one_by_one.first.click()
    await expect(one_by_one).to_have_count(2)
    await page.get_by_role("button", name="Alles op deze pagina gezien").click()
    await expect(one_by_one).to_have_count(0)
    await page.goto("/")
    await expect(page.get_by_text("Alle berichten zijn verwerkt")).to_be_visible()


def test_every_trouble_has_its_advice_and_says_whom_to_think_of() -> None:
    for outcome in BY_OUTCOME:
        for reason in ("", "nobody wrote this: x", *BY_CODE):
            said = advice(outcome, reason)
            assert "bel" in said.lower(), (outcome, reason)
            assert said.endswith(".")
