"""Where webhooks may go: not into our own network, whatever a name leads to."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from hub.out.addresses import NotAllowed, Policy, choose, read
from hub.out.posting import poster

WORLD, INSIDE = Policy(), Policy(private=True)
REHEARSAL = Policy(plain=True, this_machine_only=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://care.example/hook",
        "ftp://care.example/",
        "https://",
        "https:///hook",
        "https://user:secret@care.example/",
        "https://care.example:99999/",
        "https://care.example/ hook",
        "https://care.example/#part",
        "https://cäre.example/",
        "care.example",
        "",
    ],
)
def test_an_address_that_can_never_be_sent_to_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(NotAllowed, match=r";|:"):
        read(url, WORLD)


@pytest.mark.parametrize(
    ("address", "world", "inside"),
    [
        ("8.8.8.8", True, True),
        ("2606:4700::1111", True, True),
        ("10.0.0.1", False, True),
        ("192.168.1.5", False, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("100.64.0.1", False, True),
        ("fd00::1", False, True),
        ("169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("::ffff:10.0.0.1", False, True),
        ("64:ff9b::a00:1", False, True),
        ("2002:a00:1::", False, True),
        ("0.0.0.0", False, False),
        ("::", False, False),
        ("224.0.0.1", False, False),
    ],
)
async def test_where_a_name_leads_decides(address: str, world: bool, inside: bool) -> None:
    async def look_up(_host: str, _port: int) -> list[str]:
        return ["8.8.8.8", address]

    parts = read("https://care.example/hook", WORLD)
    for policy, allowed in ((WORLD, world), (INSIDE, inside), (REHEARSAL, False)):
        if allowed:
            assert await choose(parts, policy, look_up) == "8.8.8.8"
        else:
            with pytest.raises(NotAllowed):
                await choose(parts, policy, look_up)


Heard = list[bytes]


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[int, Heard]]:
    """A server that answers with a redirect to somewhere inside, and a body without an end."""
    heard: Heard = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n" + b"x" * 1000)
        await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], heard
    server.close()


async def test_a_redirect_is_not_followed_and_the_body_not_waited_for(
    receiver: tuple[int, Heard],
) -> None:
    port, heard = receiver

    async def look_up(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    async with poster(REHEARSAL, look_up) as post, asyncio.timeout(5):
        status = await post(f"http://care.example:{port}/hook?a=b", {"webhook-id": "1"}, b"{}")
    assert status == 302
    (request,) = heard
    assert request.startswith(b"POST /hook?a=b HTTP/1.1\r\n")
    assert f"host: care.example:{port}\r\n".encode() in request.lower()
    assert b"\r\ncontent-type: application/cloudevents+json\r\n" in request.lower()


async def test_a_real_hub_sends_nothing_to_its_own_machine(receiver: tuple[int, Heard]) -> None:
    port, heard = receiver
    async with poster(WORLD) as post:
        with pytest.raises(NotAllowed, match="NACHTWACHT_WEBHOOKS_PRIVATE"):
            await post(f"https://127.0.0.1:{port}/", {}, b"{}")
    assert heard == []
