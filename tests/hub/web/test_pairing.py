"""Devices to test, to give to somebody, to register, and those given up: on one page."""

from datetime import timedelta
from uuid import uuid4

import httpx
import sqlalchemy as sa

from hub.store import tables
from tests.hub.registry.test_modes_and_diverts import machine, put
from tests.hub.web.conftest import PASSWORD, Town, form_token

__all__ = ["machine"]


async def devices(town: Town, machine: httpx.AsyncClient) -> None:
    """One of each: untested, nobody's, given up and still speaking."""
    await put(machine, "gateways/gw", {"adapters": ["native"]}, 201)
    for name in ("moet-getest", "van-niemand", "oud"):
        body = {"gateway": "gw", "adapter": "native", "key": f"key-{name}", "name": name}
        await put(machine, f"devices/{name}", body, 201)
    table, hour = tables.devices, timedelta(hours=1)
    one = {"client_id": town.ids["gerda"], "untested_since": town.now}
    await town.write(sa.update(table).where(table.c.name == "moet-getest").values(one))
    old = {"ended_at": town.now - hour, "last_seen_at": town.now}
    await town.write(sa.update(table).where(table.c.name == "oud").values(old))


async def strange(town: Town, reason: str, topic: str, before: timedelta = timedelta()) -> None:
    """A message came in of a device nobody registered."""
    row = {
        "id": uuid4(), "received_at": town.now - before, "organisation_id": town.ids["brug"],
        "source": "door", "adapter": "native", "topic": topic, "payload": b"{}", "qos": 1,
        "outcome": "decoded", "reason": reason,
    }  # fmt: skip
    await town.write(sa.insert(tables.messages).values(row))


async def test_the_page_says_of_each_device_what_is_to_be_done(
    town: Town, machine: httpx.AsyncClient
) -> None:
    await devices(town, machine)
    for _ in range(2):
        await strange(town, "unknown_device", "in/brug/gw/native/vreemd")
    await strange(town, "", "in/brug/gw/native/bekend")
    await strange(town, "unknown_device", "in/brug/gw/native/gisteren", timedelta(hours=25))
    async with town.client() as browser:
        await town.sign_in(browser, "nurse", PASSWORD)
        assert 'href="/pairing"' in (await browser.get("/modes")).text
        page = (await browser.get("/pairing")).text
    tested, nobodys, strangers, given_up = page.split("<section")[1:]
    assert "moet-getest" in tested
    assert f'href="/clients/{town.ids["gerda"]}/modes"' in tested
    assert "van-niemand" in nobodys
    assert "vreemd" in strangers
    assert "2 berichten" in strangers
    assert "bekend" not in strangers
    assert "gisteren" not in strangers
    assert "spreekt nog" in given_up
    looks = await town.rows(sa.select(tables.access_log.c.action, tables.access_log.c.client_id))
    assert ("pairing.show", town.ids["gerda"]) in [tuple(one) for one in looks]


async def test_a_device_is_given_to_a_client_and_a_wrong_number_says_so(
    town: Town, machine: httpx.AsyncClient
) -> None:
    await devices(town, machine)
    asked = sa.select(tables.devices).where(tables.devices.c.name == "van-niemand")
    (device,) = await town.rows(asked)
    async with town.client() as browser:
        await town.sign_in(browser, "nurse", PASSWORD)
        token = form_token((await browser.get("/pairing")).text)
        for client, status in (("gerd", 422), ("piet", 422), ("gerda", 303)):
            sent = {"form_token": token, "client": client}
            answer = await browser.post(f"/pairing/{device.id}", data=sent)
            assert answer.status_code == status, answer.text
            assert status == 303 or "geen cliënt met dit nummer" in answer.text
    (device,) = await town.rows(asked)
    assert (device.client_id, device.untested_since) == (town.ids["gerda"], None)


async def test_another_provider_sees_and_gives_nothing(
    town: Town, machine: httpx.AsyncClient
) -> None:
    await devices(town, machine)
    await strange(town, "unknown_device", "in/brug/gw/native/vreemd")
    (device,) = await town.rows(
        sa.select(tables.devices).where(tables.devices.c.name == "van-niemand")
    )
    async with town.client() as browser:
        await town.sign_in(browser, "stranger", PASSWORD)
        page = (await browser.get("/pairing")).text
        assert "van-niemand" not in page
        assert "vreemd" not in page
        sent = {"form_token": form_token(page), "client": "gerda"}
        assert (await browser.post(f"/pairing/{device.id}", data=sent)).status_code == 404
