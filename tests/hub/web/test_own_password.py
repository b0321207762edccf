"""Somebody who is signed in chooses another password."""

import httpx
import sqlalchemy as sa

from hub.store import tables
from tests.hub.web.conftest import EVENING, PASSWORD, Town, form_token

BETTER = "de lantaarn brandt nog"


async def changes(
    browser: httpx.AsyncClient, old: str, new: str, again: str = ""
) -> httpx.Response:
    shown = await browser.get("/password")
    sent = {"old": old, "new": new, "again": again or new, "form_token": form_token(shown.text)}
    return await browser.post("/password", data=sent, follow_redirects=True)


async def test_a_new_password_opens_and_the_old_one_and_other_screens_do_not(town: Town) -> None:
    async with town.client() as desk, town.client() as left_open, town.client() as later:
        for browser in (desk, left_open):
            await town.sign_in(browser, "anna", PASSWORD)
        said = await changes(desk, PASSWORD, BETTER)
        assert "Je wachtwoord is veranderd" in said.text
        assert (await desk.get("/api/v1/alerts")).status_code == 200
        assert (await left_open.get("/api/v1/alerts")).status_code == 401
        assert (await town.sign_in(later, "anna", PASSWORD)).status_code == 401
        assert (await town.sign_in(later, "anna", BETTER)).status_code == 303


async def test_what_is_wrong_is_told_and_changes_nothing(town: Town) -> None:
    async with town.client() as browser, town.client() as later:
        await town.sign_in(browser, "anna", PASSWORD)
        for old, new, again, status, told in (
            ("guess", BETTER, "", 401, "niet je wachtwoord van nu"),
            (PASSWORD, BETTER, BETTER + "!", 422, "niet hetzelfde"),
            (PASSWORD, "kort", "", 422, "minstens 12 tekens"),
            (PASSWORD, "x" * 201, "", 422, "minstens 12 tekens"),
        ):
            answer = await changes(browser, old, new, again)
            assert (answer.status_code, told in answer.text) == (status, True), answer.text
        assert (await town.sign_in(later, "anna", PASSWORD)).status_code == 303


async def test_a_screen_left_open_is_no_place_to_guess(town: Town) -> None:
    async with town.client() as browser:
        await town.sign_in(browser, "anna", PASSWORD)
        said = [(await changes(browser, "guess", BETTER)).status_code for _ in range(6)]
        assert said == [401] * 5 + [429]
        town.passes(minutes=5)
        assert "veranderd" in (await changes(browser, PASSWORD, BETTER)).text


async def test_a_password_too_short_is_no_guess(town: Town) -> None:
    async with town.client() as browser:
        await town.sign_in(browser, "anna", PASSWORD)
        said = [(await changes(browser, PASSWORD, "kort")).status_code for _ in range(6)]
        assert said == [422] * 6
        assert "veranderd" in (await changes(browser, PASSWORD, BETTER)).text


async def test_a_form_from_elsewhere_changes_nothing(town: Town) -> None:
    async with town.client() as browser:
        await town.sign_in(browser, "anna", PASSWORD)
        sent = {"old": PASSWORD, "new": BETTER, "again": BETTER}
        assert (await browser.post("/password", data=sent)).status_code == 403


async def test_who_is_no_longer_there_comes_in_no_longer(town: Town) -> None:
    async with town.client() as browser, town.client("operator") as program:
        await town.sign_in(browser, "anna", PASSWORD)
        ended = sa.update(tables.contacts).values(ended_at=EVENING)
        await town.write(ended.where(tables.contacts.c.organisation_id == town.ids["lantaarn"]))
        assert (await browser.get("/api/v1/alerts")).status_code == 401
        assert (await program.get("/api/v1/alerts")).status_code == 401
        assert (await town.sign_in(browser, "anna", PASSWORD)).status_code == 401
