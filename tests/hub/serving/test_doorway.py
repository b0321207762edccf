"""The front door as a hub has it: settings, certificates, gateways in the database."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.serving.doorway import Doorway
from hub.settings import read_settings
from hub.sources.certificates import CertificatesUnusable
from hub.sources.mqtt.packets import Connack, Connect, Disconnect, Version
from hub.sources.mqtt.reasons import Reason
from hub.store import tables as t
from tests.hub.house import House, known
from tests.hub.sources import front_door
from tests.hub.sources.authority import Authority
from tests.hub.sources.front_door import Caller, Intake

NEW = Version.V5


@asynccontextmanager
async def a_doorway(
    house: House, authority: Authority, **settings: object
) -> AsyncIterator[tuple[Doorway, front_door.House]]:
    pair = authority.server()
    given = {
        "secret": "s" * 32,
        "mqtt_port": 0,
        "mqtt_tls_port": 0,
        "mqtt_certificate": pair.certificate,
        "mqtt_key": pair.key,
        "mqtt_client_authority": authority.file,
    }
    intake = Intake()
    doorway = Doorway(
        read_settings(**given | settings),
        house.store,
        intake,
        lambda: house.now,
        lambda *_: None,
    )
    await doorway.rounds.begin()
    plain, tls = await doorway.open()
    opened = front_door.House(doorway.door, plain or 0, intake, [], tls_port=tls or 0)
    yield doorway, opened
    await opened.close()


async def come_in(
    opened: front_door.House, authority: Authority, name: str
) -> tuple[Caller, Reason]:
    context = ssl.create_default_context(cafile=authority.file)
    pair = authority.gateway(f"nachtwacht:{name}")
    context.load_cert_chain(pair.certificate, pair.key)
    caller = await Caller.dial(opened, NEW, context)
    caller.send(Connect(NEW, "c"))
    answer = await caller.receive()
    assert isinstance(answer, Connack)
    return caller, answer.reason


async def disable(house: House) -> None:
    async with house.store.transaction() as uow:
        gateway = t.gateways.c.id == known("gateway")
        await uow.db.execute(sa.update(t.gateways).where(gateway).values(disabled_at=house.now))


async def test_a_certificate_lets_its_gateway_in_until_that_is_disabled(
    house: House, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    async with a_doorway(house, authority, mqtt_plain=False) as (doorway, opened):
        caller, reason = await come_in(opened, authority, "zorg/gw1")
        assert (opened.port, reason) == (0, Reason.SUCCESS)
        await doorway.rounds.step(house.now)
        assert await caller.has_heard_nothing()
        await disable(house)
        await doorway.rounds.step(house.now)
        assert await caller.hung_up_on() == Disconnect(Reason.ADMINISTRATIVE_ACTION)
        _, reason = await come_in(opened, authority, "zorg/gw1")
        assert reason is Reason.BAD_USER_NAME_OR_PASSWORD


@pytest.mark.parametrize("name", ["zorg/gw9", "elders/gw1", "zorg", "", "zorg/gw1/x", "ZORG/GW1"])
async def test_a_certificate_for_no_gateway_of_ours_lets_nobody_in(
    house: House, tmp_path: Path, name: str
) -> None:
    authority = Authority(tmp_path)
    async with a_doorway(house, authority) as (_, opened):
        _, reason = await come_in(opened, authority, name)
        assert reason is Reason.BAD_USER_NAME_OR_PASSWORD


async def test_the_figures_say_how_the_certificate_is(house: House, tmp_path: Path) -> None:
    async with a_doorway(house, Authority(tmp_path)) as (doorway, opened):
        assert opened.port != 0
        said = doorway.figures()
        assert said["certificate_days_left"] > 14
        assert (said["certificate_files_unusable"], said["connections"]) == (0, 0)


def test_a_doorway_without_its_files_is_not_made(house: House, tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"
    settings = read_settings(secret="s" * 32, mqtt_certificate=missing, mqtt_key=missing)
    with pytest.raises(CertificatesUnusable, match=r"missing\.pem"):
        Doorway(settings, house.store, Intake(), lambda: house.now, lambda *_: None)
