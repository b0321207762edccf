"""Hostile bytes through a real front door: what is stored of them, and what the board shows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.incoming.intake import Intake
from hub.sources.arrival import Principal
from hub.sources.door import Door
from hub.sources.mqtt.packets import Disconnect, Puback, Version
from hub.store import tables as t
from hub.store.troubles import list_troubles
from tests.hub.house import PRINCIPAL, House, viewer
from tests.hub.sources import front_door
from tests.hub.sources.desk import Desk
from tests.hub.sources.front_door import Caller

V5 = Version.V5
PENDANT = b"in/zorg/gw1/native/pendant-1"
PRESS = b'{"kind":"alarm.button"}'
LIMIT = 64 * 1024
RINGS = [("alarm.button", "P1")]
MAY_RING = [("technical.undecodable", "P2")]  # a pendant said something nobody can read
FOR_THE_DESK = [("technical.undecodable", "T")]


@dataclass(frozen=True)
class Case:
    """One message; `stored` is its outcome and the word for its reason, None for nothing stored."""

    stored: tuple[str, str] | None
    board: list[tuple[str, str]]
    payload: bytes = PRESS
    topic: bytes = PENDANT
    properties: bytes = b""
    reason: int = 0  # of the PUBACK, or of the DISCONNECT where nothing is stored


def pressed(**more: Any) -> Case:
    return Case(("decoded", ""), RINGS, **more)


def unreadable(word: str, payload: bytes) -> Case:
    return Case(("rejected", word), MAY_RING, payload)


def refused(**more: Any) -> Case:
    return Case(None, [], reason=0x81, **more)


def said(value: str, name: str = "seq") -> bytes:
    return f'{{"kind":"alarm.button","{name}":{value}}}'.encode()


def string_property(number: int, *texts: bytes) -> bytes:
    return bytes([number]) + b"".join(len(one).to_bytes(2) + one for one in texts)


CASES = {
    "NUL in a topic": refused(topic=PENDANT + b"\0"),
    "broken UTF-8 in a topic": refused(topic=PENDANT + b"\xff"),
    "a surrogate in a topic": refused(topic=PENDANT + b"\xed\xa0\x80"),
    "NUL in a content type": refused(properties=string_property(3, b"a\0b")),
    "broken UTF-8 in a content type": refused(properties=string_property(3, b"\xff")),
    "NUL in a user property": refused(properties=string_property(38, b"a", b"\0")),
    "broken UTF-8 in a user property": refused(properties=string_property(38, b"\xc3", b"")),
    "an endless user property": pressed(properties=string_property(38, b"a", b"b" * 5_000)),
    "NUL in a payload": unreadable("malformed_json", b'{"kind":"alarm.button","seq":"\0"}'),
    "NUL escaped in a payload": pressed(payload=said(r'"\u0000"')),
    "broken UTF-8 in a payload": unreadable("not_utf8", b'{"kind":"alarm.button","seq":"\xff"}'),
    "a lone surrogate in JSON": pressed(payload=said(r'"\ud800"')),
    "two surrogates the wrong way round": pressed(payload=said(r'"\udc00\ud800"')),
    "nothing at all": unreadable("empty", b""),
    "nothing but NUL": unreadable("malformed_json", bytes(1000)),
    "a number beyond float": unreadable("number_too_large", said("1e999")),
    "a number beyond every type": unreadable("number_too_large", said("9" * 400)),
    "NaN": unreadable("not_a_number", said("NaN")),
    # a press rings whatever is wrong with the moment beside it
    "a date beyond year 9999": pressed(payload=said('"10000-01-01T00:00:00Z"', "at")),
    "a date that leaves its year": pressed(payload=said('"9999-12-31T23:59:59-14:00"', "at")),
    "a moment three thousand years ahead": Case(
        ("decoded", ""), [*RINGS, ("technical.clock_wrong", "T")], said("99999999999999", "at")
    ),
    "seconds beyond every calendar": pressed(payload=said("9" * 18, "at")),
    "absurd depth": unreadable("too_deep", b"[" * 60_000),
    "a word twice": unreadable("ambiguous_json", b'{"kind":"alarm.button","kind":"alarm.fall"}'),
    "64 KiB": pressed(payload=PRESS + b" " * (LIMIT - len(PRESS))),
    "64 KiB and one byte": Case(
        ("rejected", "too_large"), MAY_RING, PRESS + b" " * (LIMIT + 1 - len(PRESS)), reason=0x97
    ),
    "a device key of 60 KB": Case(
        ("decoded", "unknown_device"), RINGS, topic=b"in/zorg/gw1/native/" + b"k" * 60_000
    ),
    "an adapter nobody knows": Case(
        ("refused", "this gateway may not use adapter 'x' (it has"),
        FOR_THE_DESK,
        topic=b"in/zorg/gw1/x/p1",
        reason=0x87,
    ),
}


def packet(case: Case) -> bytes:
    """A PUBLISH at QoS 1, byte by byte, as no library would write it."""
    variable = len(case.topic).to_bytes(2) + case.topic + b"\0\1"
    body = variable + length(len(case.properties)) + case.properties + case.payload
    return b"\x32" + length(len(body)) + body


def length(number: int) -> bytes:
    said = bytearray()
    while True:
        number, rest = divmod(number, 128)
        said.append(rest | (128 if number else 0))
        if not number:
            return bytes(said)


@pytest.fixture
async def street(house: House) -> AsyncIterator[front_door.House]:
    """A real door with a real intake behind it."""
    intake = Intake(house.store, house.store, house.reader)
    reported: list[Any] = []

    async def asking(_name: str, _password: bytes) -> Principal:
        return PRINCIPAL

    door = Door(
        asking, intake.take_in, Desk(), lambda: house.now, front_door.HASTY,
        lambda *told: reported.append(told),
    )  # fmt: skip
    running = asyncio.create_task(intake.run())
    opened = front_door.House(door, await door.open("127.0.0.1", 0), front_door.Intake(), reported)
    yield opened
    await opened.close()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@pytest.mark.parametrize("name", CASES)
async def test_hostile_bytes_end_as_a_row_and_as_work_that_people_see(
    house: House, street: front_door.House, name: str
) -> None:
    case = CASES[name]
    caller = await Caller.inside(street, V5)
    caller.write(packet(case))
    answer = await caller.receive()
    assert isinstance(answer, Puback if case.stored else Disconnect)
    assert answer.reason == case.reason
    rows = await house.rows(sa.select(t.messages))
    kept = [(row.outcome, row.reason.partition(":")[0]) for row in rows]
    assert kept == ([case.stored] if case.stored else [])
    assert sorted((one.kind, one.priority) for one in await house.alerts()) == case.board
    assert bool(street.refused) == (case.stored is None)
    async with house.store.transaction(viewer()) as uow:
        troubles = await list_troubles(uow.db, viewer(), house.now)
    assert len(troubles) == (case.stored is not None and case.stored[0] != "decoded")


async def test_ten_thousand_unknown_devices_of_one_gateway_are_one_matter_and_little_memory(
    house: House,
) -> None:
    for number in range(60):
        await house.receives(f"in/zorg/gw1/native/stranger-{number}", PRESS)
    alerts = await house.alerts()
    assert len(alerts) == 21  # twenty of their own, and one for all that come after
    assert {(one.kind, one.priority) for one in alerts} == {("alarm.button", "P1")}
    together = [one for one in alerts if "20 onbekende apparaten" in one.explanation]
    assert [one.state["repeats"] for one in together] == [39]
    assert len(await house.rows(sa.select(t.messages))) == 60
    strangers = house.reader.strangers
    for number in range(10_000):
        assert strangers.crowded(PRINCIPAL.gateway_id, f"native/{number}", house.now)
    assert len(strangers) == 20
    later = house.now + timedelta(hours=2)
    assert not strangers.crowded(PRINCIPAL.gateway_id, "native/late", later)
