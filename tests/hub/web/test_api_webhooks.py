"""Webhooks over the API: made, changed, rotated, enabled and removed by an integrator."""

from typing import Any

import pytest
import sqlalchemy as sa

from hub.store import tables
from tests.hub.web.conftest import Town

HOOKS = "/api/v1/out/webhooks"
ONE = {"external_id": "record", "url": "https://care.example/hook", "types": ["opened"]}


async def test_a_webhook_is_made_with_a_secret_that_is_shown_once(town: Town) -> None:
    async with town.client("machine") as machine:
        made = await machine.post(HOOKS, json=ONE)
        listed = (await machine.get(HOOKS)).json()["items"]
        rotated = (await machine.post(f"{HOOKS}/record/rotate")).json()
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert [one["external_id"] for one in listed] == ["record"]
    assert "secret" not in listed[0]
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != made.json()["secret"]


async def test_it_can_be_changed_enabled_and_removed(town: Town) -> None:
    async with town.client("machine") as machine:
        await machine.post(HOOKS, json=ONE)
        changed = await machine.patch(f"{HOOKS}/record", json={"types": ["opened", "resolved"]})
        await town.write(sa.update(tables.out_webhooks).values(disabled_at=town.now))
        enabled = await machine.post(f"{HOOKS}/record/enable")
        removed = await machine.delete(f"{HOOKS}/record")
        listed = (await machine.get(HOOKS)).json()["items"]
    assert changed.json()["types"] == ["opened", "resolved"]
    assert changed.json()["url"] == ONE["url"]
    assert (enabled.status_code, enabled.json()["disabled_at"]) == (200, None)
    assert (removed.status_code, listed) == (204, [])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (ONE | {"url": "http://care.example/"}, "url"),
        (ONE | {"url": "https://user:pass@care.example/"}, "url"),
        (ONE | {"url": "nonsense"}, "url"),
        (ONE | {"types": ["exploded"]}, "types"),
        (ONE | {"external_id": "Two Words"}, "external_id"),
        (ONE | {"secret": "mine"}, "secret"),
        ({"external_id": "record"}, "url"),
    ],
)
async def test_what_is_wrong_is_named_with_the_remedy(
    town: Town, body: dict[str, Any], field: str
) -> None:
    async with town.client("machine") as machine:
        answer = await machine.post(HOOKS, json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert answer.json()["errors"][0]["remedy"]


async def test_a_name_that_is_taken_and_too_many_are_refused(town: Town) -> None:
    async with town.client("machine") as machine:
        await machine.post(HOOKS, json=ONE)
        again = await machine.post(HOOKS, json=ONE)
        for number in range(19):
            await machine.post(HOOKS, json=ONE | {"external_id": f"more-{number}"})
        full = await machine.post(HOOKS, json=ONE | {"external_id": "one-too-many"})
    assert (again.status_code, full.status_code) == (422, 422)
    assert "PATCH" in again.json()["errors"][0]["remedy"]


async def test_another_organisation_cannot_tell_that_it_is_there(town: Town) -> None:
    await town.write(
        sa.update(tables.users).where(tables.users.c.login == "stranger").values(role="integrator")
    )
    async with town.client("machine") as machine:
        await machine.post(HOOKS, json=ONE)
    async with town.client("stranger") as stranger:
        assert (await stranger.get(HOOKS)).json() == {"items": []}
        for method, path in (
            ("PATCH", "record"), ("DELETE", "record"), ("POST", "record/rotate"),
            ("POST", "record/enable"),
        ):  # fmt: skip
            answer = await stranger.request(method, f"{HOOKS}/{path}", json={})
            assert answer.status_code == 404, (method, path)
    async with town.client("operator") as operator:
        assert (await operator.get(HOOKS)).status_code == 403
