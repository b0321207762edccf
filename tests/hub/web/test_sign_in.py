"""Coming in, staying in, and being kept out."""

import asyncio

import pytest
import sqlalchemy as sa
from fastapi import Request

from hub.routes.sign_in import inside
from hub.routes.stream import still_signed_in
from hub.store import tables
from tests.hub.web.conftest import PASSWORD, Town, form_token


async def test_the_right_password_opens_a_session_and_goes_where_one_was_going(town: Town) -> None:
    async with town.client() as browser:
        shown = await browser.get("/sign-in", params={"next": "/alerts"})
        answer = await browser.post(
            "/sign-in",
            data={
                "login": "anna",
                "password": PASSWORD,
                "form_token": form_token(shown.text),
                "next": "/alerts",
            },
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/alerts")
        cookie = next(one for one in answer.headers.get_list("set-cookie") if "nachtwacht=" in one)
        assert "httponly" in cookie.lower()
        assert "samesite=lax" in cookie.lower()
        assert (await browser.get("/api/v1/alerts")).status_code == 200
    [(kept,)] = await town.rows(sa.select(tables.sessions.c.token_hash))
    assert browser.cookies["nachtwacht"].encode() not in kept


async def test_a_wrong_password_and_an_unknown_login_are_told_the_same(town: Town) -> None:
    async with town.client() as browser:
        known = await town.sign_in(browser, "anna", "guess")
        unknown = await town.sign_in(browser, "nobody-at-all", "guess")
    assert (known.status_code, unknown.status_code) == (401, 401)
    assert "horen niet bij elkaar" in known.text
    assert "horen niet bij elkaar" in unknown.text


async def test_a_form_from_elsewhere_signs_nobody_in(town: Town) -> None:
    async with town.client() as browser:
        answer = await browser.post("/sign-in", data={"login": "anna", "password": PASSWORD})
        assert answer.status_code == 403
        assert "nachtwacht" not in browser.cookies


async def test_guessing_becomes_slow_and_never_locks_for_good(town: Town) -> None:
    async with town.client() as browser:
        said = [(await town.sign_in(browser, "anna", "guess")).status_code for _ in range(6)]
        assert said == [401] * 5 + [429]
        blocked = await town.sign_in(browser, "anna", PASSWORD)
        assert int(blocked.headers["retry-after"]) >= 1
        town.passes(minutes=5)
        assert (await town.sign_in(browser, "anna", PASSWORD)).status_code == 303


async def test_guesses_made_at_once_are_all_counted(town: Town) -> None:
    async with town.client() as browser:
        shown = await browser.get("/sign-in")
        sent = {"login": "anna", "password": "x", "form_token": form_token(shown.text)}
        said = await asyncio.gather(*(browser.post("/sign-in", data=sent) for _ in range(12)))
    assert sum(one.status_code == 429 for one in said) >= 7


async def test_a_guesser_elsewhere_does_not_keep_the_nurse_out(town: Town) -> None:
    async with town.client() as guesser:
        for _ in range(6):
            await town.sign_in(guesser, "anna", "guess")
    elsewhere = tables.sign_in_attempts.update().where(
        tables.sign_in_attempts.c.login.contains(" ")
    )
    await town.write(elsewhere.values(login="anna 10.9.9.9"))
    async with town.client() as browser:
        assert (await town.sign_in(browser, "anna", PASSWORD)).status_code == 303


async def test_a_session_ends_when_it_is_idle_and_at_last_anyhow(town: Town) -> None:
    async with town.client() as browser:
        await town.sign_in(browser, "anna", PASSWORD)
        town.passes(hours=11)
        assert (await browser.get("/api/v1/alerts")).status_code == 200
        town.passes(hours=11)
        assert (await browser.get("/api/v1/alerts")).status_code == 200
        town.passes(hours=3)
        assert (await browser.get("/api/v1/alerts")).status_code == 401
        await town.sign_in(browser, "anna", PASSWORD)
        town.passes(hours=13)
        assert (await browser.get("/api/v1/alerts")).status_code == 401


async def test_signing_in_again_ends_the_session_before_it(town: Town) -> None:
    async with town.client() as browser:
        await town.sign_in(browser, "anna", PASSWORD)
        first = browser.cookies["nachtwacht"]
        town.passes(hours=13)
        await town.sign_in(browser, "anna", PASSWORD)
        assert browser.cookies["nachtwacht"] != first
    assert len(await town.rows(sa.select(tables.sessions))) == 1


async def test_signing_out_needs_the_form_token_and_ends_the_session(town: Town) -> None:
    async with town.client() as browser:
        await town.sign_in(browser, "anna", PASSWORD)
        assert (await browser.post("/sign-out")).status_code == 403
        [(token,)] = await town.rows(sa.select(tables.sessions.c.form_token))
        answer = await browser.post("/sign-out", data={"form_token": token})
        assert answer.headers["location"] == "/sign-in"
    assert await town.rows(sa.select(tables.sessions)) == []


async def test_a_disabled_user_is_out_at_once(town: Town) -> None:
    async with town.client() as browser, town.client("operator") as machine:
        await town.sign_in(browser, "anna", PASSWORD)
        await town.write(sa.update(tables.users).values(disabled_at=town.now))
        assert (await browser.get("/api/v1/alerts")).status_code == 401
        assert (await machine.get("/api/v1/alerts")).status_code == 401
        assert (await town.sign_in(browser, "anna", PASSWORD)).status_code == 401


async def test_a_session_acts_through_the_api_only_with_its_form_token(town: Town) -> None:
    alert_id = await town.alarm()
    async with town.client() as browser:
        await town.sign_in(browser, "anna", PASSWORD)
        refused = await browser.post(f"/api/v1/alerts/{alert_id}/claim", json={})
        assert refused.json()["type"] == "/api/v1/problems/form-token"
        [(token,)] = await town.rows(sa.select(tables.sessions.c.form_token))
        done = await browser.post(
            f"/api/v1/alerts/{alert_id}/claim", json={}, headers={"x-form-token": token}
        )
        assert done.json()["verdict"] == "done"


async def test_a_token_that_expired_opens_nothing(town: Town) -> None:
    await town.write(sa.update(tables.api_tokens).values(expires_at=town.now))
    async with town.client("operator") as machine:
        answer = await machine.get("/api/v1/alerts")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    "where",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:x",
        "evil",
        "",
    ],
)
def test_no_way_onward_leads_out_of_the_hub(where: str) -> None:
    assert inside(where) == "/"


def test_a_way_onward_inside_is_kept() -> None:
    assert inside("/alerts/1?tab=journal") == "/alerts/1?tab=journal"


async def test_a_stream_opened_with_a_token_ends_when_the_token_does(town: Town) -> None:
    headers = [(b"authorization", b"Bearer operator")]
    scope = {"type": "http", "method": "GET", "headers": headers, "app": town.app}
    ask = await still_signed_in(Request(scope), town.app.state.web)
    assert await ask()
    await town.write(sa.delete(tables.api_tokens))
    assert not await ask()
