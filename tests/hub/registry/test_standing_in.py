"""A caregiver drops out: one action puts the ladder without her in force, one takes it back."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import sqlalchemy as sa
from psycopg.types.range import Range

from hub.store import tables as t
from tests.hub.registry.test_activating import EMERGENCY, put, waiting
from tests.hub.web.conftest import PASSWORD, Town, form_token, town

__all__ = ["town"]
OWN = {
    "client": "gerda",
    "name": "Alarm",
    "kinds": ["alarm.*"],
    "steps": [
        {"level": "informal_caregiver", "wait": 120, "who": ["daughter"]},
        {"level": "care_centre", "wait": 120},
    ],
    "rest": {"consent": {"by": "client", "given_at": "2026-01-01T12:00:00Z"}},
}


async def drops_out(town: Town, machine: httpx.AsyncClient, days: int | None = 7) -> str:
    """Agree that Gerda's daughter is called first; then she cannot be. The path of her absence."""
    always = Range(town.now - timedelta(days=30), None)
    await town.write(sa.update(t.service_contracts).values(valid=always))
    await put(machine, OWN, 201, "agreements/gerda/alarm")
    ends = None if days is None else (town.now + timedelta(days=days)).isoformat()
    said = {"ends_at": ends, "once": str(uuid4())}
    answer = await machine.post("/api/v1/contacts/daughter/absence", json=said)
    return f"/api/v1/absences/{answer.json()['absence_id']}"


async def called(machine: httpx.AsyncClient, **asked: Any) -> list[str]:
    shown = await machine.get("/api/v1/clients/gerda/who", params=asked)
    return [one["level"] for one in shown.json()["steps"] if one["step"]]


async def work(town: Town) -> list[str]:
    """What stands in the technical queue about plans, and is not done."""
    asked = sa.select(t.alerts.c.explanation).where(
        t.alerts.c.kind == "plan.review", t.alerts.c.resolved_at.is_(None)
    )
    return [row.explanation for row in await town.rows(asked)]


async def test_one_action_puts_the_ladder_without_her_in_force_until_she_is_back(
    town: Town,
) -> None:
    async with town.client("machine") as machine, town.client("nurse") as nurse:
        path = await drops_out(town, machine)
        (plan,) = (await nurse.get(path)).json()["plans"]
        assert plan["in_force"] == []
        for _ in range(2):
            (plan,) = (await nurse.post(f"{path}/temporary-plans", json={})).json()["plans"]
        assert plan["errors"] == []
        (name,) = plan["in_force"]
        later = (town.now + timedelta(days=8)).isoformat()
        assert await called(machine) == ["own_team", "care_centre"]
        assert await called(machine, at=later) == ["informal_caregiver", "care_centre"]
        kept = (await machine.get(f"/api/v1/registry/agreements/{name}")).json()["fields"]
        assert kept["name"] == "Alarm (zonder mantelzorger)"
        assert kept["rest"]["instead_of"] == "gerda/alarm"
        assert kept["rest"]["approval"]["by"] == "nurse"
        assert kept["rest"]["consent"] == OWN["rest"]["consent"]  # type: ignore[index]
        same = await machine.put(f"/api/v1/registry/agreements/{name}", json=kept)
        assert same.json()["result"] == "unchanged"
    (told,) = await work(town)
    assert "zonder een mantelzorger geldt nu tot 29-11. Maak uiterlijk ma 23-11" in told


async def test_taken_back_what_was_agreed_is_followed_and_the_work_is_there_again(
    town: Town,
) -> None:
    async with town.client("machine") as machine, town.client("nurse") as nurse:
        path = await drops_out(town, machine)
        await nurse.post(f"{path}/temporary-plans", json={"clients": ["gerda"]})
        (plan,) = (await nurse.delete(f"{path}/temporary-plans")).json()["plans"]
        assert plan["in_force"] == []
        assert await called(machine) == ["informal_caregiver", "care_centre"]
        (told,) = await work(town)
        assert "ingetrokken" in told
        (plan,) = (await nurse.post(f"{path}/temporary-plans", json={})).json()["plans"]
        assert plan["in_force"]


async def test_whoever_is_back_is_called_again_and_nothing_is_left_to_do(town: Town) -> None:
    async with town.client("machine") as machine, town.client("nurse") as nurse:
        path = await drops_out(town, machine)
        await nurse.post(f"{path}/temporary-plans", json={})
        town.passes(hours=1)
        assert (await nurse.delete(path)).status_code == 200
        shown = await machine.get("/api/v1/clients/gerda/who")
        assert shown.json()["steps"][0]["called"] == [str(town.ids["daughter"])]
    assert await work(town) == []


async def test_where_no_end_is_known_it_holds_until_she_is_back(town: Town) -> None:
    async with town.client("machine") as machine, town.client("nurse") as nurse:
        path = await drops_out(town, machine, days=None)
        (plan,) = (await nurse.post(f"{path}/temporary-plans", json={})).json()["plans"]
        assert (plan["errors"], plan["in_force_until"]) == ([], None)
        town.passes(days=30)
        await nurse.delete(path)
        assert await called(machine) == ["informal_caregiver", "care_centre"]


async def test_only_those_who_are_chosen_and_nobody_of_another_organisation(town: Town) -> None:
    async with town.client("machine") as machine, town.client("stranger") as stranger:
        path = await drops_out(town, machine)
        for answer in (
            await stranger.get(path),
            await stranger.post(f"{path}/temporary-plans", json={}),
            await stranger.delete(f"{path}/temporary-plans"),
            await stranger.delete(path),
        ):
            assert answer.status_code == 404
        said = {"clients": ["piet"]}
        (plan,) = (await machine.post(f"{path}/temporary-plans", json=said)).json()["plans"]
        assert plan["in_force"] == []


async def test_a_plan_with_an_error_stays_out_until_somebody_answers_for_it(town: Town) -> None:
    async with town.client("machine") as machine, town.client("nurse") as nurse:
        path = await drops_out(town, machine)
        await town.write(
            sa.update(t.contacts)
            .where(t.contacts.c.level == "care_centre")
            .values(level="technical_desk", sort="person")
        )
        (plan,) = (await nurse.post(f"{path}/temporary-plans", json={})).json()["plans"]
        assert plan["in_force"] == []
        assert plan["errors"][0]["remedy"]
        said = {"reason": "Dochter ligt zelf in het ziekenhuis"}
        (plan,) = (await nurse.post(f"{path}/temporary-plans", json=said)).json()["plans"]
        assert plan["in_force"]
        assert (await waiting(machine))["reason"] == said["reason"]


async def test_the_page_puts_in_force_and_takes_back_without_a_script(town: Town) -> None:
    async with town.client("machine") as machine:
        path = (await drops_out(town, machine)).removeprefix("/api/v1")
        async with town.client() as browser:
            await town.sign_in(browser, "nurse", PASSWORD)
            assert f'href="{path}"' in (await browser.get("/plans")).text
            page = (await browser.get(path)).text
            assert "eigen team 2:00 min &gt; zorgcentrale 2:00 min" in page
            sent = {"form_token": form_token(page), "once": str(uuid4())}
            gerda = {"client": str(town.ids["gerda"])}
            done = await browser.post(f"{path}/put", data={**sent, **gerda})
            assert done.status_code == 303, done.text
            shown = (await browser.get(done.headers["location"])).text
            assert "gelden vanaf nu" in shown
            assert "Tijdelijk plan" in shown
            assert await called(machine) == ["own_team", "care_centre"]
            await browser.post(f"{path}/back", data={**sent, **gerda})
            assert await called(machine) == ["informal_caregiver", "care_centre"]
            assert (await browser.post(f"{path}/over", data=sent)).status_code == 303
            assert (await browser.post(f"{path}/iets", data=sent)).status_code == 404


async def test_the_work_of_a_review_is_done_when_it_is_reviewed(town: Town) -> None:
    for verdict in ("approve", "withdraw"):
        async with town.client("machine") as machine, town.client("nurse") as nurse:
            await put(machine, EMERGENCY, 201, f"agreements/gerda/{verdict}")
            assert len(await work(town)) == 1
            one = UUID((await waiting(nurse))["id"])
            answer = await nurse.post(f"/api/v1/activations/{one}/{verdict}")
            assert answer.status_code == 200
            await machine.delete(f"/api/v1/registry/agreements/gerda/{verdict}")
        assert await work(town) == []


async def test_other_work_on_the_same_line_of_the_board_stays(town: Town) -> None:
    async with town.client("machine") as machine, town.client("nurse") as nurse:
        await drops_out(town, machine)
        emergency = {**EMERGENCY, "kinds": ["alarm.fall"]}
        await put(machine, emergency, 201, "agreements/gerda/val")
        await nurse.post(f"/api/v1/activations/{(await waiting(nurse))['id']}/approve")
    assert len(await work(town)) == 1
    asked = sa.select(t.plan_work.c.done_at)
    assert sorted(row.done_at is None for row in await town.rows(asked)) == [False, True]
