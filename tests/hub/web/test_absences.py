"""A caregiver drops out: told by the team over the API, or by herself through her link."""

from datetime import timedelta
from uuid import uuid4

import sqlalchemy as sa
from psycopg.types.range import Range

from hub.store import tables
from tests.hub.web.conftest import PASSWORD, Town


async def _agrees(town: Town, *levels: str) -> None:
    steps = [{"level": one, "wait": 120} for one in levels]
    row = {
        "id": uuid4(),
        "organisation_id": town.ids["brug"],
        "external_id": "own",
        "client_id": town.ids["gerda"],
        "name": "alarm",
        "body": {"kinds": ["alarm.*"], "steps": steps},
        "valid": Range(town.now - timedelta(days=1), None),
    }
    await town.write(sa.insert(tables.agreements).values(row))


async def _work(town: Town) -> list[str]:
    asked = sa.select(tables.alerts.c.explanation).where(tables.alerts.c.kind == "plan.review")
    return [row.explanation for row in await town.rows(asked)]


async def _absent(town: Town) -> list[Range[object]]:
    asked = sa.select(tables.absences.c.during).where(
        tables.absences.c.contact_id == town.ids["daughter"]
    )
    return [row.during for row in await town.rows(asked)]


async def test_one_action_lists_every_plan_proposes_another_and_makes_work(town: Town) -> None:
    await _agrees(town, "informal_caregiver", "care_centre")
    sent = {"ends_at": (town.now + timedelta(days=7)).isoformat(), "once": str(uuid4())}
    async with town.client("nurse") as nurse:
        path = "/api/v1/contacts/daughter/absence"
        answer = await nurse.post(path, json=sent)
        again = await nurse.post(path, json=sent)
    assert answer.status_code == 201, answer.text
    (plan,) = answer.json()["plans"]
    (proposal,) = plan["proposals"]
    assert plan["external_id"] == "gerda"
    assert plan["review_by"] == "2026-11-23"
    assert [one["level"] for one in proposal["steps"]] == ["own_team", "care_centre"]
    assert again.json()["plans"] == [plan]
    (said,) = await _work(town)
    assert "ma 23-11" in said
    assert "eigen team 2:00 min > zorgcentrale" in said
    assert len(await _absent(town)) == 1


async def test_a_caregiver_says_through_her_link_that_she_is_away_and_is_called_no_more(
    town: Town,
) -> None:
    await _agrees(town, "informal_caregiver", "own_team", "care_centre")
    path = await town.link(await town.alarm(), "daughter")
    async with town.client() as phone:
        shown = await phone.get(path)
        assert "Ik kan een tijd niet" in shown.text
        sent = {"answer": "away", "away_days": "7", "once": str(uuid4())}
        for _ in range(2):
            answer = await phone.post(path, data=sent, headers={"accept": "text/html"})
            assert answer.status_code == 200, answer.text
    (during,) = await _absent(town)
    assert (during.lower, during.upper) == (town.now, town.now + timedelta(days=7))
    assert len(await _work(town)) == 1
    async with town.client("operator") as operator:
        who = await operator.get("/api/v1/clients/gerda/who")
    assert who.json()["steps"][0]["not_called"][0]["reason"] == "absent"


async def test_how_long_she_is_away_must_be_said(town: Town) -> None:
    path = await town.link(await town.alarm(), "daughter")
    async with town.client() as phone:
        answer = await phone.post(path, json={"answer": "away"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "away_days"


async def test_a_nurse_does_not_excuse_herself_through_a_link(town: Town) -> None:
    path = await town.link(await town.alarm(), "nurse")
    async with town.client() as phone:
        answer = await phone.post(path, json={"answer": "away", "away_days": 7})
    assert answer.status_code == 422


async def test_nobody_reports_an_absence_of_anothers_contact(town: Town) -> None:
    async with town.client("nurse") as nurse:
        answer = await nurse.post("/api/v1/contacts/stranger/absence", json={})
    assert answer.status_code == 404


async def test_the_work_on_the_board_leads_to_the_temporary_plan(town: Town) -> None:
    await _agrees(town, "informal_caregiver", "care_centre")
    path = await town.link(await town.alarm(), "daughter")
    async with town.client() as phone:
        await phone.post(path, json={"answer": "away", "away_days": 7})
    asked = sa.select(tables.alerts.c.id).where(tables.alerts.c.kind == "plan.review")
    (work,) = await town.rows(asked)
    (absence,) = await town.rows(sa.select(tables.absences.c.id))
    there = f"/clients/{town.ids['gerda']}/plan"
    for login, leads_to in (("nurse", f"/absences/{absence.id}"), ("anna", there)):
        async with town.client() as browser:
            await town.sign_in(browser, login, PASSWORD)
            page = (await browser.get(f"/alerts/{work.id}")).text
            assert f'href="{there}/work"' in page
            assert (await browser.get(f"{there}/work")).headers["location"] == leads_to
