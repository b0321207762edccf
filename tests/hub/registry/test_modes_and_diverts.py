"""Modes and diverted calls come in by your own names, like everything else, and count at once."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from hub.store import tables as t
from tests.hub.web.conftest import Town, town

__all__ = ["town"]
HOSPITAL = {
    "client": "gerda",
    "mode": "hospital",
    "begins_at": "2026-11-20T10:00:00Z",
    "ends_at": "2026-12-01T12:00:00Z",
    "note": "heup",
}
DIVERT = {"contact": "team", "to": "vliet/stranger", "ends": "2026-11-23 07:00"}


@pytest.fixture
async def machine(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """A care record system of the provider `brug`."""
    async with town.client("machine") as client:
        yield client


async def put(machine: httpx.AsyncClient, path: str, body: Any, status: int) -> Any:
    answer = await machine.put(f"/api/v1/registry/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def standing(machine: httpx.AsyncClient) -> list[str]:
    shown = await machine.get("/api/v1/clients/gerda/modes")
    return [one["mode"] for one in shown.json()["items"]]


async def called(machine: httpx.AsyncClient) -> set[str]:
    """Whom the plan calls now when the alarm button is pressed."""
    agreed = {"client": "gerda", "name": "A", "kinds": "*", "steps": "own_team 2 > care_centre 2"}
    await machine.put("/api/v1/registry/agreements/a", json=agreed)
    shown = await machine.get("/api/v1/clients/gerda/who")
    return {one for step in shown.json()["steps"] for one in step["called"]}


async def test_a_mode_comes_in_by_name_counts_and_ends_by_name(
    town: Town, machine: httpx.AsyncClient
) -> None:
    await put(machine, "modes/opname", HOSPITAL, 201)
    assert (await put(machine, "modes/opname", HOSPITAL, 200))["result"] == "unchanged"
    assert await standing(machine) == ["hospital"]
    async with town.client("nurse") as nurse:
        assert "het register" in (await nurse.get("/clients/gerda/modes")).text
    assert (await machine.delete("/api/v1/registry/modes/opname")).status_code == 200
    assert await standing(machine) == []
    looks = await town.rows(sa.select(t.access_log.c.client_id).where(t.access_log.c.action != ""))
    assert {row.client_id for row in looks} == {town.ids["gerda"]}


async def test_an_ended_mode_makes_place_for_another_in_the_same_import(
    machine: httpx.AsyncClient,
) -> None:
    await put(machine, "modes/opname", HOSPITAL, 201)
    again = await machine.put("/api/v1/registry/modes/opname-2", json=HOSPITAL)
    assert again.status_code == 422
    assert "end it first" in again.json()["errors"][0]["remedy"]
    ended = {**HOSPITAL, "external_id": "opname", "ended_at": "2026-11-22T19:00:00Z"}
    both = {"modes": [{**HOSPITAL, "external_id": "opname-2"}, ended]}
    answer = await machine.post("/api/v1/registry/import", json=both)
    assert answer.json()["counts"]["modes"] == {"new": 1, "changed": 1, "unchanged": 0}
    assert await standing(machine) == ["hospital"]


async def test_what_a_mode_muted_is_looked_at_when_the_registry_ends_it(
    town: Town, machine: httpx.AsyncClient
) -> None:
    await put(machine, "modes/opname", HOSPITAL, 201)
    muted = {
        "organisation_id": town.ids["brug"],
        "subject_id": town.ids["gerda"],
        "what": "muted:lifestyle.not_up",
        "state": {},
        "due_at": town.now.replace(year=2027),
    }
    await town.write(sa.insert(t.ripenings).values(muted))
    await put(machine, "modes/opname", {"ended_at": "2026-11-22T19:00:00Z"}, 200)
    (row,) = await town.rows(sa.select(t.ripenings.c.due_at))
    assert row.due_at == town.now


@pytest.mark.parametrize(
    ("body", "field", "remedy"),
    [
        ({"ends_at": "2027-12-01"}, "ends_at", "92 days"),
        ({"mode": "test", "ends_at": "2026-11-20T10:20:00Z"}, "ends_at", "0:15 hours"),
        ({"ends_at": "2026-11-20T09:00:00Z"}, "ends_at", "later"),
        ({"mode": "vakantie"}, "mode", "hospital"),
        ({"client": "piet"}, "client", "among the clients"),
        ({"ends_at": None}, "ends_at", "Fill it in"),
    ],
)
async def test_a_mode_that_cannot_be_names_field_and_remedy(
    machine: httpx.AsyncClient, body: Any, field: str, remedy: str
) -> None:
    problem = await put(machine, "modes/opname", {**HOSPITAL, **body}, 422)
    (error,) = problem["errors"]
    assert error["field"] == field
    assert remedy in error["remedy"]


async def test_a_mode_that_is_over_is_not_made_longer_without_a_word(
    machine: httpx.AsyncClient,
) -> None:
    await put(machine, "modes/opname", HOSPITAL, 201)
    await put(machine, "modes/opname", {"ended_at": "2026-11-22T19:00:00Z"}, 200)
    problem = await put(machine, "modes/opname", {"ends_at": "2026-12-24T12:00:00Z"}, 422)
    assert problem["errors"][0]["remedy"] == "Send a new mode by another name."


async def test_a_team_sends_its_calls_to_anothers_until_an_hour(
    town: Town, machine: httpx.AsyncClient
) -> None:
    team, other, desk = (str(town.ids[one]) for one in ("team", "stranger", "desk"))
    assert team in await called(machine)
    sent = {**DIVERT, "begins": town.now.isoformat()}
    made = await put(machine, "diverts/ziek", sent, 201)
    assert made["fields"]["to"] == "vliet/stranger"
    assert (await put(machine, "diverts/ziek", sent, 200))["result"] == "unchanged"
    assert await called(machine) == {other, desk}
    await machine.delete("/api/v1/registry/diverts/ziek")
    assert team in await called(machine)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"to": "team"}, "to"),
        ({"to": "brug/team"}, "to"),
        ({"to": "vliet/nobody"}, "to"),
        ({"to": "stranger"}, "to"),
        ({"contact": "vliet/team"}, "contact"),
        ({"ends": ""}, "ends"),
    ],
)
async def test_calls_are_sent_on_by_ones_own_to_somebody_else_until_a_moment(
    town: Town, machine: httpx.AsyncClient, body: Any, field: str
) -> None:
    sent = {**DIVERT, "begins": town.now.isoformat(), **body}
    problem = await put(machine, "diverts/ziek", sent, 422)
    assert [one["field"] for one in problem["errors"]] == [field]
