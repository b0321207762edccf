"""The live board in a real browser; any console error or policy report fails the test."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.async_api import expect

from hub.store import tables as t
from tests.conftest import connected
from tests.hub.house import known
from tests.hub.screen.stage import Stage

pytestmark = pytest.mark.browser

CONTRAST = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((one) => one / 255)
    .map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const [r, g, b, a = 1] = numbers(getComputedStyle(one).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const one of document.body.querySelectorAll("*")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !one.offsetParent || one.closest(".vh, .rehearsal, .skip")) continue;
    const pair = [light(numbers(getComputedStyle(one).color)), light(behind(one))];
    const [a, b] = pair.sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.push(`${one.className} "${one.textContent.trim()}" ${ratio.toFixed(2)}`);
  }
  return bad;
}"""
HYGIENE = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  const label = (one) => one.ariaLabel || one.textContent || one.labels?.[0]?.textContent || "";
  const named = (one) => one.hidden || label(one).trim();
  const sorts = "button, a[href], select, summary, input:not([type=hidden])";
  const controls = [...document.querySelectorAll(sorts)];
  return {
    twice: ids.filter((one, at) => ids.indexOf(one) !== at),
    nameless: controls.filter((one) => !named(one)).map((one) => one.outerHTML),
    styled: document.querySelectorAll("[style]").length,
    wide: document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth,
    language: document.documentElement.lang,
    mains: document.querySelectorAll("main").length,
  };
}"""


async def test_a_press_appears_without_reloading(stage: Stage) -> None:
    page = await stage.opens()
    await expect(page.get_by_text("Niets te doen")).to_be_visible()
    await page.evaluate("document.body.dataset.kept = 'yes'")
    await stage.presses()
    row = page.locator("#to-do .row")
    await expect(row).to_contain_text("mw. G. Scholten (87)")
    await expect(row).to_contain_text("Alarmknop ingedrukt, badkamer")
    await expect(row.locator("[data-until]")).to_have_text("00:59")
    await expect(page.locator("[data-count=alarm]")).to_have_text("1")
    await expect(page.locator("body")).to_have_attribute("data-kept", "yes")


async def test_a_claim_shows_on_the_other_desk(stage: Stage) -> None:
    await stage.presses()
    anna, bas = await stage.opens("anna"), await stage.opens("bas")
    await anna.get_by_role("button", name="Oppakken: mw. G. Scholten").click()
    await expect(anna.get_by_role("status")).to_contain_text("Opgepakt")
    await expect(bas.locator("#in-hand .row")).to_contain_text("Anna de Wit")
    await expect(bas.locator("#in-hand .row .you")).to_be_hidden()
    await anna.mouse.move(5, 5)
    await expect(anna.locator("#in-hand .row .you")).to_be_visible()


async def test_everybody_seen_on_the_board_is_on_record_once(stage: Stage) -> None:
    first = await stage.presses()
    page = await stage.opens()
    second = await stage.presses("pendant-2")
    await expect(page.locator("#to-do .row")).to_have_count(2)
    await stage.house.claims(second, "bas")
    stage.feed.changed("board")
    await expect(page.locator("#to-do .row")).to_have_count(1)  # so what came before is recorded
    expected = [(first, known("anne"), "board.show"), (second, known("bert"), "board.show")]
    assert await seen_by_anna(stage) == expected
    await page.reload()
    await expect(page.locator("#to-do .row")).to_have_count(1)
    assert await seen_by_anna(stage) == expected


async def seen_by_anna(stage: Stage) -> list[tuple[object, ...]]:
    log = t.access_log.c
    asked = sa.select(log.alert_id, log.client_id, log.action).order_by(log.id)
    return [
        tuple(one) for one in await stage.house.rows(asked.where(log.user_id == known("user-anna")))
    ]


async def test_the_second_of_two_operators_learns_who_was_first(stage: Stage) -> None:
    alert_id = await stage.presses()
    bas = await stage.opens("bas", java_script_enabled=False)
    await stage.house.claims(alert_id, "anna")
    await bas.get_by_role("button", name="Oppakken").click()
    await expect(bas.get_by_role("status")).to_have_text("Anna de Wit heeft deze al.")


async def test_a_double_click_is_one_claim(stage: Stage) -> None:
    alert_id = await stage.presses()
    page = await stage.opens()
    await page.get_by_role("button", name="Oppakken").dblclick()
    await expect(page.get_by_role("status")).to_contain_text("Opgepakt")
    assert (await stage.house.journal(alert_id)).count("claimed") == 1


async def test_keyboard_alone_chooses_claims_and_opens(stage: Stage) -> None:
    await stage.presses("pendant-1")
    stage.house.now += timedelta(seconds=1)  # or chance says which of the two comes first
    second = await stage.presses("pendant-2")
    page = await stage.opens()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator(f"#a-{second}")).to_be_focused()
    await page.keyboard.press("c")
    await expect(page.get_by_role("status")).to_contain_text("Opgepakt")
    await expect(page.locator(f"#a-{second}")).to_be_focused()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Toetsen")).to_be_visible()
    await page.keyboard.press("?")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{stage.url}/alerts/{second}")


async def test_nothing_moves_under_a_hand(stage: Stage) -> None:
    first = await stage.presses("pendant-1")
    page = await stage.opens()
    button = page.locator(f"#a-{first}").get_by_role("button", name="Oppakken")
    await button.hover()
    at = await page.locator(f"#a-{first}").bounding_box()
    await stage.house.passes(timedelta(seconds=61))
    await stage.house.accepts(first, "nurse")
    urgent = await stage.presses("pendant-2")
    await expect(page.locator("#new")).to_have_text("1 nieuwe, 1 spoed")
    await expect(page.locator(f"#a-{first}")).to_contain_text("Saida El Idrissi")
    assert await page.locator(f"#a-{first}").bounding_box() == at
    await expect(page.locator(f"#a-{urgent}")).to_have_count(0)
    await page.mouse.move(5, 5)
    await expect(page.locator("#to-do .row")).to_have_attribute("data-id", str(urgent))
    await expect(page.locator("#new")).to_be_hidden()


async def test_a_click_right_after_a_move_is_not_taken(stage: Stage) -> None:
    first = await stage.presses("pendant-1")
    page = await stage.opens()
    button = page.locator(f"#a-{first}").get_by_role("button", name="Oppakken")
    box = await button.bounding_box()
    assert box is not None
    await button.hover()
    await stage.house.resolves(first)
    await stage.presses("pendant-2")
    await expect(page.locator("#new")).to_be_visible()
    await page.keyboard.press("v")
    await page.mouse.click(box["x"] + 20, box["y"] + 20)
    await expect(page.locator("#to-do .row")).to_contain_text("dhr. J. Mulder")
    assert "claimed" not in await stage.house.journal((await stage.house.alerts())[-1].id)


async def test_a_still_hand_does_not_hold_back_an_alarm_for_ever(stage: Stage) -> None:
    first = await stage.presses("pendant-1")
    page = await stage.opens()
    await page.locator(f"#a-{first} .c-what").hover()
    second = await stage.presses("pendant-2")
    await expect(page.locator(f"#a-{second}")).to_be_visible(timeout=9000)


@pytest.mark.slow
async def test_a_board_that_cannot_be_read_turns_red_and_recovers(
    stage: Stage, database_url: str
) -> None:
    await stage.presses()
    page = await stage.opens()
    with connected(database_url) as connection, connection.transaction():
        connection.execute("LOCK TABLE alerts IN ACCESS EXCLUSIVE MODE")
        bar = page.locator("#lost")
        await expect(bar).to_be_visible(timeout=20_000)
        await expect(bar).to_contain_text("Geen verbinding. Dit bord staat stil sinds")
        await expect(bar).to_contain_text("038 000 01 42")
        await expect(page.locator("#top")).to_be_hidden()
        await expect(page.locator("#to-do button")).to_be_disabled()
        await expect(page.locator("#to-do .d")).to_have_text("––:––")
        box = await bar.bounding_box()
        assert box is not None
        assert box["height"] == 56
    await expect(bar).to_be_hidden(timeout=10_000)
    await expect(page.locator("#to-do button")).to_be_enabled()
    await expect(page.locator("#to-do .d")).to_contain_text("00:")
    stage.complaints.clear()  # the browser reports each 503 of that time itself


async def test_the_board_works_without_javascript(stage: Stage) -> None:
    alert_id = await stage.presses()
    page = await stage.opens(java_script_enabled=False)
    await expect(page.locator("#to-do .row")).to_be_visible()
    assert 'http-equiv="refresh"' in await page.content()
    await page.get_by_role("button", name="Oppakken").click()
    await expect(page.get_by_role("status")).to_contain_text("Opgepakt")
    await expect(page.locator("#in-hand .row")).to_contain_text("Anna de Wit (jij)")
    await page.get_by_role("link", name="Openen").click()
    await page.get_by_role("button", name="Per ongeluk").click()
    await expect(page.get_by_role("status")).to_have_text("Afgerond.")
    assert "resolved" in await stage.house.journal(alert_id)
    (row,) = await stage.house.alerts()
    assert row.outcome == "accidental"


async def test_messages_that_became_nothing_are_on_the_board_until_ticked(stage: Stage) -> None:
    page = await stage.opens()
    await stage.house.receives("in/zorg/gw1/native/pendant-9", b"{not json")
    stage.feed.changed("board")
    await expect(page.locator("#strip")).to_contain_text("1 bericht kon niet verwerkt worden")
    await page.get_by_role("link", name="Toon en tik af").click()
    await expect(page.get_by_text("malformed_json")).to_be_visible()
    await page.get_by_role("button", name="Alles op deze pagina gezien").click()
    await expect(page.get_by_role("button", name="Gezien")).to_have_count(0)
    await page.goto("/")
    await expect(page.locator("#strip")).to_contain_text("Alle berichten zijn verwerkt")


async def test_a_session_that_ended_leads_to_the_sign_in_page(stage: Stage) -> None:
    await stage.presses()
    page = await stage.opens()
    async with stage.house.store.transaction() as uow:
        await uow.db.execute(sa.delete(t.sessions))
    await page.get_by_role("button", name="Oppakken").click()
    await expect(page).to_have_url(f"{stage.url}/sign-in")
    stage.complaints.clear()  # the browser reports the 401 itself


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1366, 768), (360, 640)], ids=["desk", "phone"])
async def test_every_page_can_be_read_and_reached(
    stage: Stage, theme: str, size: tuple[int, int]
) -> None:
    alert_id = await stage.presses("pendant-1")
    await stage.house.claims(alert_id, "bas")
    await stage.presses("pendant-2")
    await stage.house.receives("in/zorg/gw1/native/pendant-9", b"{not json")
    page = await stage.opens(viewport={"width": size[0], "height": size[1]})
    await stage.wears(page, theme)
    for path in ("/", "/techniek", "/trend", "/problems", "/password", f"/alerts/{alert_id}"):
        await page.goto(path)
        await expect(page.locator("html")).to_have_attribute("data-theme", theme)
        found = await page.evaluate(HYGIENE)
        expected = {"twice": [], "nameless": [], "styled": 0, "wide": 0, "mains": 1}
        assert found == {**expected, "language": "nl"}, (path, json.dumps(found))
        assert await page.evaluate(CONTRAST) == [], path


async def test_dark_or_light_is_a_choice_that_is_remembered(stage: Stage) -> None:
    page = await stage.opens()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.get_by_role("button", name="Licht").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")
