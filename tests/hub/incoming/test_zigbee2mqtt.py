"""Zigbee2MQTT itself at the front door, with a pretended radio: from a button to an alert."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.contract import Decoded, Ignored
from hub.decoders.heard import Heard
from hub.incoming.intake import Intake
from hub.sources.arrival import Arrival, Principal, Receipt
from hub.sources.door import Door
from hub.sources.mqtt.packets import Version
from simulators.zigate import Radio
from tests.hub.house import PRINCIPAL, House
from tests.hub.sources.desk import Desk
from tests.hub.sources.front_door import HASTY

FOLDER = Path(sys.prefix) / "zigbee2mqtt"  # where `make zigbee2mqtt` puts it
PROGRAM = FOLDER / "node_modules" / "zigbee2mqtt" / "index.js"
HERE = shutil.which("node") is not None and PROGRAM.is_file()
STARTS_WITHIN = 120.0  # three seconds of a processor, on a busy machine
PREFIX = "in/zorg/gw1/zigbee2mqtt/"
SOS, CONTACT = 0x1234, 0x1235  # short addresses
ALARM_DEVICE, ON_OFF = 0x0501, 0x0006  # clusters: IAS ACE, and on and off
EMERGENCY = b"\x11\x01\x02"  # a command of the cluster: emergency
OPENED = b"\x18\x02\x0a\x00\x00\x10\x01"  # a report: attribute 0, a flag, true
SETTINGS = """
version: 5
homeassistant: {{enabled: false}}
frontend: {{enabled: false}}
mqtt: {{server: "mqtt://127.0.0.1:{door}", base_topic: in/zorg/gw1/zigbee2mqtt,
  user: zorg/gw1, password: secret, version: {version}}}
serial: {{port: "tcp://127.0.0.1:{radio}", adapter: zigate}}
advanced: {{network_key: GENERATE, pan_id: 6754, ext_pan_id: [0, 0, 0, 0, 0, 0, 0, 221],
  channel: 11, log_output: [console]}}
device_options: {{qos: 1}}
devices: {{'0x00158d0001aabbcc': {{friendly_name: motion-1}},
  '0x00158d0001aabbdd': {{friendly_name: door-1}}}}
"""

pytestmark = pytest.mark.skipif(not HERE, reason="Zigbee2MQTT is missing (make zigbee2mqtt)")


def joined(number: int, kind: str, address: str, short: int, model: str, *clusters: int) -> str:
    """A line of Zigbee2MQTT's database: a device that joined its network before."""
    endpoint = {"profId": 260, "epId": 1, "devId": 0, "inClusterList": clusters, "clusters": {}}
    maker = {"TS0215A": (4098, "_TZ3000_4fsgukof"), "lumi.sensor_magnet.aq2": (4151, "LUMI")}
    made_by, name = maker.get(model, (0, ""))
    return json.dumps(
        {"id": number, "type": kind, "ieeeAddr": address, "nwkAddr": short, "manufId": made_by,
         "manufName": name, "modelId": model, "powerSource": "Battery", "epList": [1],
         "endpoints": {"1": {**endpoint, "outClusterList": []}}, "interviewCompleted": True,
         "meta": {}}
    )  # fmt: skip


NETWORK = "\n".join(
    (
        joined(1, "Coordinator", "0x00158d0001020304", 0, "", 0),
        joined(2, "EndDevice", "0x00158d0001aabbcc", SOS, "TS0215A", 0, 1),
        joined(3, "EndDevice", "0x00158d0001aabbdd", CONTACT, "lumi.sensor_magnet.aq2", 0, ON_OFF),
    )
)


@dataclass
class Street:
    """Zigbee2MQTT, its radio, and the door it publishes at; what is stored, in order."""

    intake: Intake
    radio: Radio
    stored: "asyncio.Queue[Heard]" = field(default_factory=asyncio.Queue)

    async def take_in(self, arrival: Arrival) -> Receipt:
        heard = await self.intake.take(arrival)
        self.stored.put_nowait(heard)
        return Receipt.REFUSED if heard.refused else Receipt.STORED

    async def hears_of(self, topic: str, words: bytes = b"") -> Heard:
        """The next message of that topic with these words, once it is stored."""
        async with asyncio.timeout(STARTS_WITHIN):
            while True:
                heard = await self.stored.get()
                arrival = heard.arrival
                if arrival.topic == PREFIX + topic and words in arrival.payload:
                    return heard


@asynccontextmanager
async def opened(house: House, folder: Path, version: Version) -> AsyncIterator[Street]:
    intake = Intake(house.store, house.store, house.reader)
    street = Street(intake, Radio())

    async def asking(_name: str, _password: bytes) -> Principal:
        return PRINCIPAL

    door = Door(asking, street.take_in, Desk(), lambda: house.now, HASTY)
    running = asyncio.create_task(intake.run())
    ports = {"door": await door.open("127.0.0.1", 0), "radio": await street.radio.open()}
    (folder / "configuration.yaml").write_text(SETTINGS.format(version=version.value, **ports))
    (folder / "database.db").write_text(NETWORK + "\n")
    program = await asyncio.create_subprocess_exec(
        "node",
        str(PROGRAM),
        cwd=folder,  # in a clone of anything it would build itself anew
        env={**os.environ, "ZIGBEE2MQTT_DATA": str(folder)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield street
    finally:
        with suppress(ProcessLookupError):
            program.kill()
        await program.wait()
        await street.radio.close()
        await door.close()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.mark.parametrize("version", list(Version))
async def test_a_button_behind_zigbee2mqtt_is_an_alert_and_a_door_that_opens_is_none(
    house: House, tmp_path: Path, version: Version
) -> None:
    async with opened(house, tmp_path, version) as street:
        online = await street.hears_of("bridge/state")
        assert json.loads(online.arrival.payload) == {"state": "online"}
        await street.hears_of("bridge/devices", b"TS0215A")
        large = await street.hears_of("bridge/definitions")
        assert isinstance(large.outcome, Ignored)
        await street.hears_of("bridge/logging", b"Zigbee2MQTT started")
        street.radio.hears(CONTACT, ON_OFF, OPENED)
        contact = await street.hears_of("door-1")
        assert isinstance(contact.outcome, Decoded)
        street.radio.hears(SOS, ALARM_DEVICE, EMERGENCY)
        pressed = await street.hears_of("motion-1")
        assert pressed.arrival.qos == 1
        alerts = [(one.kind, one.priority) for one in await house.alerts()]
        assert alerts == [("alarm.button", "P1")]
