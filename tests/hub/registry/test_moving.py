"""Who is given another's device, and what the registry and the pages say of it until a test."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from adapters.contract import Kind, Phase
from hub.store import tables
from hub.store.events import Event
from hub.waiting.pressed import wait_for_word
from tests.hub.registry.test_modes_and_diverts import machine, put
from tests.hub.web.conftest import PASSWORD, Town, form_token, town

__all__ = ["machine", "town"]
PENDANT = {"gateway": "gw", "adapter": "native", "key": "p-1", "name": "Hanger"}


async def brings(machine: httpx.AsyncClient, *owners: dict[str, Any]) -> list[bool]:
    """Give a pendant to these, one after another; after each, whether it waits for a test."""
    await put(machine, "gateways/gw", {"adapters": ["native"]}, 201)
    await put(machine, "clients/cor", {"name": "Cor Vos", "home": "home"}, 201)
    found = []
    for owner in owners:
        answer = await machine.put("/api/v1/registry/devices/hanger", json={**PENDANT, **owner})
        assert answer.status_code in (200, 201), answer.text
        (device,) = (await machine.get("/api/v1/devices")).json()["items"]
        found.append(device["untested_since"] is not None)
    return found


GERDA, COR, NOBODY = {"client": "gerda"}, {"client": "cor"}, {"client": None}
AT_HOME = {"client": None, "home": "home"}


@pytest.mark.parametrize(
    ("owners", "waits"),
    [
        ((GERDA,), [False]),
        ((GERDA, GERDA), [False, False]),
        ((GERDA, COR), [False, True]),
        ((GERDA, AT_HOME), [False, True]),
        ((NOBODY, GERDA), [False, False]),
        ((GERDA, NOBODY, COR), [False, False, True]),
        ((GERDA, NOBODY, GERDA), [False, False, False]),
    ],
)
async def test_only_what_was_anothers_waits_for_a_test(
    machine: httpx.AsyncClient, owners: Any, waits: list[bool]
) -> None:
    assert await brings(machine, *owners) == waits


async def test_the_clients_page_says_what_must_be_tested_and_how(
    town: Town, machine: httpx.AsyncClient
) -> None:
    await brings(machine, COR, GERDA)
    async with town.client() as browser:
        await town.sign_in(browser, "nurse", PASSWORD)
        page = (await browser.get("/clients/gerda/modes")).text
    assert "Hanger: aan deze cliënt gegeven en hier nog niet getest" in page


async def press(town: Town, device: str) -> None:
    """The pendant was pressed during a test, and waits for somebody's word."""
    (row,) = await town.rows(
        sa.select(tables.devices).where(tables.devices.c.external_id == device)
    )
    event = Event(
        id=uuid4(), organisation_id=row.organisation_id, subject_id=town.ids["gerda"],
        kind=Kind.BUTTON, phase=Phase.POINT, occurred_at=town.now, received_at=town.now,
        home_id=town.ids["home"], client_ids=(town.ids["gerda"],), device_id=row.id,
    )  # fmt: skip
    async with town.store.transaction() as uow:
        await wait_for_word(uow, event)


async def test_the_clients_page_asks_whose_press_it_was_and_takes_a_word_once(
    town: Town, machine: httpx.AsyncClient
) -> None:
    await brings(machine, COR, GERDA)
    await press(town, "hanger")
    path = f"/clients/{town.ids['gerda']}"
    async with town.client() as browser:
        await town.sign_in(browser, "nurse", PASSWORD)
        page = (await browser.get(f"{path}/modes")).text
        assert "Hanger is ingedrukt" in page
        assert "vóór 21:03" in page
        (waiting,) = (await browser.get("/api/v1/clients/gerda/test-presses")).json()["items"]
        sent = {"form_token": form_token(page), "device": waiting["device_id"]}
        for said in ("tested", "late"):
            answer = await browser.post(f"{path}/pressed/tested", data=sent)
            assert answer.headers["location"] == f"{path}/modes?said={said}"
        assert "nog niet getest" not in (await browser.get(f"{path}/modes")).text
    looks = await town.rows(sa.select(tables.access_log.c.action))
    assert "test_press.ours" in {row.action for row in looks}


async def test_a_press_that_is_real_rings_at_once_over_the_api(
    town: Town, machine: httpx.AsyncClient
) -> None:
    await brings(machine, COR, GERDA)
    await press(town, "hanger")
    (device,) = (await machine.get("/api/v1/devices")).json()["items"]
    path = f"/api/v1/clients/gerda/test-presses/{device['id']}"
    answers = [(await machine.post(path, json={"ours": False})).status_code for _ in range(2)]
    assert answers == [200, 409]
    (alert,) = await town.rows(sa.select(tables.alerts))
    assert (alert.priority, alert.client_ids) == ("P1", [])
