"""Who is given another's device, and what the registry and the pages say of it until a test."""

from typing import Any

import httpx
import pytest

from tests.hub.registry.test_modes_and_diverts import machine, put
from tests.hub.web.conftest import PASSWORD, Town, town

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
