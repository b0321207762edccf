"""Seeing in an emergency what a contract keeps back: visible, with a reason, for a while."""

from datetime import date, datetime
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from hub.store import tables as t
from tests.hub.web.conftest import PASSWORD, Town, form_token

REASON = "Zij ligt achter een dichte deur."


@pytest.fixture
async def closed(town: Town) -> Town:
    """The town, of whose client the care centre is told the least."""
    await town.write(sa.update(t.service_contracts).values(shares=["name", "address"]))
    await town.write(
        sa.update(t.clients)
        .where(t.clients.c.id == town.ids["gerda"])
        .values(instructions="Sleutel onder de blauwe gieter.")
    )
    return town


async def disclose(town: Town, alert_id: UUID, who: str = "operator", why: str = REASON) -> int:
    async with town.client(who) as somebody:
        sent = {"reason": why}
        answer = await somebody.post(f"/api/v1/alerts/{alert_id}/disclose", json=sent)
    return answer.status_code


async def test_an_operator_opens_it_with_a_reason_and_the_provider_reads_who_and_why(
    closed: Town,
) -> None:
    alert_id = await closed.alarm()
    async with closed.client() as anna, closed.client() as nurse:
        await closed.sign_in(anna, "anna", PASSWORD)
        await closed.sign_in(nurse, "nurse", PASSWORD)
        before = (await anna.get(f"/alerts/{alert_id}")).text
        assert "blauwe gieter" not in before
        assert "Toch inzien" in before
        sent = {"form_token": form_token(before), "once": str(uuid4()), "reason": REASON}
        pressed = await anna.post(f"/alerts/{alert_id}/disclose", data=sent)
        assert pressed.status_code == 303
        after = (await anna.get(f"/alerts/{alert_id}")).text
        theirs = (await nurse.get(f"/alerts/{alert_id}")).text
        listed = (await nurse.get("/plans")).text
    assert "blauwe gieter" in after
    assert "Toch inzien" not in after
    for page in (theirs, listed):
        assert REASON in page
        assert "Anna" in page


async def test_it_is_open_for_that_person_and_two_hours_alone(closed: Town) -> None:
    alert_id = await closed.alarm()
    assert await disclose(closed, alert_id) == 200
    seen = []
    for login, hours in (("anna", 0), ("bram", 0), ("anna", 2)):
        closed.passes(hours=hours)
        async with closed.client() as browser:
            await closed.sign_in(browser, login, PASSWORD)
            page = (await browser.get(f"/alerts/{alert_id}")).text
        seen.append("blauwe gieter" in page)
    assert seen == [True, False, False]


async def test_it_is_over_with_the_alert(closed: Town) -> None:
    alert_id = await closed.alarm()
    assert await disclose(closed, alert_id) == 200
    closed.passes(minutes=5)
    async with closed.client() as anna, closed.client("machine") as machine:
        await closed.sign_in(anna, "anna", PASSWORD)
        seen = ["blauwe gieter" in (await anna.get(f"/alerts/{alert_id}")).text]
        async with closed.client("operator") as operator:
            path = f"/api/v1/alerts/{alert_id}/resolve"
            await operator.post(f"/api/v1/alerts/{alert_id}/claim", json={})
            over = await operator.post(path, json={"outcome": "social"})
        assert over.json()["verdict"] == "done"
        seen.append("blauwe gieter" in (await anna.get(f"/alerts/{alert_id}")).text)
        (one,) = (await machine.get("/api/v1/disclosures")).json()["items"]
    assert seen == [True, False]
    assert datetime.fromisoformat(one["until"]) == closed.now


async def test_who_lives_in_the_same_home_is_not_opened_with_it(closed: Town) -> None:
    home = {"organisation_id": closed.ids["brug"], "home_id": closed.ids["home"]}
    wim = {"id": uuid4(), "external_id": "wim", "name": "Wim", "birth_date": date(1929, 3, 4)}
    await closed.write(sa.insert(t.clients).values(**home, **wim))
    alert_id = await closed.alarm()
    assert await disclose(closed, alert_id) == 200
    async with closed.client() as anna, closed.client() as nurse:
        await closed.sign_in(anna, "anna", PASSWORD)
        await closed.sign_in(nurse, "nurse", PASSWORD)
        theirs, ours = [(await one.get(f"/alerts/{alert_id}")).text for one in (anna, nurse)]
    assert "blauwe gieter" in theirs
    assert ("Wim" in theirs, "(97)" in theirs) == (True, False)
    assert "(97)" in ours
    log = t.access_log.c
    looked = sa.select(log.client_id).where(log.authorisation == "break_glass").distinct()
    assert await closed.rows(looked) == [(closed.ids["gerda"],)]


async def test_who_is_opened_may_be_named_by_external_id(closed: Town) -> None:
    alert_id = await closed.alarm()
    path, who = f"/api/v1/alerts/{alert_id}/decline", {"by": "daughter"}
    async with closed.client("operator") as operator:
        before = (await operator.post(path, json=who)).status_code
        assert await disclose(closed, alert_id) == 200
        after = (await operator.post(path, json=who)).status_code
    assert (before, after) == (422, 200)


async def test_each_look_while_it_is_open_is_on_record_as_such(closed: Town) -> None:
    alert_id = await closed.alarm()
    for _ in range(2):
        assert await disclose(closed, alert_id) == 200
    async with closed.client("operator") as operator, closed.client("machine") as machine:
        await operator.get(f"/api/v1/alerts/{alert_id}")
        (one,) = (await machine.get("/api/v1/disclosures")).json()["items"]
    assert (one["by"], one["reason"], one["organisation"]) == ("Anna", REASON, "Zorg lantaarn")
    assert one["parts"] == ["birth_date", "instructions", "contacts", "rhythm"]
    log = t.access_log.c
    broken = sa.select(log.action, log.reason, log.client_id).where(
        log.authorisation == "break_glass"
    )
    gerda = closed.ids["gerda"]
    assert await closed.rows(broken.order_by(log.id)) == [
        ("alert.disclose", REASON, gerda),
        ("alert.read", "", gerda),
    ]


async def test_it_needs_a_reason_an_open_alert_and_somebody_who_answers(closed: Town) -> None:
    alert_id = await closed.alarm()
    for why in ("", "   ", "\0", "x" * 501):
        assert await disclose(closed, alert_id, why=why) == 422
    assert await disclose(closed, alert_id, "machine") == 403
    assert await disclose(closed, alert_id, "stranger") == 404
    assert await disclose(closed, uuid4()) == 404
    async with closed.client() as anna:
        await closed.sign_in(anna, "anna", PASSWORD)
        token = form_token((await anna.get(f"/alerts/{alert_id}")).text)
        sent = {"form_token": token, "once": str(uuid4()), "reason": " "}
        assert (await anna.post(f"/alerts/{alert_id}/disclose", data=sent)).status_code == 422
    async with closed.client("operator") as operator:
        path = f"/api/v1/alerts/{alert_id}/resolve"
        await operator.post(f"/api/v1/alerts/{alert_id}/claim", json={})
        over = await operator.post(path, json={"outcome": "social"})
        assert over.json()["verdict"] == "done"
    assert await disclose(closed, alert_id) == 409
    assert await closed.rows(sa.select(t.disclosures)) == []


async def test_where_nothing_is_kept_back_nothing_is_opened(town: Town) -> None:
    alert_id = await town.alarm()
    assert await disclose(town, alert_id) == 200
    assert await disclose(town, alert_id, "nurse") == 200
    assert await town.rows(sa.select(t.disclosures)) == []
