"""A message that became nothing, as an integrator of its organisation reads and fetches it."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.async_api import expect

from hub.screen.raw_payload import SHOWN, as_text, shown
from hub.store import tables as t
from tests.hub.house import House, known
from tests.hub.screen.stage import Stage
from tests.hub.screen.test_board_in_a_browser import CONTRAST, HYGIENE

TOPIC = "in/zorg/gw1/native/pendant-1"


async def looks(house: House) -> list[tuple[Any, ...]]:
    log = t.access_log
    asked = sa.select(log.c.action, log.c.client_id, log.c.user_id).where(
        log.c.action.like("message.%")
    )
    return [tuple(row) for row in await house.rows(asked.order_by(log.c.id))]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1366, 768), (360, 640)], ids=["desk", "phone"])
async def test_an_integrator_reads_why_and_what_came_in_and_every_look_is_on_record(
    stage: Stage, theme: str, size: tuple[int, int]
) -> None:
    sent = b'{"kind": "alarm.button", "note": "' + "é<script>".encode() * 40 + b'"'
    await stage.house.receives(TOPIC, sent)
    viewport = {"width": size[0], "height": size[1]}
    page = await stage.opens("koppeling", viewport=viewport)
    await page.goto("/problems")
    await stage.wears(page, theme)
    await page.get_by_role("link", name="Bekijk bericht").click()
    await expect(page.get_by_role("heading", name="Bericht", exact=True)).to_be_visible()
    await expect(page.locator("pre").first).to_contain_text("alarm.button")
    await expect(page.get_by_text("malformed_json").first).to_be_visible()
    await expect(page.get_by_text("bel de cliënt")).to_be_visible()
    found = await page.evaluate(HYGIENE)
    expected = {"twice": [], "nameless": [], "styled": 0, "wide": 0, "mains": 1}
    assert found == {**expected, "language": "nl"}, json.dumps(found)
    assert await page.evaluate(CONTRAST) == []
    async with page.expect_download() as fetching:
        await page.get_by_role("link", name="Haal op").click()
    fetched = await (await fetching.value).path()
    assert fetched.read_bytes() == sent
    own = (known("anne"), known("user-koppeling"))
    assert await looks(stage.house) == [("message.read", *own), ("message.download", *own)]


async def test_nobody_else_reads_a_payload(stage: Stage) -> None:
    await stage.house.receives(TOPIC, b"{not json")
    ((message_id,),) = await stage.house.rows(sa.select(t.messages.c.id))
    page = await stage.opens("anna")
    await page.goto("/problems")
    await expect(page.get_by_text("malformed_json")).to_be_visible()
    await expect(page.get_by_role("link", name="Bekijk bericht")).to_have_count(0)
    for path in (f"/inspector/{message_id}", f"/inspector/{message_id}/payload"):
        answer = await page.request.get(path)
        assert answer.status == 404  # of the centre, which serves zorg but is not it
    await stage.house.changes(sa.update(t.users).values(role="integrator"))
    for path in (f"/inspector/{message_id}", f"/inspector/{message_id}/payload"):
        answer = await page.request.get(path)
        assert answer.status == 404  # of the centre, which serves zorg but is not it
    assert await looks(stage.house) == []


@pytest.mark.parametrize("size", [(1366, 768), (360, 640)], ids=["desk", "phone"])
async def test_whatever_a_stranger_sends_hides_nothing_and_runs_nowhere(
    stage: Stage, size: tuple[int, int]
) -> None:
    """HTML, text that runs from right to left, NUL, huge numbers, 64 KiB, in every place."""
    evil = "<img src=x onerror=alert(1)>\u202egnp.exe\u2066\0" + "9" * 400
    whole = json.dumps({"kind": evil, "seq": 10**400, "note": "x" * 60_000}).encode()
    pairs = ((evil, evil), ("trace", "a1"))
    beside: dict[str, Any] = {"content_type": evil, "user_properties": pairs}
    heard = await stage.house.receives(f"in/zorg/gw1/native/{evil}", whole, **beside)
    await stage.house.receives(f"in/zorg/gw1/{evil}/x", whole[: 64 * 1024])
    page = await stage.opens("koppeling", viewport={"width": size[0], "height": size[1]})
    dialogs = list[str]()
    page.on("dialog", lambda one: dialogs.append(one.message))
    for path in ("/inspector", "/problems", "/adapters", f"/inspector/{heard.id}"):
        answer = await page.goto(path)
        assert answer is not None
        assert answer.status == 200
        shown_text = await page.locator("body").inner_text()
        assert not {"\u202e", "\u2066", "\0"} & set(shown_text)
        assert await page.locator("main img").count() == 0
        found = await page.evaluate(HYGIENE)
        assert (found["wide"], found["styled"]) == (0, 0), path
    await expect(page.get_by_text("trace a1", exact=True)).to_be_visible()
    await expect(page.get_by_text("gelezen met versie 1.0.0, contract 1.0")).to_be_visible()
    assert dialogs == []


@pytest.mark.parametrize(
    ("payload", "text", "as_hex", "cut"),
    [
        (b"{not json", "{not json", False, False),
        (b"", "", False, False),
        ("één".encode(), "één", False, False),
        (b"\x00\xff", "0000  00 ff", True, False),
        ("links\u202ethcer".encode(), "0000  6c 69 6e 6b 73 e2 80 ae 74 68 63 65 72", True, False),
        (b"x" * (SHOWN + 1), "x" * SHOWN, False, True),
        (b"x" * (SHOWN - 1) + "é".encode(), "x" * (SHOWN - 1), False, True),
    ],
)
def test_what_is_text_is_shown_as_text_and_anything_else_as_bytes(
    payload: bytes, text: str, as_hex: bool, cut: bool
) -> None:
    found = shown(payload)
    assert (found.text, found.as_hex, found.cut) == (text, as_hex, cut)


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"plain\n", "plain\n"),
        (b"\x00\xff\x1b[2J", "\\x00\\xff\\x1b[2J"),
        ("links\u202ethcer".encode(), "links\\u202ethcer"),
    ],
)
def test_nothing_hides_in_a_payload_shown_as_text(payload: bytes, text: str) -> None:
    assert as_text(payload) == text
