import asyncio
import shutil
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from hub.sources.mqtt.packets import Version
from tests.hub.sources.front_door import PATIENCE, TOPIC, House
from tests.hub.sources.tls_place import ME, Place

mosquitto = [
    pytest.mark.mosquitto,
    pytest.mark.skipif(shutil.which("mosquitto_pub") is None, reason="mosquitto_pub is missing"),
]


async def mosquitto_pub(
    house: House, version: Version, *words: str, password: str = "secret"
) -> asyncio.subprocess.Process:
    spoken = "311" if version is Version.V311 else "5"
    who = ("-u", "zorg/gw1", "-P", password, "-V", spoken, "-p", str(house.port))
    return await asyncio.create_subprocess_exec(
        "mosquitto_pub", "-h", "127.0.0.1", *who, *words, stderr=asyncio.subprocess.PIPE
    )


async def said(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    _, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode, errors.decode()


class TestMosquitto:
    pytestmark = mosquitto

    @pytest.mark.parametrize("qos", ["0", "1", "2"])
    async def test_publishes(self, house: House, version: Version, qos: str) -> None:
        process = await mosquitto_pub(house, version, "-q", qos, "-t", TOPIC, "-m", "pressed")
        assert await said(process) == (0, "")
        assert await house.intake.called() == [b"pressed"]

    @pytest.mark.parametrize("qos", ["1", "2"])
    async def test_waits_for_the_commit(self, house: House, version: Version, qos: str) -> None:
        house.intake.withheld = True
        process = await mosquitto_pub(house, version, "-q", qos, "-t", TOPIC, "-m", "pressed")
        await house.intake.called()
        ending = asyncio.create_task(said(process))
        assert not (await asyncio.wait([ending], timeout=0.2))[0]
        house.intake.commit()
        assert await ending == (0, "")

    async def test_hears_that_the_password_is_wrong(self, house: House, version: Version) -> None:
        words = ("-q", "1", "-t", TOPIC, "-m", "pressed")
        process = await mosquitto_pub(house, version, *words, password="guess")
        code, errors = await said(process)
        assert code != 0
        assert "onnection" in errors or "uthori" in errors or "assword" in errors

    async def test_hears_that_a_topic_is_not_its_own(self, house: House, version: Version) -> None:
        process = await mosquitto_pub(house, version, "-q", "1", "-t", "elsewhere", "-m", "x")
        code, errors = await said(process)
        assert (code, "ot authorized" in errors) == (0, version is Version.V5)
        assert len(house.intake.arrivals) == 1

    async def test_is_rid_of_a_file_that_is_too_large(
        self, house: House, version: Version, tmp_path: Path
    ) -> None:
        file = tmp_path / "devices.json"
        file.write_bytes(b"x" * 100 * 1024)
        words = ("-q", "1", "-t", TOPIC, "-f", str(file))
        code, errors = await said(await mosquitto_pub(house, version, *words))
        assert (code, "Quota exceeded" in errors) == (0, version is Version.V5)
        assert [one.size for one in house.intake.arrivals] == [100 * 1024]
        assert house.refused == []

    async def test_publishes_many_lines_and_a_will(self, house: House, version: Version) -> None:
        will = ("--will-topic", TOPIC, "--will-payload", "gone", "--will-retain")
        words = (
            "-q",
            "1",
            "-t",
            TOPIC,
            "-r",
            "--repeat",
            "200",
            "-m",
            "pressed",
            "-i",
            "id",
            *will,
        )
        process = await mosquitto_pub(house, version, *words)
        assert await said(process) == (0, "")
        assert len(await house.intake.called(200)) == 200


class Phone:
    """A paho client; what its own thread hears is told to the test's loop."""

    def __init__(self, version: Version, client_id: str, password: str) -> None:
        spoken = MQTTProtocolVersion(version.value)
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id, protocol=spoken)
        self.client.username_pw_set("zorg/gw1", password)
        self.heard: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self.client.on_connect = lambda _c, _u, _f, reason, _p: self.tell("connected", reason.value)
        self.client.on_publish = lambda _c, _u, mid, reason, _p: self.tell("yes", mid, reason)
        self.client.on_disconnect = lambda _c, _u, _f, reason, _p: self.tell("gone", reason.value)
        self.client.on_subscribe = lambda _c, _u, _m, reasons, _p: self.tell(
            "granted", reasons[0].value
        )

    def tell(self, what: str, which: int, reason: ReasonCode | None = None) -> None:
        refused = reason is not None and reason.is_failure
        told = ("refused" if refused else what, which)
        self._loop.call_soon_threadsafe(self.heard.put_nowait, told)

    async def hears(self) -> tuple[str, int]:
        return await asyncio.wait_for(self.heard.get(), PATIENCE)

    def publish(self, payload: str, topic: str = TOPIC, qos: int = 1) -> int:
        return self.client.publish(topic, payload, qos=qos).mid


@asynccontextmanager
async def phone(
    house: House, version: Version, client_id: str = "phone", password: str = "secret"
) -> AsyncIterator[Phone]:
    made = Phone(version, client_id, password)
    await asyncio.to_thread(made.client.connect, "127.0.0.1", house.port, 60)
    made.client.loop_start()
    try:
        yield made
    finally:
        made.client.disconnect()
        await asyncio.to_thread(made.client.loop_stop)


class TestPaho:
    async def test_hears_yes_in_order_and_only_after_the_commit(
        self, house: House, version: Version
    ) -> None:
        house.intake.withheld = True
        async with phone(house, version) as caller:
            assert await caller.hears() == ("connected", 0)
            sent = [caller.publish(word) for word in ("a", "b", "c")]
            assert await house.intake.called(3) == [b"a", b"b", b"c"]
            caller.client.subscribe("zigbee2mqtt/#", 1)
            assert await caller.hears() == ("granted", 1)  # and no "yes" before it
            house.intake.commit()
            assert [await caller.hears() for _ in sent] == [("yes", number) for number in sent]

    async def test_hears_a_refusal_where_the_protocol_has_one(
        self, house: House, version: Version
    ) -> None:
        async with phone(house, version) as caller:
            await caller.hears()
            number = caller.publish("x", "in/zorg/gw2/native/p1")
            told = "refused" if version is Version.V5 else "yes"
            assert await caller.hears() == (told, number)

    async def test_hands_over_at_quality_two_exactly_once(
        self, house: House, version: Version
    ) -> None:
        async with phone(house, version) as caller:
            await caller.hears()
            sent = [caller.publish(str(number), qos=2) for number in range(100)]
            assert sorted([await caller.hears() for _ in sent]) == [("yes", one) for one in sent]
            assert [one.payload for one in house.intake.arrivals] == [b"%d" % n for n in range(100)]

    async def test_goes_on_after_a_message_that_is_too_large(
        self, house: House, version: Version
    ) -> None:
        async with phone(house, version) as caller:
            await caller.hears()
            large, small = caller.publish("x" * 1_000_000), caller.publish("pressed")
            told = "refused" if version is Version.V5 else "yes"
            assert [await caller.hears(), await caller.hears()] == [(told, large), ("yes", small)]
            assert [one.size for one in house.intake.arrivals] == [1_000_000, 7]

    async def test_hears_that_the_password_is_wrong(self, house: House, version: Version) -> None:
        async with phone(house, version, password="guess") as caller:
            what, reason = await caller.hears()
            assert what == "connected"
            assert reason in {0x86, 0x87}

    async def test_is_told_when_somebody_takes_over(self, house: House, version: Version) -> None:
        async with phone(house, version, "same") as first:
            assert await first.hears() == ("connected", 0)
            first.client.reconnect_delay_set(60)
            async with phone(house, version, "same") as second:
                assert await second.hears() == ("connected", 0)
                what, reason = await first.hears()
                assert what == "gone"
                assert version is Version.V311 or reason == 0x8E

    async def test_sends_again_what_a_closed_door_did_not_answer(
        self, house: House, version: Version
    ) -> None:
        house.intake.away = ConnectionError()
        async with phone(house, version) as caller:
            caller.client.reconnect_delay_set(1, 1)
            assert await caller.hears() == ("connected", 0)
            number = caller.publish("pressed")
            await house.intake.called()
            await house.door.close()
            house.intake.away = None
            assert (await caller.hears())[0] == "gone"
            await house.door.open("127.0.0.1", house.port)
            assert await caller.hears() == ("connected", 0)
            assert await caller.hears() == ("yes", number)


class TestTls:
    pytestmark = mosquitto

    @pytest.mark.parametrize("certified", [True, False])
    async def test_mosquitto_pub_comes_in(
        self, place: Place, version: Version, *, certified: bool
    ) -> None:
        words = ["-h", "127.0.0.1", "-p", str(place.house.tls_port), "-t", TOPIC, "-m", "pressed"]
        words += ["-q", "1", "-V", "311" if version is Version.V311 else "5"]
        words += ["--cafile", str(place.authority.file)]
        if certified:
            pair = place.authority.gateway(ME)
            words += ["--cert", str(pair.certificate), "--key", str(pair.key)]
        else:
            words += ["-u", "zorg/gw1", "-P", "secret"]
        process = await asyncio.create_subprocess_exec(
            "mosquitto_pub", *words, stderr=asyncio.subprocess.PIPE
        )
        assert await said(process) == (0, "")
        assert await place.house.intake.called() == [b"pressed"]


class TestPahoWithTls:
    async def test_publishes_with_a_certificate_and_no_name(
        self, place: Place, version: Version
    ) -> None:
        made = Phone(version, "phone", "")
        made.client.username_pw_set(None)
        pair = place.authority.gateway(ME)
        made.client.tls_set(str(place.authority.file), str(pair.certificate), str(pair.key))
        await asyncio.to_thread(made.client.connect, "127.0.0.1", place.house.tls_port, 60)
        made.client.loop_start()
        assert await made.hears() == ("connected", 0)
        sent = [made.publish(str(number)) for number in range(50)]
        assert [await made.hears() for _ in sent] == [("yes", number) for number in sent]
        made.client.disconnect()
        await asyncio.to_thread(made.client.loop_stop)


def test_no_thread_of_a_client_is_left() -> None:
    assert not [one for one in threading.enumerate() if one.name.startswith("paho")]
