"""MQTT.js, which Zigbee2MQTT and Node-RED speak with, at the front door."""

import asyncio
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from hub.sources.mqtt.packets import Version
from tests.hub.sources.front_door import PATIENCE, TOPIC, House
from tests.hub.sources.tls_place import ME, Place

PROGRAM = Path(__file__).with_name("publish.mjs")
FOLDER = Path(sys.prefix) / "node"  # where `make javascript` puts it
HERE = shutil.which("node") is not None and (FOLDER / "node_modules" / "mqtt").is_dir()
STARTS_WITHIN = 30.0  # a program in another language, on a busy machine

pytestmark = [
    pytest.mark.skipif(not HERE, reason="MQTT.js is missing (make javascript)"),
    pytest.mark.asyncio(loop_factories=["uvloop"]),  # a second is slow, and what is new is MQTT.js
]
Message = tuple[str, str, Mapping[str, Any]]
Heard = list[dict[str, Any]]


class Program:
    """One run of MQTT.js; what it hears, line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def hears(self) -> dict[str, Any]:
        """The next thing it hears; {} once it has ended."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), STARTS_WITHIN)
        heard: dict[str, Any] = json.loads(line) if line else {}
        return heard

    async def ends(self) -> Heard:
        """All that it hears until it ends by itself, but for the closing."""
        heard = []
        while told := await self.hears():
            heard.append(told)
        assert await asyncio.wait_for(self.process.wait(), PATIENCE) == 0
        return [one for one in heard if "closed" not in one]


async def mqttjs(
    url: str, version: Version, *messages: Message, subscribe: str = "", **connect: object
) -> Program:
    options = {"protocolVersion": version.value, "clientId": "js", **connect}
    given = {"connect": options, "messages": messages, "subscribe": subscribe}
    return Program(
        await asyncio.create_subprocess_exec(
            "node",
            str(PROGRAM),
            str(FOLDER),
            url,
            json.dumps(given),
            stdout=asyncio.subprocess.PIPE,
        )
    )


async def at_home(house: House, version: Version, *messages: Message, **more: Any) -> Program:
    who = {"username": "zorg/gw1", "password": "secret"}
    return await mqttjs(f"mqtt://127.0.0.1:{house.port}", version, *messages, **who | more)


def pressed(qos: int, count: int = 1, **options: object) -> Sequence[Message]:
    return [(TOPIC, f"press {number}", {"qos": qos, **options}) for number in range(count)]


@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_publishes_and_subscribes(house: House, version: Version, qos: int) -> None:
    program = await at_home(house, version, *pressed(qos), subscribe="zigbee2mqtt/#")
    connected, granted, answered = await program.ends()
    assert connected == {"connected": 0}
    assert granted["granted"][0]["qos"] == 1
    assert (answered["yes"], answered["reason"]) == ("press 0", 0)
    assert await house.intake.called() == [b"press 0"]


async def test_has_no_yes_before_the_commit(house: House, version: Version) -> None:
    house.intake.withheld = True
    program = await at_home(house, version, *pressed(1, 3))
    assert await program.hears() == {"connected": 0}
    assert await house.intake.called(3) == [b"press 0", b"press 1", b"press 2"]
    asking = asyncio.create_task(program.hears())
    assert not (await asyncio.wait([asking], timeout=0.2))[0]
    house.intake.commit()
    assert "yes" in await asking
    assert len(await program.ends()) == 2


@pytest.mark.parametrize("qos", [1, 2])
async def test_sends_more_than_we_take_at_once(house: House, version: Version, qos: int) -> None:
    program = await at_home(house, version, *pressed(qos, 300))
    answers = await program.ends()
    assert len([one for one in answers if "yes" in one]) == 300
    assert len({one.payload for one in house.intake.arrivals}) == 300


async def test_hears_a_refusal_where_the_protocol_has_one(house: House, version: Version) -> None:
    program = await at_home(house, version, ("elsewhere", "x", {"qos": 1}))
    _, answer = await program.ends()
    told = {"refused": "x", "code": 0x87} if version is Version.V5 else {"yes": "x", "reason": 0}
    assert answer == told


async def test_goes_on_after_a_message_that_is_too_large(house: House, version: Version) -> None:
    large: Message = (TOPIC, "x" * 100_000, {"qos": 1})
    program = await at_home(house, version, large, *pressed(1))
    answers = await program.ends()
    assert answers[-1] == {"yes": "press 0", "reason": 0}
    assert [one.size for one in house.intake.arrivals] == [100_000, 7]


async def test_uses_the_topic_aliases_it_is_granted(house: House) -> None:
    messages = pressed(1, 20)
    program = await at_home(
        house, Version.V5, *messages, autoUseTopicAlias=True, autoAssignTopicAlias=True
    )
    assert len(await program.ends()) == 21
    assert {one.topic for one in house.intake.arrivals} == {TOPIC}


async def test_hears_that_the_password_is_wrong(house: House, version: Version) -> None:
    program = await at_home(house, version, *pressed(1), password="guess", reconnectPeriod=0)
    (answer,) = await program.ends()
    assert "error" in answer


async def test_sends_again_what_a_closed_door_did_not_answer(
    house: House, version: Version
) -> None:
    house.intake.away = ConnectionError()
    program = await at_home(house, version, *pressed(1), clean=False)
    assert await program.hears() == {"connected": 0}
    await house.intake.called()
    await house.door.close()
    house.intake.away = None
    await house.door.open("127.0.0.1", house.port)
    heard = await program.ends()
    assert heard == [{"yes": "press 0", "reason": 0}]


async def test_comes_in_with_a_certificate(place: Place, version: Version) -> None:
    pair = place.authority.gateway(ME)
    program = await mqttjs(
        f"mqtts://127.0.0.1:{place.house.tls_port}",
        version,
        *pressed(1, 5),
        ca=place.authority.file.read_text(),
        cert=pair.certificate.read_text(),
        key=pair.key.read_text(),
    )
    answers = await program.ends()
    assert len([one for one in answers if "yes" in one]) == 5
    assert place.house.intake.arrivals[0].principal.gateway == "gw1"
