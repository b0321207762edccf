"""The live inspector, as somebody who connects devices uses it."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.async_api import Page, expect

from hub.store import tables as t
from tests.hub.house import House, known
from tests.hub.screen.stage import Stage
from tests.hub.screen.test_board_in_a_browser import CONTRAST, HYGIENE

AT = "in/zorg/gw1/native"
PATIENCE = 20_000
BED = "in/zorg/gw1/zigbee2mqtt/bed-1"
LOOKS = pytest.mark.parametrize(
    ("theme", "size"), [("light", (1366, 768)), ("dark", (360, 640))], ids=["desk", "phone"]
)


async def looks(house: House) -> set[tuple[str, object]]:
    log = t.access_log
    rows = await house.rows(sa.select(log.c.action, log.c.client_id))
    return {(row.action, row.client_id) for row in rows if row.action.startswith("message")}


async def is_tidy(page: Page) -> None:
    found = await page.evaluate(HYGIENE)
    expected = {"twice": [], "nameless": [], "styled": 0, "wide": 0, "mains": 1}
    assert found == {**expected, "language": "nl"}, json.dumps(found)
    assert await page.evaluate(CONTRAST) == []


async def everything(house: House) -> None:
    """One message of every outcome."""
    await house.press()
    await house.receives(f"{AT}/pendant-2", b"{not \x00 json")
    await house.receives(BED, {"occupancy": True})
    await house.receives("in/zorg/gw1/zigbee2mqtt/bridge/logging", {"level": "info"})
    await house.receives(f"{AT}/<img src=x>", {"kind": "alarm.fall"})
    await house.receives("in/zorg/elsewhere/native/x", {})


@LOOKS
async def test_what_comes_in_is_seen_at_once_with_what_became_of_it(
    stage: Stage, theme: str, size: tuple[int, int]
) -> None:
    await everything(stage.house)
    page = await stage.opens("koppeling", viewport={"width": size[0], "height": size[1]})
    await stage.wears(page, theme)
    await page.goto("/inspector")
    rows = page.locator("#messages tr")
    await expect(rows).to_have_count(6)
    for word in ("vertaald", "onleesbaar", "geweigerd", "malformed_json", "Onbekend apparaat"):
        await expect(rows.filter(has_text=word).first).to_be_visible()
    await is_tidy(page)
    await expect(page.locator("#hold-label")).to_be_visible()
    await stage.house.press("pendant-3")
    await expect(rows).to_have_count(7, timeout=PATIENCE)  # nobody reloaded anything
    await page.get_by_label("Stilzetten").check()
    await stage.house.press("pendant-2")
    await page.get_by_label("Stilzetten").uncheck()
    await expect(rows).to_have_count(8, timeout=PATIENCE)
    assert ("messages.follow", known("anne")) in await looks(stage.house)
    assert ("messages.follow", known("carla")) in await looks(stage.house)


async def test_it_is_sifted_by_whatever_one_knows(stage: Stage) -> None:
    await everything(stage.house)
    page = await stage.opens("koppeling", java_script_enabled=False, path="/inspector")
    for field, chosen, left in (
        ("Uitkomst", "onleesbaar", 1),
        ("Adapter", "zigbee2mqtt", 2),
        ("Basisstation", "gw1", 6),
    ):
        await page.goto("/inspector")
        await page.get_by_label(field).select_option(chosen)
        await page.get_by_role("button", name="Zoek").click()
        await expect(page.locator("#messages tr")).to_have_count(left)
    for field, typed in (("Apparaat", "pendant-1"), ("Tekst", "alarm.fall"), ("Tekst", "100%_")):
        await page.goto("/inspector")
        await page.get_by_label(field).fill(typed)
        await page.get_by_role("button", name="Zoek").click()
        count = 0 if "%" in typed else 1
        await expect(page.locator("#messages td.nw")).to_have_count(count)
    await expect(page.get_by_text("Geen berichten die hieraan voldoen")).to_be_visible()


async def test_a_press_is_followed_from_its_bytes_to_its_alert(stage: Stage) -> None:
    alert_id = await stage.presses()
    page = await stage.opens("koppeling", java_script_enabled=False, path="/inspector")
    await page.locator("#messages a").first.click()
    await expect(page.get_by_text("Hiermee begon een melding")).to_be_visible()
    await expect(page.locator("pre").first).to_contain_text('{"kind": "alarm.button"}')
    await expect(page.get_by_role("cell", name="alarm.button")).to_be_visible()
    await expect(page.get_by_text("Zojuist opnieuw vertaald")).to_be_visible()
    await page.get_by_role("link", name="Opende een melding").click()
    assert page.url.endswith(f"/alerts/{alert_id}")
    assert ("message.read", known("anne")) in await looks(stage.house)


async def test_what_is_no_text_is_shown_whole_and_the_remedy_with_it(stage: Stage) -> None:
    await stage.house.receives(f"{AT}/pendant-1", b"\x00\xff<script>")
    page = await stage.opens("koppeling", viewport={"width": 360, "height": 640})
    await page.goto("/inspector")
    await page.locator("#messages a").first.click()
    await expect(page.locator("pre").first).to_have_text("\\x00\\xff<script>")
    await expect(page.get_by_text("0000  00 ff 3c")).to_be_visible()
    await expect(page.get_by_text("bel de cliënt")).to_be_visible()
    await is_tidy(page)


async def test_a_copy_a_sign_of_life_and_what_was_known_each_say_so(stage: Stage) -> None:
    pressed = {"kind": "alarm.button", "id": "7/1"}
    await stage.house.receives(f"{AT}/pendant-1", pressed)
    await stage.house.receives(f"{AT}/pendant-1", pressed)
    await stage.house.receives(BED, {"occupancy": True})
    await stage.house.receives(BED, {"occupancy": True})
    await stage.house.receives(f"{AT}/mains-1", {"channel": "mains_lost", "active": True})
    page = await stage.opens("koppeling", java_script_enabled=False, path="/inspector")
    said = []
    links = [await one.get_attribute("href") for one in await page.locator("td.nw a").all()]
    for link in links:
        await page.goto(link or "")
        said.append(await page.locator(".why").inner_text())
    assert any("Een kopie" in one for one in said)
    assert any("Er veranderde niets" in one for one in said)
    assert any("Dit wacht" in one for one in said)


async def test_a_page_goes_on_to_older_messages_without_skipping_one(stage: Stage) -> None:
    for _ in range(130):
        stage.house.now += timedelta(seconds=1)
        await stage.house.receives(BED, {"occupancy": True})
    page = await stage.opens("koppeling", java_script_enabled=False, path="/inspector")
    seen = {await one.get_attribute("href") for one in await page.locator("td.nw a").all()}
    assert len(seen) == 100
    await page.get_by_role("link", name="Oudere berichten").click()
    older = {await one.get_attribute("href") for one in await page.locator("td.nw a").all()}
    assert len(older) == 30
    assert not seen & older


async def test_only_the_own_organisations_messages_are_shown(stage: Stage) -> None:
    await stage.house.press()
    page = await stage.opens("anna")  # of the centre that serves zorg
    await page.goto("/inspector")
    await expect(page.get_by_text("Geen berichten die hieraan voldoen")).to_be_visible()
    page = await stage.opens("nurse")
    answer = await page.request.get("/inspector")
    assert answer.status == 403
    assert known("anne") not in {client for _, client in await looks(stage.house)}


@LOOKS
async def test_adapters_say_how_good_they_are_and_how_they_do(
    stage: Stage, theme: str, size: tuple[int, int]
) -> None:
    await everything(stage.house)
    await stage.house.receives("in/zorg/gw1/native/p9", b"{x")
    gone = sa.update(t.messages).where(t.messages.c.topic.endswith("/p9"))
    await stage.house.changes(gone.values(adapter="oud"))
    page = await stage.opens("koppeling", viewport={"width": size[0], "height": size[1]})
    await stage.wears(page, theme)
    await page.goto("/adapters")
    native = page.locator("tr").filter(has_text="native")
    await expect(native).to_contain_text("1.0.0")
    await expect(native).to_contain_text("1 onleesbaar")
    await expect(native).to_contain_text("1× malformed_json")
    await expect(native).to_contain_text("ms gemiddeld")
    await expect(page.locator("tr").filter(has_text="oud")).to_contain_text("staat uit")
    await is_tidy(page)
    await native.get_by_role("link", name="1 onleesbaar").click()
    await expect(page.locator("#messages tr")).to_have_count(1)
