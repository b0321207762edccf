"""The stream's manners."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from starlette.types import Message

from hub.routes.stream import LiveResponse


class Impatient(LiveResponse):
    stalled_after = 0.05


async def events() -> AsyncIterator[bytes]:
    while True:
        yield b"data: x\n\n"


async def test_a_reader_who_does_not_read_is_cut_off() -> None:
    async def stalled(_: Message) -> None:
        await asyncio.Event().wait()

    async def receive() -> Any:
        await asyncio.Event().wait()

    scope = {"type": "http", "asgi": {"spec_version": "2.4"}}
    async with asyncio.timeout(2):
        await Impatient(events())(scope, receive, stalled)
