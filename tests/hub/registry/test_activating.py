"""An agreement whose plan has errors stays out of force, unless one person answers for it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from psycopg.types.range import Range

from hub.plans.reviewing import Overdue
from hub.registry.activating import Unsettled, carried_in
from hub.registry.bringing import begun
from hub.registry.nouns import AGREEMENTS
from hub.registry.outcome import Outcome, Refused, Who, new_ids
from hub.registry.records import Record
from hub.store import tables as t
from hub.store.unit_of_work import UnitOfWork
from tests.hub.web.conftest import PASSWORD, Town, town

__all__ = ["town"]
GOOD = {
    "client": "gerda",
    "name": "Val",
    "kinds": ["alarm.fall"],
    "steps": "care_centre 2 > own_team 3",
}
LATE = {**GOOD, "steps": "informal_caregiver 20 > care_centre 3"}
APPROVAL = {"by": "nurse", "at": "2026-11-22T20:00:00Z", "emergency": True}
REASON = "Dochter komt er nu aan, centrale is geen optie"
EMERGENCY: dict[str, Any] = {**LATE, "rest": {"approval": {**APPROVAL, "reason": REASON}}}
FALL = "agreements/gerda/val"


@pytest.fixture
async def machine(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """The care record system of the provider."""
    async with town.client("machine") as client:
        yield client


@pytest.fixture
async def nurse(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody of its team."""
    async with town.client("nurse") as client:
        yield client


async def put(machine: httpx.AsyncClient, body: Any, status: int, path: str = FALL) -> Any:
    answer = await machine.put(f"/api/v1/registry/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def levels(machine: httpx.AsyncClient) -> list[str]:
    """Whom a fall calls now, in order."""
    said = await machine.get("/api/v1/clients/gerda/who", params={"kind": "alarm.fall"})
    return [one["level"] for one in said.json()["steps"] if one["step"]]


async def waiting(nurse: httpx.AsyncClient) -> dict[str, Any]:
    items = (await nurse.get("/api/v1/activations")).json()["items"]
    (one,) = [one for one in items if one["outcome"] is None]
    return dict(one)


async def work(town: Town) -> list[str]:
    """What stands in the technical queue about plans."""
    asked = sa.select(t.alerts.c.explanation).where(t.alerts.c.kind == "plan.review")
    return [row.explanation for row in await town.rows(asked.order_by(t.alerts.c.opened_at))]


async def times_told(town: Town) -> int:
    """How often it was put there."""
    asked = sa.select(t.events.c.id).where(t.events.c.kind == "plan.review")
    return len(await town.rows(asked))


async def test_an_agreement_with_an_error_is_refused_with_the_moment_and_the_remedy(
    machine: httpx.AsyncClient,
) -> None:
    before = await levels(machine)
    wrong, *_ = (await put(machine, LATE, 422))["errors"]
    assert wrong["field"] == "steps"
    assert "gerda: " in wrong["problem"]
    assert "20:00 min" in wrong["problem"]
    assert "care centre" in wrong["remedy"]
    assert await levels(machine) == before


async def test_a_version_with_an_error_leaves_the_one_in_force(machine: httpx.AsyncClient) -> None:
    await put(machine, GOOD, 201)
    await put(machine, {"steps": LATE["steps"], "version": 2}, 422)
    shown = (await machine.get(f"/api/v1/registry/{FALL}")).json()["fields"]
    assert (shown["version"], shown["steps"][0]["level"]) == (1, "care_centre")


async def test_an_import_is_refused_as_a_whole_for_one_plan_that_is_not_closed(
    town: Town, machine: httpx.AsyncClient
) -> None:
    brought = {
        "homes": [{"external_id": "huis"}],
        "agreements": [
            {"external_id": "goed", **GOOD, "kinds": ["alarm.pull_cord"]},
            {"external_id": "fout", **LATE},
        ],
    }
    for query in ({}, {"dry_run": "true"}):
        answer = await machine.post("/api/v1/registry/import", json=brought, params=query)
        assert answer.status_code == 422
        wrong, *_ = answer.json()["errors"]
        assert wrong["field"].endswith(":steps")
    assert await town.rows(sa.select(t.agreements.c.id)) == []
    assert len(await town.rows(sa.select(t.homes.c.id))) == 2


async def test_a_default_of_the_organisation_is_proved_for_everybody_it_is_for(
    machine: httpx.AsyncClient,
) -> None:
    brought = await put(machine, {**LATE, "client": None}, 422, "agreements/standaard")
    wrong, *_ = brought["errors"]
    assert wrong["problem"].startswith("gerda: ")


async def test_warnings_keep_nothing_out_of_force(machine: httpx.AsyncClient) -> None:
    await put(machine, GOOD, 201)  # without written consent, and hanging on one daughter
    assert (await levels(machine))[:2] == ["care_centre", "own_team"]


async def test_ending_an_agreement_and_withdrawing_consent_is_never_refused(
    machine: httpx.AsyncClient,
) -> None:
    await put(machine, EMERGENCY, 201)
    gone = {"by": "client", "given_at": "2026-01-01T12:00:00Z", "measures": []}
    gone["withdrawn_at"] = "2026-11-22T19:00:00Z"
    await put(machine, {"rest": {**EMERGENCY["rest"], "consent": gone}}, 200)
    await put(machine, {"valid_until": "2026-11-22T20:00:00Z"}, 200)


async def test_what_ended_does_not_come_back_without_a_proof(machine: httpx.AsyncClient) -> None:
    await put(machine, {**LATE, "valid_until": "2026-11-22T19:00:00Z"}, 201)
    await put(machine, {"valid_until": None}, 422)


async def test_in_an_emergency_one_person_may_with_a_reason(
    town: Town, machine: httpx.AsyncClient, nurse: httpx.AsyncClient
) -> None:
    (wrong,) = (await put(machine, {**LATE, "rest": {"approval": APPROVAL}}, 422))["errors"]
    assert wrong["problem"] == "an emergency activation has no reason"
    await put(machine, EMERGENCY, 201)
    assert (await levels(machine))[:2] == ["informal_caregiver", "care_centre"]
    one = await waiting(nurse)
    assert (one["by"], one["reason"], one["client"]) == ("Machine", REASON, "gerda")
    assert one["errors"]
    assert one["review_by"] == "2026-11-23T23:00:00Z"  # Monday is over then
    (told,) = await work(town)
    assert "Beoordeel dit uiterlijk ma 23-11" in told
    assert REASON in told


async def test_whoever_put_it_in_force_does_not_review_it(
    machine: httpx.AsyncClient, nurse: httpx.AsyncClient
) -> None:
    await put(machine, EMERGENCY, 201)
    path = f"/api/v1/activations/{(await waiting(nurse))['id']}/approve"
    own = await machine.post(path)
    assert own.status_code == 409
    assert "second person" in own.json()["detail"]
    (one,) = (await nurse.post(path)).json()["items"]
    assert (one["outcome"], one["reviewed_by"]) == ("approved", "Nurse")
    assert (await nurse.post(path)).status_code == 409
    assert (await levels(machine))[0] == "informal_caregiver"


async def test_withdrawn_what_was_agreed_before_is_in_force_at_once(
    machine: httpx.AsyncClient, nurse: httpx.AsyncClient
) -> None:
    await put(machine, GOOD, 201)
    await put(machine, EMERGENCY, 200)
    assert (await levels(machine))[0] == "informal_caregiver"
    await nurse.post(f"/api/v1/activations/{(await waiting(nurse))['id']}/withdraw")
    assert (await levels(machine))[:2] == ["care_centre", "own_team"]


async def test_a_new_one_that_is_withdrawn_is_ended(
    town: Town, machine: httpx.AsyncClient, nurse: httpx.AsyncClient
) -> None:
    before = await levels(machine)
    await put(machine, EMERGENCY, 201)
    town.passes(hours=1)
    await nurse.post(f"/api/v1/activations/{(await waiting(nurse))['id']}/withdraw")
    assert await levels(machine) == before


async def test_a_version_without_errors_makes_the_review_needless(
    machine: httpx.AsyncClient, nurse: httpx.AsyncClient
) -> None:
    await put(machine, EMERGENCY, 201)
    await put(machine, {**GOOD, "rest": {}}, 200)
    (one,) = (await nurse.get("/api/v1/activations")).json()["items"]
    assert one["outcome"] == "replaced"


async def test_an_emergency_is_not_made_usual_by_leaving_the_word_out(
    machine: httpx.AsyncClient,
) -> None:
    await put(machine, EMERGENCY, 201)
    await put(machine, {"rest": {}}, 422)


async def test_a_review_nobody_did_is_overdue_work_each_working_day(
    town: Town, machine: httpx.AsyncClient, nurse: httpx.AsyncClient
) -> None:
    await put(machine, EMERGENCY, 201)
    overdue = Overdue(town.store)
    at = await overdue.step(town.now)
    assert at is not None
    assert await times_told(town) == 1
    town.now = at
    again = await overdue.step(town.now)
    assert again == at + timedelta(days=1)
    await overdue.step(town.now)
    assert await times_told(town) == 2
    async with town.client() as browser:
        await town.sign_in(browser, "nurse", PASSWORD)
        assert "Te laat beoordeeld" in (await browser.get("/plans")).text
    await nurse.post(f"/api/v1/activations/{(await waiting(nurse))['id']}/approve")
    assert await overdue.step(again) is None


async def test_nobody_of_another_organisation_sees_or_reviews_it(
    town: Town, machine: httpx.AsyncClient, nurse: httpx.AsyncClient
) -> None:
    await put(machine, EMERGENCY, 201)
    one = await waiting(nurse)
    async with town.client("stranger") as stranger:
        assert (await stranger.get("/api/v1/activations")).json()["items"] == []
        answer = await stranger.post(f"/api/v1/activations/{one['id']}/approve")
    assert answer.status_code == 404


async def test_the_page_has_it_with_both_buttons_and_they_work_without_a_script(
    town: Town, machine: httpx.AsyncClient, nurse: httpx.AsyncClient
) -> None:
    await put(machine, EMERGENCY, 201)
    one = await waiting(nurse)
    async with town.client() as browser:
        await town.sign_in(browser, "nurse", PASSWORD)
        shown = (await browser.get("/plans")).text
        assert REASON in shown
        token = shown.split('name="form_token" value="')[1].split('"')[0]
        path = f"/plans/activations/{one['id']}/approve"
        assert path in shown
        answer = await browser.post(path, data={"form_token": token})
        assert answer.headers["location"] == "/plans?said=approve"
        assert REASON not in (await browser.get("/plans?said=approve")).text


def bringing(town: Town) -> Callable[[UnitOfWork], Awaitable[Outcome]]:
    """Bring the good agreement, as often as is asked."""
    record = Record(AGREEMENTS, "brug", {"external_id": "gerda/val", **GOOD, "steps": STEPS})
    new_id = new_ids()
    return lambda uow: begun(uow.registered, [record], town.now, new_id, {})


STEPS = [{"level": "care_centre", "wait": 120}, {"level": "own_team", "wait": 180}]


async def test_what_changes_while_it_is_proved_is_proved_too(town: Town) -> None:
    """The contract with the care centre goes while the proof of the first reading is made."""
    proofs = 0

    async def think(prove: Any, *given: Any) -> Any:
        nonlocal proofs
        proofs += 1
        found = prove(*given)
        if proofs == 1:
            await town.write(sa.delete(t.service_contracts))
        return found

    with pytest.raises(Refused):
        await carried_in(town.store, bringing(town), Who("test"), town.now, think)
    assert proofs == 2


async def test_what_changes_all_the_time_is_given_up(town: Town) -> None:
    async def think(prove: Any, *given: Any) -> Any:
        await town.write(sa.insert(t.absences).values(_away(town)))
        return prove(*given)

    with pytest.raises(Unsettled):
        await carried_in(town.store, bringing(town), Who("test"), town.now, think)
    assert await town.rows(sa.select(t.agreements.c.id)) == []


def _away(town: Town) -> dict[str, Any]:
    own = {"organisation_id": town.ids["brug"], "contact_id": town.ids["daughter"]}
    return {"id": uuid4(), **own, "during": Range(town.now, None)}
