"""A team sends its calls on until an hour: by its people, over the API or by its own link."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from hub.store import tables
from tests.hub.web.conftest import PASSWORD, Town, form_token

HERE = "/api/v1/contacts/team/divert"
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Rooster//NL
BEGIN:VEVENT
UID:nacht
DTSTART;TZID=Europe/Amsterdam:20261123T230000
DTEND;TZID=Europe/Amsterdam:20261124T070000
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
async def west(town: Town) -> Town:
    """There is another team in the house."""
    town.ids["west"] = uuid4()
    row = {
        "id": town.ids["west"], "organisation_id": town.ids["brug"], "external_id": "west",
        "sort": "team", "name": "Team West", "level": "own_team",
        "ways": [{"way": "webhook", "address": "http://127.0.0.1:9/"}],
    }  # fmt: skip
    await town.write(sa.insert(tables.contacts).values(row))
    return town


async def called(town: Town) -> set[str]:
    """Who would be called for Gerda now."""
    async with town.client("nurse") as nurse:
        found = (await nurse.get("/api/v1/clients/gerda/who?kind=lifestyle.not_up")).json()
    names = {str(id_): name for name, id_ in town.ids.items()}
    return {names[one] for step in found["steps"] for one in step["called"]}


async def until(town: Town) -> list[Any]:
    rows = await town.rows(sa.select(tables.diverts.c.during).order_by(tables.diverts.c.during))
    return [row.during.upper for row in rows]


async def test_a_nurse_of_the_team_sends_its_calls_on_and_takes_them_back(west: Town) -> None:
    ends_at = west.now + timedelta(hours=10)
    async with west.client("nurse") as nurse:
        before = (await nurse.get(HERE)).json()
        made = await nurse.post(HERE, json={"to": "west", "ends_at": ends_at.isoformat()})
        assert made.status_code == 201, made.text
        assert [one["to"] for one in made.json()["items"]] == ["Team West"]
        assert "west" in before["can_take"]
        assert before["items"] == []
        assert {"west"} <= await called(west)
        assert "team" not in await called(west)
        back = await nurse.delete(HERE)
    assert back.json()["items"] == []
    assert "team" in await called(west)
    proofs = await west.rows(sa.select(tables.proofs.c.client_id))
    assert west.ids["gerda"] in {row.client_id for row in proofs}
    changes = await west.rows(sa.select(tables.registry_changes.c.by))
    assert {row.by for row in changes} == {"Nurse"}


async def test_a_new_divert_takes_the_place_of_the_one_in_force(west: Town) -> None:
    async with west.client("nurse") as nurse:
        for hours in (2, 4):
            ends_at = (west.now + timedelta(hours=hours)).isoformat()
            await nurse.post(HERE, json={"to": "west", "ends_at": ends_at})
            west.passes(minutes=30)
        shown = (await nurse.get(HERE)).json()
    assert len(shown["items"]) == 1
    assert [(at - west.now).total_seconds() / 60 for at in await until(west)] == [-30, 210]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"to": "stranger"}, "to"),
        ({"to": "team"}, "to"),
        ({"to": "daughter"}, "to"),
        ({"ends_at": "2026-11-22T19:59:00Z"}, "ends_at"),
        ({"ends_at": "2026-11-24T20:00:00Z"}, "ends_at"),
    ],
)
async def test_calls_go_to_who_can_take_them_and_for_a_day_at_most(
    west: Town, sent: dict[str, str], field: str
) -> None:
    body = {"to": "west", "ends_at": "2026-11-23T06:00:00Z", **sent}
    async with west.client("nurse") as nurse:
        answer = await nurse.post(HERE, json=body)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert await until(west) == []


@pytest.mark.parametrize(("who", "status"), [("operator", 404), ("stranger", 404)])
async def test_nobody_else_sends_a_teams_calls_away(west: Town, who: str, status: int) -> None:
    body = {"to": "west", "ends_at": "2026-11-23T06:00:00Z"}
    async with west.client(who) as other:
        assert (await other.post(HERE, json=body)).status_code == status
    assert await until(west) == []


async def test_a_night_nurse_sends_on_her_own_teams_calls_and_no_other_teams(west: Town) -> None:
    nurses = sa.update(tables.users).where(tables.users.c.login == "nurse")
    await west.write(nurses.values(role="night"))
    ends_at = (west.now + timedelta(hours=2)).isoformat()
    async with west.client("nurse") as nurse:
        others = await nurse.post(
            "/api/v1/contacts/west/divert", json={"to": "team", "ends_at": ends_at}
        )
        own = await nurse.post(HERE, json={"to": "west", "ends_at": ends_at})
    assert (others.status_code, own.status_code) == (403, 201)


async def on_the_page(town: Town, browser: httpx.AsyncClient) -> str:
    await town.sign_in(browser, "nurse", PASSWORD)
    listed = (await browser.get("/duty")).text
    assert f'href="/duty/{town.ids["team"]}"' in listed
    page = await browser.get(f"/duty/{town.ids['team']}")
    assert page.status_code == 200, page.text
    return form_token(page.text)


async def test_the_page_says_how_soon_a_partner_agreed_to_come(west: Town) -> None:
    soon = sa.update(tables.service_contracts).values(response_target=timedelta(minutes=30))
    await west.write(soon)
    async with west.client() as browser:
        await on_the_page(west, browser)
        assert "binnen 30 min" in (await browser.get("/duty")).text


async def test_on_the_page_it_lasts_until_that_hour_comes(west: Town) -> None:
    path = f"/duty/{west.ids['team']}"
    async with west.client() as browser:
        sent = {"form_token": await on_the_page(west, browser), "to": str(west.ids["west"])}
        answer = await browser.post(f"{path}/divert", data={**sent, "until": "07:00"})
        assert answer.status_code == 303, answer.text
        assert "doorgeschakeld naar Team West tot ma 07:00" in (await browser.get(path)).text
        assert (await browser.post(f"{path}/back", data=sent)).status_code == 303
        assert "doorgeschakeld naar" not in (await browser.get("/duty")).text
    assert await until(west) == []


async def test_a_team_sends_its_calls_on_by_its_link_and_the_ladder_goes_on(west: Town) -> None:
    path = await west.link(await west.alarm(), "team")
    async with west.client() as phone:
        shown = (await phone.get(path)).text
        assert "Schakel ons door" in shown
        sent = {"answer": "divert", "divert_to": f"{west.ids['west']}/4", "once": str(uuid4())}
        for _ in range(2):
            answer = await phone.post(path, data=sent, headers={"accept": "text/html"})
            assert answer.status_code == 200, answer.text
    assert max(await until(west)) == west.now + timedelta(hours=4)
    (row,) = {row.by for row in await west.rows(sa.select(tables.registry_changes.c.by))}
    assert row == "Team, link"


async def test_what_a_link_sent_comes_again_and_does_not_send_on_calls_that_were_taken_back(
    west: Town,
) -> None:
    path = await west.link(await west.alarm(), "team")
    sent = {"answer": "divert", "divert_to": f"{west.ids['west']}/4", "once": str(uuid4())}
    async with west.client() as phone, west.client("nurse") as nurse:
        declined = {"answer": "decline", "once": sent["once"]}
        assert (await phone.post(path, json=declined)).status_code == 200
        first = await phone.post(path, json=sent)
        assert len((await nurse.get(HERE)).json()["items"]) == 1
        west.passes(minutes=5)
        await nurse.delete(HERE)
        again = await phone.post(path, json=sent)
        assert (first.status_code, again.status_code) == (200, 200)
        assert (await nurse.get(HERE)).json()["items"] == []


async def test_a_link_sends_no_calls_on_once_its_own_call_is_over(west: Town) -> None:
    alert_id = await west.alarm()
    path = await west.link(alert_id, "team")
    sent = {"answer": "divert", "divert_to": f"{west.ids['west']}/4", "once": str(uuid4())}
    async with west.client("operator") as operator, west.client() as phone:
        ended = {"once": str(uuid4()), "outcome": "test"}
        await operator.post(f"/api/v1/alerts/{alert_id}/resolve", json=ended)
        assert (await phone.post(path, json=sent)).json()["verdict"] == "already_resolved"
    assert await until(west) == []


@pytest.mark.parametrize("to", ["x/4", "{west}/99999999999", "{west}/-1", "{daughter}/4"])
async def test_nonsense_behind_a_link_sends_nobody_anywhere(west: Town, to: str) -> None:
    path = await west.link(await west.alarm(), "team")
    named = to.format(west=west.ids["west"], daughter=west.ids["daughter"])
    async with west.client() as phone:
        answer = await phone.post(path, json={"answer": "divert", "divert_to": named})
    assert answer.status_code == 422, answer.text
    assert await until(west) == []


async def test_a_daughters_link_sends_nobodys_calls_on(west: Town) -> None:
    path = await west.link(await west.alarm(), "daughter")
    async with west.client() as phone:
        assert "Schakel ons door" not in (await phone.get(path)).text
        wanted = f"{west.ids['west']}/4"
        answer = await phone.post(path, json={"answer": "divert", "divert_to": wanted})
    assert answer.status_code == 422


async def test_a_roster_is_brought_and_taken_along_as_a_calendar(west: Town) -> None:
    path = f"/duty/{west.ids['team']}"
    async with west.client() as browser:
        token = {"form_token": await on_the_page(west, browser)}
        wrong = CALENDAR.replace("DTSTART;", "DTSTRAT;").encode()
        refused = await browser.post(f"{path}/roster", data=token, files={"calendar": wrong})
        assert refused.status_code == 422
        assert "Het rooster is niet ingelezen" in refused.text
        right = {"calendar": CALENDAR.encode()}
        brought = await browser.post(f"{path}/roster", data=token, files=right)
        assert brought.status_code == 303, brought.text
        assert "ma 23:00 – di 07:00" in (await browser.get(path)).text
        given = await browser.get(f"{path}/roster.ics")
    assert given.headers["content-type"].startswith("text/calendar")
    assert "20261123T" in given.text
