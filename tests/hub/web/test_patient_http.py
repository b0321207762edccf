"""A request that does not come, or never ends, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from hub.serving.patient_http import PatientHttp

PATIENCE = 10.0
GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n"


class Hasty(PatientHttp):
    header_within = 0.1
    body_within = 0.2


@dataclass
class Site:
    port: int
    told: asyncio.Event = field(default_factory=asyncio.Event)

    visitors: "list[Visitor]" = field(default_factory=list)

    async def dial(self) -> "Visitor":
        visitor = Visitor(*await asyncio.open_connection("127.0.0.1", self.port))
        self.visitors.append(visitor)
        return visitor


@dataclass
class Visitor:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def everything(self) -> bytes:
        """All that is said until the connection is closed."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read()

    async def line(self) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readuntil(b"\n")

    async def dribble(self, data: bytes) -> bool:
        """Say a byte now and then; whether that was ended before all of it was said."""
        hearing = asyncio.create_task(self.everything())
        for byte in data:
            self.writer.write(bytes([byte]))
            if (await asyncio.wait([hearing], timeout=0.02))[0]:
                hearing.exception()  # who talks on is reset
                return True
        return False


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site(0)

    async def echo(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    async def stream(_: Request) -> Response:
        async def words() -> AsyncIterator[bytes]:
            yield b"first\n"
            await made.told.wait()
            yield b"last\n"

        return StreamingResponse(words())

    app = Starlette(routes=[Route("/", echo, methods=["GET", "POST"]), Route("/stream", stream)])
    config = uvicorn.Config(
        app, port=0, http=Hasty, lifespan="off", log_config=None, timeout_keep_alive=5
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    serving = asyncio.create_task(server.main_loop())
    made.port = server.servers[0].sockets[0].getsockname()[1]
    yield made
    for visitor in made.visitors:
        visitor.writer.close()
        with suppress(ConnectionError):
            await visitor.writer.wait_closed()
    server.should_exit = True
    await serving
    await server.shutdown()


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: a\r\nx: "])
async def test_a_header_that_does_not_come_is_not_waited_for(site: Site, begun: bytes) -> None:
    visitor = await site.dial()
    visitor.writer.write(begun)
    assert (await visitor.everything()).startswith(b"HTTP/1.1 408 ")


async def test_a_byte_now_and_then_wins_no_time(site: Site) -> None:
    visitor = await site.dial()
    assert await visitor.dribble(b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 1000)


async def test_a_body_that_does_not_come_is_not_waited_for(site: Site) -> None:
    visitor = await site.dial()
    visitor.writer.write(POST % 10 + b"half")
    assert await visitor.everything() == b""  # the answer was the route's to give


async def test_an_endless_header_is_refused(site: Site) -> None:
    visitor = await site.dial()
    visitor.writer.write(b"GET / HTTP/1.1\r\nx: " + b"y" * 200_000)
    with suppress(ConnectionResetError):
        assert b"431" in await visitor.everything()


async def test_a_stream_may_take_longer_than_a_header(site: Site) -> None:
    visitor = await site.dial()
    visitor.writer.write(GET.replace(b"/ ", b"/stream ", 1))
    while b"first" not in await visitor.line():
        continue
    visitor.writer.write(b"GET")  # even with half a request behind it
    asyncio.get_running_loop().call_later(3 * Hasty.header_within, site.told.set)
    while b"last" not in await visitor.line():
        continue


async def test_a_connection_that_is_kept_takes_one_request_after_the_other(site: Site) -> None:
    visitor = await site.dial()
    for _ in range(3):
        visitor.writer.write(POST % 5 + b"hello")
        while await visitor.line() != b"\r\n":
            continue
        async with asyncio.timeout(PATIENCE):
            assert await visitor.reader.readexactly(1) == b"5"
    visitor.writer.write(GET[:10])
    assert (await visitor.everything()).startswith(b"HTTP/1.1 408 ")
