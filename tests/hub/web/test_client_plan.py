"""The page of a client's plan: who may change it, and what becomes of mistakes."""

from typing import Any

import httpx
import sqlalchemy as sa

from hub.store import tables
from tests.hub.web.conftest import PASSWORD, Town, form_token

HTML = {"accept": "text/html"}


async def page_of(town: Town, browser: httpx.AsyncClient, login: str) -> str:
    """Sign in and open Gerda's plan; the form token its forms carry."""
    await town.sign_in(browser, login, PASSWORD)
    shown = await browser.get(f"/clients/{town.ids['gerda']}/plan", headers=HTML)
    return shown.text if shown.status_code == 200 else str(shown.status_code)


async def sends(town: Town, browser: httpx.AsyncClient, page: str, **fields: str) -> Any:
    path = f"/clients/{town.ids['gerda']}/plan/relation/{town.ids['daughter']}"
    sent = {"form_token": form_token(page), **fields}
    return await browser.post(path, data=sent, headers=HTML)


async def limits(town: Town) -> Any:
    (row,) = await town.rows(sa.select(tables.client_contacts))
    return row.consent, row.limits


async def test_a_mistake_is_told_in_words_and_nothing_is_written(town: Town) -> None:
    async with town.client() as browser:
        page = await page_of(town, browser, "nurse")
        for wrong in (
            {"quiet": "na tienen"},
            {"wake_ups": "twee"},
            {"wake_ups": "-1"},
            {"wake_ups": "9" * 5000},
        ):
            answer = await sends(town, browser, page, consent="1", **wrong)
            assert answer.status_code == 422, answer.text
            assert "Schrijf rust als 22:00-07:00" in answer.text
    assert await limits(town) == (True, None)


async def test_who_no_longer_wants_to_be_called_is_not(town: Town) -> None:
    async with town.client() as browser:
        page = await page_of(town, browser, "nurse")
        answer = await sends(town, browser, page, two_nights="1")
        assert answer.status_code == 303, answer.text
        who = await browser.get("/api/v1/clients/gerda/who?kind=lifestyle.not_up")
    assert await limits(town) == (False, None)
    reasons = [one["reason"] for step in who.json()["steps"] for one in step["not_called"]]
    assert "no_consent" in reasons


async def test_the_care_centre_reads_a_plan_and_changes_nothing(town: Town) -> None:
    async with town.client() as browser:
        page = await page_of(town, browser, "anna")
        assert "Marieke de Wit" in page
        assert "Bewaar" not in page
        answer = await sends(town, browser, page, two_nights="1")
    assert answer.status_code == 403
    assert await limits(town) == (True, None)


async def test_another_provider_does_not_see_that_there_is_a_plan(town: Town) -> None:
    async with town.client() as browser:
        assert await page_of(town, browser, "stranger") == "404"
    looks = await town.rows(sa.select(tables.access_log.c.action))
    assert "plan.show" not in {row.action for row in looks}
