"""A played night as a page: whole, self-contained, and readable by eye, keyboard and machine."""

import re
from collections.abc import Callable, Coroutine
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from hub.cli import main
from hub.rehearsal.account import Account
from hub.rehearsal.play import rehearse
from hub.rehearsal.telling import events, of_alert, states
from hub.rehearsal.viewer import page
from simulators.night_file import find
from simulators.night_reading import load

CHROMIUM = Path("/usr/bin/chromium")
FAILING = """night: 1
title: A <broken> night & its faults
start: 2026-10-24T22:30
for: 8h
people:
  sanne: {answers: 0, off: [{from: "01:00", until: "03:30"}]}
  nachtteam: {answers: 0.4, comes: 1}
timeline:
  - {at: "02:20", press: anna, times: 4, every: 50s}
  - {at: "02:40 again", press: jan}
faults:
  - {link_down: huis-postma, buffers: true, from: "02:30 again", until: "03:10"}
  - {channel_fails: nachtteam, how: busy, from: "02:21", until: "02:30"}
expect:
  - about: the <team> comes
    reached: {called: team}
    after: "02:20"
    within: 2m
  - never: {called: care_centre}
  - reached: {opened: alarm.button, client: anna}
    after: "02:20"
    within: 5s
"""
CHANCE = """night: 1
title: A share of the seeds
start: 2026-01-12T22:30
for: 4h
timeline:
  - {at: "02:20", press: anna}
expect:
  - prob: 0.925
"""
VOID = {"meta", "link", "br"}
Played = Callable[[str], Coroutine[Any, Any, Account]]


class Whole(HTMLParser):
    """Reads a page, and notes what is opened and never closed, loaded, or named twice."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        if tag == "a" and (given.get("href") or "").startswith("#"):
            self.links.append((given["href"] or "")[1:])
        self.loads += [given[name] or "" for name in ("src", "srcset") if name in given]
        self.loads += [given["href"] or ""] if tag == "link" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()}"


def read(text: str) -> Whole:
    whole = Whole()
    whole.feed(text)
    whole.close()
    return whole


@pytest.fixture
def played(database_url: str, tmp_path: Path) -> Played:
    async def play(name: str) -> Account:
        (tmp_path / "failing.yaml").write_text(FAILING)
        (tmp_path / "chance.yaml").write_text(f"{CHANCE}    {name}\n")
        own = {"failing": "failing", "reached": "chance"}.get(name.partition(":")[0])
        path = find(name) if own is None else tmp_path / f"{own}.yaml"
        return await rehearse(load(path), database_url)

    return play


@pytest.mark.parametrize("name", ["model_night", "busy", "failing", "clock_change_october"])
async def test_the_page_is_whole_and_loads_nothing(name: str, played: Played) -> None:
    text = page(await played(name))
    whole = read(text)
    assert whole.open == []
    assert whole.loads == ["data:,"]
    assert not re.search(r"https?://|@import|url\((?!#)", text)
    assert len(whole.ids) == len(set(whole.ids))
    assert set(whole.links) <= set(whole.ids)


async def test_every_alert_and_every_journal_line_is_in_it(played: Played) -> None:
    account = await played("busy")
    whole = read(page(account))
    alerts = [one for one in whole.ids if one.startswith("alert-")]
    assert len(alerts) == account.alerts == 12
    assert len([one for one in whole.ids if re.fullmatch(r"e\d+", one)]) == len(
        account.journal.splitlines()
    )


async def test_every_failed_expectation_is_told_with_its_witness_and_its_replay(
    played: Played,
) -> None:
    account = await played("failing")
    text = page(account)
    assert len(account.broken) == text.count('class="verdict bad">failed') == 2
    assert text.count('class="verdict good">passed') == 1
    assert "the &lt;team&gt; comes" in text
    assert "<broken>" not in text
    assert "--seed 1 --until +3h52m1s  # 02:22" in text


@pytest.mark.parametrize(
    ("comes", "shown"), [("called: sanne", "met once"), ("called: els", "missed")]
)
async def test_one_seed_passes_no_judgement_on_a_share_of_the_seeds(
    comes: str, shown: str, played: Played
) -> None:
    text = page(await played(f"reached: {{{comes}}}"))
    assert f'class="verdict none">{shown}' in text
    assert "Wanted in 92.5 % of all seeds. This page shows one seed, which cannot tell" in text
    assert "--seeds 100</code>" in text
    assert "passed" not in text
    assert text.count('class="verdict good">well') == 1


async def test_software_that_hears_of_alerts_has_a_lane_with_every_answer(played: Played) -> None:
    account = await played("integrator_away")
    text = page(account)
    for one in ("zorg", "lantaarn"):
        assert text.count(f'<g role="group" aria-label="{one}">') >= account.alerts
    assert 'data-say="event called: answered 503 (alert 1)"' in text
    assert 'data-say="event opened, a copy: answered 200 (alert' in text
    assert ": no answer (alert" in text


async def test_the_hour_that_comes_twice_is_told_apart(played: Played) -> None:
    assert re.search(r"02:\d\d:\d\d again", page(await played("clock_change_october")))


@pytest.mark.usefixtures("rehearsals")
def test_the_command_writes_the_page_of_one_night(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "night.html"
    assert main(["night", "check", "deceased_pendant_pressed", "--html", str(file)]) == 0
    assert 'id="alert-1"' in file.read_text()
    assert main(["night", "check", "quiet", "busy", "--html", str(file)]) == 2
    assert "one night with one seed" in capsys.readouterr().err


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium here")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize("name", ["model_night", "failing"])
async def test_it_opens_in_a_browser_without_a_complaint(
    name: str, width: int, scheme: Any, played: Played, tmp_path: Path
) -> None:
    file = tmp_path / "night.html"
    file.write_text(page(await played(name)))
    said: list[str] = []
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        sheet = await browser.new_page(
            viewport={"width": width, "height": 800}, color_scheme=scheme
        )
        sheet.on("console", lambda message: said.append(message.text))
        sheet.on("pageerror", lambda error: said.append(str(error)))
        sheet.on("request", lambda request: said.append(request.url))
        await sheet.goto(file.as_uri())
        await _works(sheet, width)
        await browser.close()
    assert [one for one in said if not one.startswith(("file:", "data:"))] == []


async def _works(sheet: Page, width: int) -> None:
    assert await sheet.evaluate("document.documentElement.scrollWidth") <= width
    opened = sheet.locator(".m.opened").first
    await opened.focus()
    panel = sheet.locator("#panel")
    assert "opened" in await panel.inner_text()
    assert "--until +" in await panel.inner_text()
    lanes = sheet.locator(".lanes").first
    before = await lanes.evaluate("one => one.clientWidth")
    await sheet.get_by_role("button", name="Zoom in").click()
    assert await lanes.evaluate("one => one.clientWidth") > before
    await opened.press("Enter")
    assert await sheet.evaluate("document.querySelector('tr:target') !== null")


async def test_telling_the_one_who_has_it_once_more_takes_it_from_nobody(played: Played) -> None:
    account = await played("model_night")
    told = of_alert(events(account.ledger), 1)
    looks = [one.look for one in states(told)]
    assert looks == ["calling", "claimed", "calling", "coming", "on_site"]
    again = replace(told[-4], what="warn", who="nachtteam", facts={"why": "repeat"})
    assert [one.look for one in states([*told, again])] == looks
