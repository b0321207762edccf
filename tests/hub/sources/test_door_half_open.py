"""Hundreds of connections that begin and never go on: bounded, and nobody else's affair."""

import asyncio

from hub.sources.mqtt.packets import Version
from tests.hub.sources.front_door import Caller, press, yes
from tests.hub.sources.half_open import HELLO, SORTS, TERMS, besieged, files, tasks
from tests.hub.sources.tls_place import Opening

FEW = 60


async def test_connections_that_begin_and_never_go_on_leave_nothing_behind(
    opened: Opening,
) -> None:
    siege = await besieged(await opened(TERMS))
    before = files(), tasks()
    for begin in SORTS.values():
        await siege.suffers(begin, FEW)
    assert siege.most_files > before[0] + FEW
    assert await siege.has_forgotten_them(before)


async def test_a_hello_a_byte_at_a_time_has_no_longer_than_any_other(opened: Opening) -> None:
    siege = await besieged(await opened(TERMS))
    slow = await Caller.dial(siege.place.house, Version.V311)
    hung_up = asyncio.create_task(slow.reader.read())
    for one in HELLO[:-1]:
        slow.write(bytes((one,)))
        if (await asyncio.wait([hung_up], timeout=0.05))[0]:
            break
    assert await hung_up == b""
    other = await Caller.inside(siege.place.house, Version.V311)
    other.send(press(1))
    assert await other.receive() == yes(1)
