"""A broker that cannot be reached: people hear which one, why, and what to do about it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.clock import system_clock
from hub.commands.broker_check import check
from hub.serving.outages import LOOKS, PATIENCE, Outages
from hub.sources.broker_file import Broker
from hub.store import tables as t
from hub.store.brokers import Brokers
from tests.hub.brokers.listening import listening, until
from tests.hub.brokers.outside import EVERY_SORT, HUB, Mosquitto, OutsideBroker, gateway, outside
from tests.hub.brokers.test_broker import PENDANT, PRESS, locked
from tests.hub.house import MINUTE, House
from tests.hub.sources.authority import Authority, Pair

every_sort = pytest.mark.parametrize("sort", EVERY_SORT)
mosquitto = pytest.mark.parametrize("sort", EVERY_SORT[:1])
nats = pytest.mark.parametrize("sort", EVERY_SORT[1:])
CONNACK, TAKEN_OVER = bytes.fromhex("2003000000"), bytes.fromhex("e0018e")
TELEMETRY = '{"kind": "presence.heartbeat"}'
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def trouble(house: House, broker: Broker) -> str:
    """What the hub says is wrong with this broker."""
    async with listening(house.store, broker, connected=False) as source:
        await until(lambda: source.trouble, "trouble")
        return source.trouble


@every_sort
async def test_a_wrong_password_is_said(sort: str, house: House, tmp_path: Path) -> None:
    with outside(sort, tmp_path) as broker:
        said = await trouble(house, broker.broker(password="vergeten"))
    assert "it refuses us" in said
    assert "check `user` and `password_file`" in said


@nats
async def test_a_subscription_that_is_refused_is_said(
    sort: str, house: House, tmp_path: Path
) -> None:
    with outside(sort, tmp_path) as broker:
        fixed = broker.broker(subscribe=["v3/#"], gateway="gw1", adapter="native")
        said = await trouble(house, fixed)
    assert "it refuses the subscription to 'v3/#'" in said
    assert "let the user read it" in said


async def test_a_broker_that_is_not_there_is_said(house: House) -> None:
    said = await trouble(house, a_broker(1))
    assert "Connection refused" in said


async def test_a_password_file_that_is_not_there_is_named(house: House, tmp_path: Path) -> None:
    more = {"user": "nachtwacht", "password_file": tmp_path / "nowhere"}
    said = await trouble(house, a_broker(1).model_copy(update=more))
    assert "nowhere cannot be read" in said


async def test_what_speaks_no_mqtt_is_said(house: House) -> None:
    async def nonsense(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 10)

    async with serving(nonsense) as port:
        said = await trouble(house, a_broker(port))
    assert said


async def test_an_organisation_that_is_not_registered_is_said(house: House) -> None:
    said = await trouble(house, a_broker(1).model_copy(update={"organisation": "elders"}))
    assert said == "broker 'main': organisation 'elders' is not registered"


@mosquitto
async def test_a_certificate_of_another_authority_is_not_trusted(
    sort: str, house: House, tmp_path: Path
) -> None:
    own, other = Authority(tmp_path), Authority(tmp_path, "other")
    broker = with_tls(tmp_path, own.server())
    known = broker.broker(url=f"mqtts://127.0.0.1:{broker.port}")
    try:
        broker.start()
        async with listening(house.store, known.model_copy(update={"ca_file": own.file})):
            pass
        said = await trouble(house, known.model_copy(update={"ca_file": other.file}))
    finally:
        broker.kill()
    assert "its certificate is not trusted" in said
    assert "give the right `ca_file`" in said


@mosquitto
async def test_another_program_with_our_client_id_is_said(
    sort: str, house: House, tmp_path: Path
) -> None:
    with outside(sort, tmp_path) as broker:
        async with listening(house.store, broker.broker()) as source:
            with gateway(broker.port, "nachtwacht/mosquitto", "5", HUB) as thief:
                assert thief.there.wait(10)
                await until(lambda: source.trouble, "trouble")
    assert "perhaps another program uses the client id 'nachtwacht-mosquitto'" in source.trouble


async def test_a_broker_that_says_so_is_believed_and_not_fought(house: House) -> None:
    connections = 0

    async def take_over(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.read(1000)
        writer.write(CONNACK)
        subscribe = await reader.read(1000)
        writer.write(suback(subscribe) + TAKEN_OVER)
        await writer.drain()
        writer.close()

    async with (
        serving(take_over) as port,
        listening(house.store, a_broker(port), connected=False) as source,
    ):
        await until(lambda: source.trouble, "trouble")
        await until(lambda: not source.holds, "another hub may try")
    assert source.trouble == "another program uses the client id 'nachtwacht-main'"
    assert connections == 1


async def test_a_retained_message_is_answered_once_it_is_stored_however_often_that_is_tried(
    house: House, database_url: str
) -> None:
    """In a session that is still there, in which retained messages may come again."""
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def resumed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(bytes.fromhex("20020100"))
        subscribe = await reader.read(1000)
        writer.write(b"\x90\x03" + subscribe[2:4] + b"\x01" + published(PENDANT, PRESS, 7, 0x33))
        answered.set_result(await reader.readexactly(4))
        writer.close()

    async with serving(resumed) as port:
        old = a_broker(port).model_copy(update={"protocol": "3.1.1"})
        with ExitStack() as away:
            away.enter_context(locked(database_url, "clients"))
            async with listening(house.store, old, connected=False) as source:
                await until(lambda: source.counters.retried, "it was not stored")
                assert not answered.done()
                away.close()
                assert await asyncio.wait_for(answered, 10) == bytes.fromhex("40020007")
    assert len(await house.rows(sa.select(t.messages))) == 1


@pytest.mark.parametrize("deaf", [False, True])
async def test_a_broker_has_its_yes_when_its_machine_has_received_it(
    house: House, *, deaf: bool
) -> None:
    over, gone = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(bytes.fromhex("20020100"))
        subscribe = await reader.read(1000)
        writer.write(b"\x90\x03" + subscribe[2:4] + b"\x01")
        for number in range(1, 2001):  # so many answers that they do not fit in its buffer
            writer.write(published(PENDANT, TELEMETRY, number))
        while not deaf and await reader.read(1000):
            pass
        await over.wait()
        writer.transport.abort()
        await asyncio.sleep(0)
        gone.set()

    async with serving(serve, limit=1, buffer=1) as port:
        old = a_broker(port).model_copy(update={"protocol": "3.1.1"})
        async with listening(house.store, old) as source:
            await until(lambda: source.counters.acknowledged == 2000, "all stored")
            connection = source._connection
            assert connection is not None
            if not deaf:
                await until(connection.confirmed, "a yes that was read")
            assert (connection.confirmed() is None) is deaf
        over.set()
        await gone.wait()


@mosquitto
async def test_after_a_minute_the_care_centre_hears_and_the_end_takes_it_back(
    sort: str, house: House, tmp_path: Path
) -> None:
    house.now = system_clock()
    with outside(sort, tmp_path) as broker:
        known = broker.broker()
        outages = Outages(house.store, [known])
        async with listening(house.store, known.model_copy(update={"url": "mqtt://127.0.0.1:1"}),
                             connected=False) as source:  # fmt: skip
            await until(lambda: source.trouble, "trouble")
        await outages.step(house.now)
        assert await house.alerts() == []
        house.now += PATIENCE + timedelta(seconds=20)
        await outages.step(house.now)
        await outages.step(house.now)
        (alert,) = await house.alerts()
        assert alert.kind == "technical.vendor_silent"
        assert "broker mosquitto" in alert.explanation
        assert "Connection refused" in alert.explanation
        await well(house, known)
        await outages.step(house.now + MINUTE)
    (alert,) = await house.alerts()
    assert alert.resolved_at is not None or "withdrawn" in await house.journal(alert.id)


async def test_a_broker_that_no_hub_listens_to_any_more_is_away(house: House) -> None:
    known = a_broker(1)
    async with house.store.transaction() as uow:
        await Brokers(uow.db).claim(known.name, "a hub that died")
    outages = Outages(house.store, [known])
    await outages.step(house.now)
    assert await house.alerts() == []
    await house.changes(sa.update(t.broker_sessions).values(expires_at=sa.text("'-infinity'")))
    for _ in range(12):
        await outages.step(house.now)
        assert await house.alerts() == []  # a hub that has just started is about to listen
        house.now += LOOKS
    await outages.step(house.now)
    (alert,) = await house.alerts()
    assert "no hub holds its session" in alert.explanation


@every_sort
def test_the_command_says_what_works(
    sort: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with outside(sort, tmp_path) as broker:
        assert check(file_of(tmp_path, broker, "geheim")) == 0
        assert "lets us in and grants in/#" in capsys.readouterr().out
        assert check(file_of(tmp_path, broker, "vergeten")) == 1
    said = capsys.readouterr().out
    assert f"{sort}: FAILED at 127.0.0.1" in said
    assert "vergeten" not in said


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("mqtt://127.0.0.1:1", "Start the broker, or correct the port in `url`"),
        ("mqtt://nobody.invalid", "Correct the host in `url`"),
    ],
)
def test_the_command_says_what_to_do_about_a_broker_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], url: str, remedy: str
) -> None:
    path = tmp_path / "brokers.toml"
    path.write_text(f'[[broker]]\nname = "main"\nurl = "{url}"\norganisation = "zorg"\n')
    assert check(path) == 1
    assert remedy in capsys.readouterr().out


def suback(subscribe: bytes) -> bytes:
    return b"\x90\x04" + subscribe[2:4] + b"\x00\x01"


def published(topic: str, payload: str, number: int, first: int = 0x32) -> bytes:
    named = len(topic).to_bytes(2, "big") + topic.encode()
    body = named + number.to_bytes(2, "big") + payload.encode()
    return bytes([first, len(body)]) + body


def a_broker(port: int) -> Broker:
    return Broker(name="main", url=f"mqtt://127.0.0.1:{port}", organisation="zorg")


def file_of(folder: Path, broker: OutsideBroker, password: str) -> Path:
    path = folder / "brokers.toml"
    path.write_text(
        f'[[broker]]\nname = "{broker.sort}"\nurl = "mqtt://127.0.0.1:{broker.port}"\n'
        f'organisation = "zorg"\nprotocol = "{broker.protocol}"\n'
        f'user = "nachtwacht"\npassword = "{password}"\n'
    )
    return path


async def well(house: House, known: Broker) -> None:
    async with house.store.transaction() as uow:
        await uow.db.execute(sa.update(t.broker_sessions).values(expires_at=sa.text("'-infinity'")))
        brokers = Brokers(uow.db)
        lease = await brokers.claim(known.name, "hub")
        assert lease is not None
        await brokers.renew(lease, well=True)


@asynccontextmanager
async def serving(serve: Serve, *, limit: int = 65536, buffer: int = 0) -> AsyncIterator[int]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=limit)
    if buffer:
        server.sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def with_tls(folder: Path, pair: Pair) -> Mosquitto:
    broker = Mosquitto(folder)
    configured = broker.folder / "mosquitto.conf"
    listener = f"listener {broker.port} 127.0.0.1\n"
    files = f"certfile {pair.certificate}\nkeyfile {pair.key}\n"
    configured.write_text(configured.read_text().replace(listener, listener + files))
    return broker
