"""What each built-in adapter's device sends, and the house in which one of each hangs."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from hub.decoders.reading import Reader
from hub.store import tables as t
from tests.adapters.recorded import ADAPTERS
from tests.hub.house import PRINCIPAL, House, known

DEV_EUI = "24e124fffe000001"
SHELLY = "shellyplusi4-a8032abe0001"
Say = Callable[[int, datetime], dict[str, Any]]


@dataclass(frozen=True)
class Vendor:
    """One device of Anne's: `say` is what it sends when `kind` happens, by number and moment.

    `over` is what it sends in between, where it reports a state.
    """

    adapter: str
    key: str
    topic: str
    kind: str
    say: Say
    over: Say | None = None
    bound: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"in/zorg/gw1/{self.adapter}/{self.topic}"

    def payload(self, number: int, at: datetime) -> bytes:
        return json.dumps(self.say(number, at)).encode()


def _uplink(number: int, at: datetime) -> dict[str, Any]:
    return {
        "end_device_ids": {"device_id": "sos-1", "dev_eui": DEV_EUI},
        "uplink_message": {
            "session_key_id": "c2Vzc2ll",
            "f_port": 85,
            "f_cnt": number,
            "frm_payload": base64.b64encode(b"\xff\x2e\x02").decode(),
            "received_at": at.isoformat(),
        },
    }


def _event(number: int, at: datetime) -> dict[str, Any]:
    return {
        "deduplicationId": f"d-{number}",
        "time": at.isoformat(),
        "deviceInfo": {"devEui": DEV_EUI},
        "devAddr": "01ab23cd",
        "fCnt": number,
        "fPort": 85,
        "data": base64.b64encode(b"\x06\xfb\x0a\x01\x00\x01\xff").decode(),
    }


def _transition(number: int, at: datetime) -> dict[str, Any]:
    said = {"_type": "transition", "event": "leave", "desc": "Thuis", "rid": "6da9"}
    return {**said, "tst": at.timestamp(), "lat": 52.1, "lon": 5.1, "acc": 10 + number}


def _forwarded(number: int, at: datetime) -> dict[str, Any]:
    device = {"id": 17, "uniqueId": "860000000000017"}
    event = {"id": 900 + number, "deviceId": 17, "type": "alarm", "eventTime": at.isoformat()}
    return {"event": {**event, "attributes": {"alarm": "sos"}}, "device": device}


def _pushed(number: int, at: datetime) -> dict[str, Any]:
    event = {"component": "input:0", "id": 0, "event": "long_push", "ts": at.timestamp()}
    return {"src": SHELLY, "method": "NotifyEvent", "params": {"ts": number, "events": [event]}}


def _report(number: int, at: datetime) -> dict[str, Any]:
    info = {"device_sn": "6806E5151075", "time": at.isoformat()}
    trigger = {"type": 0, "trigger_id": number, "event": 0, "status": 1}
    return {"device_info": info, "trigger_data": trigger}


def _native(number: int, at: datetime) -> dict[str, Any]:
    return {"kind": "alarm.pull_cord", "boot": "7f", "seq": number, "at": at.isoformat()}


VENDORS = (
    Vendor("native", "cord-9", "cord-9", "alarm.pull_cord", _native),
    Vendor("thethingsstack", "sos-1", "v3/zorg@ttn/devices/sos-1/up", "alarm.button", _uplink,
           bound={"model": "WS101"}),
    Vendor("chirpstack", DEV_EUI, f"application/7f/device/{DEV_EUI}/event/up", "alarm.fall",
           _event, bound={"model": "VS373"}),
    Vendor("owntracks", "client-7/telefoon", "owntracks/client-7/telefoon/event",
           "location.left_zone", _transition),
    Vendor("traccar", "860000000000017", "events", "alarm.button", _forwarded),
    Vendor("shelly", SHELLY, f"{SHELLY}/events/rpc", "alarm.button", _pushed,
           bound={"role": "alarm_button"}),
    Vendor("milesight", "6806E5151075", "radar", "alarm.fall", _report),
)  # fmt: skip
# Those that report a state, in which a press or fall has no number or moment of its own.
OF_A_STATE = (
    Vendor("zigbee2mqtt", "rook", "zigbee2mqtt/rook", "alarm.smoke",
           lambda _number, _at: {"smoke": True}, lambda _number, _at: {"smoke": False}),
    Vendor("shelly", "shellyplussmoke-1", "shellyplussmoke-1/events/rpc", "alarm.smoke",
           lambda _number, at: _smoke(at, alarm=True), lambda _number, at: _smoke(at, alarm=False)),
)  # fmt: skip
GATEWAY = replace(PRINCIPAL, adapters=frozenset(ADAPTERS))


def _smoke(at: datetime, *, alarm: bool) -> dict[str, Any]:
    params = {"ts": at.timestamp(), "smoke:0": {"id": 0, "alarm": alarm}}
    return {"src": "shellyplussmoke-1", "method": "NotifyStatus", "params": params}


async def hang_up(house: House, *vendors: Vendor) -> None:
    """Register one device of each, at Anne's, in a hub that speaks every adapter."""
    house.reader = fresh(house)
    for one in vendors:
        name = f"{one.adapter}-{one.key}"
        row = {
            "id": known(name), "organisation_id": known("zorg"), "external_id": name,
            "gateway_id": known("gateway"), "adapter": one.adapter, "key": one.key,
            "client_id": known("anne"), **one.bound,
        }  # fmt: skip
        await house.changes(sa.insert(t.devices).values(row))


def fresh(house: House) -> Reader:
    """The reader of a hub that has just started."""
    return Reader(house.store, ADAPTERS, uuid4)
