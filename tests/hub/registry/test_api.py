"""/api/v1/registry: what an integrator brings, changes and ends, over HTTP on a real database."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from hub.store import tables as t
from tests.hub.web.conftest import Town, town

__all__ = ["town"]
HOME = {"street": "Plaslaan 1", "place": "Plasdorp", "living_form": "apartments"}
CLIENT = {"name": "Cor Vos", "home": "huis", "team": "team", "birth_date": "24-12-1938"}


@pytest.fixture
async def machine(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """A care record system of the provider `brug`."""
    async with town.client("machine") as client:
        yield client


async def put(machine: httpx.AsyncClient, path: str, body: Any, status: int) -> Any:
    answer = await machine.put(f"/api/v1/registry/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_what_is_new_is_201_and_the_same_again_200_and_changes_nothing(
    town: Town, machine: httpx.AsyncClient
) -> None:
    await put(machine, "homes/huis", HOME, 201)
    first = await put(machine, "clients/cor", CLIENT, 201)
    assert first["fields"]["birth_date"] == "1938-12-24"
    again = await put(machine, "clients/cor", CLIENT, 200)
    assert (again["result"], again["fields"]) == ("unchanged", first["fields"])
    changed = await put(machine, "clients/cor", {"instructions": "Bel aan"}, 200)
    assert changed["fields"] == {**first["fields"], "instructions": "Bel aan"}
    shown = await machine.get("/api/v1/registry/clients/cor")
    assert shown.json()["fields"] == changed["fields"]
    said = await machine.get("/api/v1/registry/changes", params={"noun": "clients", "name": "cor"})
    newest, oldest = said.json()["items"]
    assert (newest["by"], oldest["before"]) == ("Machine", None)
    assert (newest["before"]["instructions"], newest["after"]["instructions"]) == ("", "Bel aan")
    seen = await town.rows(sa.select(t.access_log.c.action))
    assert {row.action for row in seen} == {"registry.show", "registry.changes"}


async def test_a_relation_is_called_by_client_and_contact(machine: httpx.AsyncClient) -> None:
    said = {"relation": "dochter", "consent": False}
    shown = await put(machine, "relations/gerda/daughter", said, 200)
    assert shown["fields"]["client"] == "gerda"
    assert (await put(machine, "relations/gerda/daughter", said, 200))["result"] == "unchanged"


async def test_an_agreement_names_its_steps_in_short(machine: httpx.AsyncClient) -> None:
    said = {
        "client": "gerda",
        "name": "Nacht",
        "kinds": ["lifestyle.*"],
        "window": "23:00-07:00",
        "steps": "care_centre 2 > own_team 5",
    }
    made = await put(machine, "agreements/gerda/nacht", said, 201)
    assert made["fields"]["steps"][0] == {"level": "care_centre", "wait": 120}
    who = await machine.get(
        "/api/v1/clients/gerda/who",
        params={"at": "2026-11-22T23:30:00Z", "kind": "lifestyle.not_up"},
    )
    assert [one["level"] for one in who.json()["steps"] if one["step"]][:2] == [
        "care_centre",
        "own_team",
    ]


@pytest.mark.parametrize(
    ("path", "body", "field", "remedy"),
    [
        ("clients/x", {"name": "X", "home": "nergens"}, "home", "among the homes"),
        ("clients/x", {"home": "home"}, "name", "new"),
        ("clients/gerda", {"birth_date": "gisteren"}, "birth_date", "24-12-2026"),
        ("clients/gerda", {"naam": "G"}, "naam", "name"),
        ("clients/gerda", {"external_id": "piet"}, "external_id", "gerda"),
        ("clients/gerda", {"organisation": "vliet"}, "organisation", "brug"),
        ("clients/gerda", {"care_ended_at": "2030-01-01"}, "care_ended_at", "when it has"),
        ("clients/gerda", [], "body", "{...}"),
        ("contacts/team", {"member_of": ["team"]}, "member_of", "out"),
        ("contacts/team", {"ways": "webhook http://"}, "ways", "https://"),
        ("agreements/a", {"name": "A", "kinds": "*",
                          "steps": [{"level": "own_team", "wait": -5}]}, "steps", "minutes"),
        ("shifts/a", {"contact": "team", "begins": "2026-10-25 02:20",
                      "ends": "2026-10-25 07:00"}, "begins", "+0200"),
        ("shifts/a", {"contact": "team", "begins": "2026-10-25T08:00Z",
                      "ends": "2026-10-25T07:00Z"}, "ends", "later"),
    ],
)  # fmt: skip
async def test_a_refusal_names_field_and_remedy(
    machine: httpx.AsyncClient, path: str, body: Any, field: str, remedy: str
) -> None:
    problem = await put(machine, path, body, 422)
    (error,) = problem["errors"]
    assert error["field"] == field
    assert remedy in error["remedy"]


@pytest.mark.parametrize("sent", [b"", b"{", b"\xff", b'{"a": NaN}', b"[" * 5000, b'{"name": 1}'])
async def test_bytes_that_are_no_thing_are_refused(machine: httpx.AsyncClient, sent: bytes) -> None:
    for method, path in (("PUT", "clients/gerda"), ("POST", "import"), ("PUT", "holidays/x")):
        answer = await machine.request(method, f"/api/v1/registry/{path}", content=sent)
        assert answer.status_code == 422, (method, path, answer.text)


@pytest.mark.parametrize("name", ["%00", "x" * 600, "%ff%fe", "a/b/c"])
async def test_a_name_that_nothing_can_have_finds_nothing(
    machine: httpx.AsyncClient, name: str
) -> None:
    for method in ("GET", "PUT", "DELETE"):
        for noun in ("clients", "relations", "holidays", "calendars"):
            answer = await machine.request(method, f"/api/v1/registry/{noun}/{name}", json={})
            assert answer.status_code in (404, 405, 422), (method, noun, answer.text)
    for query in ("clients?after=%00", "changes?noun=clients&name=%00", "zzz"):
        assert (await machine.get(f"/api/v1/registry/{query}")).status_code == 422


async def test_the_same_thing_from_many_at_once_is_new_once(machine: httpx.AsyncClient) -> None:
    sent = [machine.put("/api/v1/registry/homes/zelfde", json=HOME) for _ in range(8)]
    answers = await asyncio.gather(*sent)
    assert sorted(one.status_code for one in answers) == [200] * 7 + [201]


async def test_only_integrators_of_the_organisation_itself_may(town: Town) -> None:
    for token, status in (("operator", 403), ("stranger", 403), ("nurse", 403)):
        async with town.client(token) as somebody:
            answer = await somebody.put("/api/v1/registry/clients/gerda", json={"name": "G"})
            assert answer.status_code == status
    async with town.client("machine") as machine:
        assert (await machine.get("/api/v1/registry/clients/piet")).status_code == 404
        for path in ("organisations/vliet", "regions/plas"):
            await put(machine, path, {"name": "Ons"}, 403)
        listed = await machine.get("/api/v1/registry/clients")
        assert [one["name"] for one in listed.json()["items"]] == ["gerda"]


async def test_what_ends_no_longer_counts_and_stays_on_record(machine: httpx.AsyncClient) -> None:
    refused = await machine.delete("/api/v1/registry/contacts/team")
    assert refused.status_code == 422
    assert "clients gerda" in refused.json()["errors"][0]["problem"]
    ended = await machine.delete("/api/v1/registry/clients/gerda")
    assert ended.json()["fields"]["care_ended_at"] == "2026-11-22T20:00:00Z"
    assert (await machine.delete("/api/v1/registry/clients/gerda")).json() == ended.json()
    gone = await machine.delete("/api/v1/registry/contacts/team")
    assert gone.status_code == 200, gone.text
    assert gone.json()["fields"]["ended_at"] == "2026-11-22T20:00:00Z"
    assert (await machine.delete("/api/v1/registry/clients/nobody")).status_code == 404
    assert (await machine.delete("/api/v1/registry/organisations/brug")).status_code == 405


async def test_what_has_begun_ends_now_and_what_has_not_is_taken_away(
    machine: httpx.AsyncClient,
) -> None:
    for name, begins in (("nu", "2026-11-01"), ("straks", "2026-12-01")):
        away = {"contact": "daughter", "begins": begins, "ends": "2026-12-31"}
        await put(machine, f"absences/{name}", away, 201)
        await machine.delete(f"/api/v1/registry/absences/{name}")
    listed = (await machine.get("/api/v1/registry/absences")).json()["items"]
    assert [(one["name"], one["fields"]["ends"]) for one in listed] == [
        ("nu", "2026-11-22T20:00:00Z")
    ]


async def test_a_list_is_read_in_pages(machine: httpx.AsyncClient) -> None:
    for number in range(5):
        await put(machine, f"homes/h{number}", HOME, 201)
    names: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await machine.get("/api/v1/registry/homes", params={"limit": 2, "after": after})
        names += [one["name"] for one in page.json()["items"]]
        after = page.json()["next_after"]
    assert names == ["h0", "h1", "h2", "h3", "h4", "home"]


async def test_an_import_is_whole_or_not_at_all(machine: httpx.AsyncClient) -> None:
    sent: dict[str, Any] = {
        "homes": [{"external_id": "huis", **HOME}],
        "clients": [{"external_id": "cor", **CLIENT}, {"external_id": "rie", **CLIENT, "name": ""}],
    }
    text = json.dumps(sent, indent=1)
    answer = await machine.post("/api/v1/registry/import", content=text)
    assert answer.status_code == 422
    line = text[: text.index('"rie"')].count("\n")
    assert answer.json()["errors"][0]["field"] == f"registry.json:{line}:name"
    assert (await machine.get("/api/v1/registry/homes/huis")).status_code == 404
    sent["clients"].pop()
    dry = await machine.post("/api/v1/registry/import?dry_run=true", json=sent)
    assert dry.json()["counts"]["clients"] == {"new": 1, "changed": 0, "unchanged": 0}
    assert (await machine.get("/api/v1/registry/homes/huis")).status_code == 404
    real = await machine.post("/api/v1/registry/import", json=sent)
    assert real.json()["counts"] == dry.json()["counts"]
    exported = (await machine.get("/api/v1/registry/export")).json()
    again = await machine.post(
        "/api/v1/registry/import",
        json={name: some for name, some in exported.items() if name != "regions"},
    )
    assert {tuple(one.values())[:2] for one in again.json()["counts"].values()} == {(0, 0)}


async def test_a_csv_file_comes_in_over_http(machine: httpx.AsyncClient) -> None:
    text = "\ufeffexternal_id;place\r\nh1;Plas\r\nh2;\r\n"
    answer = await machine.post("/api/v1/registry/import?noun=homes", content=text.encode())
    assert answer.json()["counts"]["homes"]["new"] == 2, answer.text
