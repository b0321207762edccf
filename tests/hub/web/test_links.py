"""The caregiver's link: reading never answers, answering counts once, and it ends."""

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from hub.store import tables
from tests.hub.web.conftest import Town


async def called(town: Town) -> tuple[UUID, str]:
    """An alert for which the daughter was called, and the path of her link."""
    alert_id = await town.alarm()
    async with town.client("operator") as operator:
        rung = {"level": "informal_caregiver", "who": "daughter", "wait_minutes": 5}
        sent = {"steps": [rung]}
        answer = await operator.post(f"/api/v1/alerts/{alert_id}/forward", json=sent)
    assert answer.json()["verdict"] == "done", answer.text
    return alert_id, await town.link(alert_id, "daughter")


async def status(town: Town, alert_id: UUID) -> str:
    asked = sa.select(tables.alerts.c.status).where(tables.alerts.c.id == alert_id)
    [(found,)] = await town.rows(asked)
    return str(found)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_opening_the_link_never_answers(town: Town, method: str) -> None:
    alert_id, path = await called(town)
    before = await town.rows(sa.select(tables.journal.c.id))
    async with town.client() as browser:
        answer = await browser.request(method, path + "?answer=accept")
    assert answer.status_code == 200
    assert await town.rows(sa.select(tables.journal.c.id)) == before
    assert await status(town, alert_id) == "calling"


async def test_the_page_says_first_names_and_no_address_and_the_look_is_recorded(
    town: Town,
) -> None:
    _, path = await called(town)
    async with town.client() as browser:
        shown = await browser.get(path)
    assert "Marieke, kunt u gaan kijken bij Gerda?" in shown.text
    for secret in ("Jansen", "de Wit", "Geheimstraat", "Veendam"):
        assert secret not in shown.text
    assert shown.headers["referrer-policy"] == "no-referrer"
    asked = sa.select(tables.access_log.c.role).where(tables.access_log.c.action == "link.show")
    assert await town.rows(asked) == [("contact",)]


async def test_a_press_accepts_and_the_page_then_offers_what_comes_next(town: Town) -> None:
    alert_id, path = await called(town)
    sent = {"answer": "accept", "eta_minutes": "10", "once": str(uuid4()), "reason": ""}
    async with town.client() as browser:
        told = await browser.post(path, data=sent)
        assert "U gaat kijken" in told.text
        assert (await browser.post(path, data=sent)).status_code == 200
        assert "Ik ben er" in (await browser.get(path)).text
    assert await status(town, alert_id) == "accepted"


async def test_json_is_answered_with_what_the_engine_said(town: Town) -> None:
    alert_id, path = await called(town)
    async with town.client() as machine:
        for answer, more in (
            ("accept", {"eta_minutes": 10}),
            ("extend", {"more_minutes": 20}),
            ("release", {}),
            ("accept", {}),
            ("arrive", {}),
        ):
            told = await machine.post(path, json={"answer": answer, "once": str(uuid4()), **more})
            assert told.json()["verdict"] == "done", (answer, told.text)
    assert await status(town, alert_id) == "on_site"


async def test_declining_says_that_somebody_else_is_called(town: Town) -> None:
    _, path = await called(town)
    async with town.client() as browser:
        told = await browser.post(path, data={"answer": "decline", "once": str(uuid4())})
    assert told.status_code == 200
    assert "vastgelegd" in told.text


async def test_all_well_ends_a_p2_and_the_page_turns_neutral(town: Town) -> None:
    alert_id, path = await called(town)
    async with town.client() as browser:
        told = await browser.post(path, data={"answer": "all_well", "outcome": "social"})
        again = await browser.get(path)
        late = await browser.post(path, json={"answer": "accept"})
    assert await status(town, alert_id) == "resolved"
    for page in (told, again):
        assert "Gerda" not in page.text
        assert "niets meer nodig" in page.text
    assert late.json()["verdict"] == "already_resolved"


async def test_an_expired_link_and_one_that_never_was_look_the_same(town: Town) -> None:
    alert_id, path = await called(town)
    town.passes(hours=12)
    async with town.client() as browser:
        expired, unknown = await browser.get(path), await browser.get("/l/of-nobody")
        pressed = await browser.post(path, json={"answer": "accept"})
    assert (expired.status_code, unknown.status_code, pressed.status_code) == (404, 404, 404)
    assert expired.text == unknown.text
    assert "Gerda" not in expired.text
    assert await status(town, alert_id) == "calling"


async def test_a_nurse_finishes_through_the_link_and_a_caregiver_does_not(town: Town) -> None:
    alert_id, path = await called(town)
    async with town.client() as browser:
        refused = await browser.post(path, json={"answer": "resolve", "outcome": "social"})
        assert refused.json()["errors"][0]["field"] == "answer"
        town.passes(minutes=1)
        for_nurse = await town.link(alert_id, "nurse")
        missing = await browser.post(for_nurse, json={"answer": "resolve"})
        assert missing.json()["errors"][0]["field"] == "outcome"


async def test_the_token_stays_out_of_the_log(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    _, path = await called(town)
    with caplog.at_level("INFO", logger="hub"):
        async with town.client() as browser:
            await browser.get(path)
    assert all(path.removeprefix("/l/") not in str(vars(record)) for record in caplog.records)
    assert any(getattr(record, "route", "") == "/l/{token}" for record in caplog.records)
