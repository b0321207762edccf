"""The front door with TLS: passwords inside it, client certificates, files that change."""

import asyncio
import logging
import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.sources.certificates import Certificates, CertificatesUnusable, Files
from hub.sources.mqtt.packets import Connack, Connect, Disconnect, Version
from hub.sources.mqtt.reasons import Reason
from tests.hub.sources.authority import ENDS, Authority, Pair
from tests.hub.sources.front_door import (
    EVENING,
    GATEWAY,
    PATIENCE,
    Caller,
    limits,
    press,
    yes,
)
from tests.hub.sources.tls_place import ME, Opening, Place

OLD, NEW = Version.V311, Version.V5
LONG_AGO = datetime(2020, 2, 1, tzinfo=UTC)


def reason(answer: Connack) -> Reason:
    return answer.reason


async def test_a_password_and_a_press_travel_inside_tls(place: Place, version: Version) -> None:
    caller = await place.calls(version)
    assert reason(await caller.introduce()) is Reason.SUCCESS
    caller.send(*map(press, range(1, 200)))
    assert await caller.receive_all(199) == list(map(yes, range(1, 200)))
    wrong = await place.calls(version)
    assert reason(await wrong.introduce(password=b"guess")) is Reason.BAD_USER_NAME_OR_PASSWORD


async def test_a_large_message_is_read_past_inside_tls_too(place: Place, version: Version) -> None:
    caller = await place.calls(version)
    await caller.introduce()
    caller.send(press(1, bytes(1_000_000)), press(2))
    answers = await caller.receive_all(2)
    assert [getattr(one, "packet_id", None) for one in answers] == [1, 2]
    assert [one.size for one in place.house.intake.arrivals] == [1_000_000, 1]


async def test_a_certificate_is_as_good_as_a_password(place: Place, version: Version) -> None:
    caller = await place.calls(version, place.authority.gateway(ME))
    assert reason(await caller.introduce(Connect(version, "c"))) is Reason.SUCCESS
    caller.send(press(1))
    assert await caller.receive() == yes(1)
    assert place.house.intake.arrivals[0].principal == GATEWAY


async def test_a_certificate_and_a_user_name_must_agree(place: Place, version: Version) -> None:
    pair = place.authority.gateway(ME)
    same = await place.calls(version, pair)
    assert reason(await same.introduce(Connect(version, "c", user_name="zorg/gw1"))) == 0
    other = await place.calls(version, pair)
    hello = Connect(version, "c", user_name="zorg/gw2", password=b"secret")
    assert reason(await other.introduce(hello)) is Reason.NOT_AUTHORIZED


@pytest.mark.parametrize(
    "names", [(), ("nachtwacht:zorg/gw1", "nachtwacht:zorg/gw2"), ("https:x",)]
)
async def test_a_certificate_that_names_no_one_gateway_needs_a_password(
    place: Place, names: tuple[str, ...]
) -> None:
    pair = place.authority.gateway(*names)
    without = await place.calls(OLD, pair)
    assert reason(await without.introduce(Connect(OLD, "c"))) is Reason.BAD_USER_NAME_OR_PASSWORD
    with_one = await place.calls(OLD, pair)
    assert reason(await with_one.introduce()) is Reason.SUCCESS


async def test_a_certificate_for_a_gateway_that_is_not_there_lets_nobody_in(place: Place) -> None:
    caller = await place.calls(NEW, place.authority.gateway("nachtwacht:zorg/gw9"))
    assert reason(await caller.introduce(Connect(NEW, "c"))) is Reason.BAD_USER_NAME_OR_PASSWORD


async def refused(place: Place, pair: Pair) -> bool:
    """Whether the door ends it at the handshake; TLS 1.3 tells a client only when it reads."""
    try:
        caller = await place.calls(OLD, pair)
        caller.send(Connect(OLD, "c"))
        return await caller.receive() is None
    except (OSError, ssl.SSLError):
        return True


async def test_a_certificate_of_another_authority_or_of_the_past_is_refused(
    place: Place, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other").gateway(ME)
    expired = place.authority.gateway(ME, called="expired", ends=LONG_AGO)
    assert await refused(place, stranger)
    assert await refused(place, expired)
    assert place.house.door.counters.handshakes_failed == 2
    assert place.house.intake.arrivals == []


async def test_a_revoked_certificate_is_refused_from_the_next_look_on(place: Place) -> None:
    lost, kept = (place.authority.gateway(ME, called=name) for name in ("lost", "kept"))
    inside = [await place.calls(NEW, pair) for pair in (lost, kept)]
    for number, caller in enumerate(inside):
        await caller.introduce(Connect(NEW, f"c{number}"))
    place.authority.revoke(lost)
    await place.looks()
    again = await place.calls(NEW, lost)
    assert reason(await again.introduce(Connect(NEW, "again"))) is Reason.NOT_AUTHORIZED
    place.house.door.show_out([])
    assert await inside[0].hung_up_on() == Disconnect(Reason.ADMINISTRATIVE_ACTION)
    assert await inside[1].has_heard_nothing()


async def test_a_revocation_list_that_is_late_silences_nobody(place: Place) -> None:
    lost, kept = (place.authority.gateway(ME, called=name) for name in ("lost", "kept"))
    place.authority.revoke(lost, until=LONG_AGO)
    await place.looks()
    assert place.certificates.figures(EVENING)["revocation_list_stale"] == 1
    caller = await place.calls(NEW, kept)
    assert reason(await caller.introduce(Connect(NEW, "c"))) is Reason.SUCCESS
    other = await place.calls(NEW, lost)
    assert reason(await other.introduce(Connect(NEW, "c"))) is Reason.NOT_AUTHORIZED


async def test_a_disabled_gateway_is_shown_out(place: Place) -> None:
    caller = await place.calls(NEW)
    await caller.introduce()
    assert {one.gateway_id for one in place.house.door.mine()} == {GATEWAY.gateway_id}
    place.house.door.show_out([GATEWAY.gateway_id])
    assert await caller.hung_up_on() == Disconnect(Reason.ADMINISTRATIVE_ACTION)


def served(place: Place) -> int:
    """The number of the certificate that a caller is shown now."""
    with socket.create_connection(("127.0.0.1", place.house.tls_port)) as plain:
        context = place.client()
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped:
            shown = wrapped.getpeercert()
            assert shown is not None
            return int(str(shown["serialNumber"]), 16)


def number_of(place: Place, pair: Pair) -> int:
    return place.authority.made[pair.certificate].serial_number


async def test_a_new_certificate_is_shown_to_the_next_and_drops_nobody(place: Place) -> None:
    caller = await place.calls(OLD)
    await caller.introduce()
    renewed = place.authority.server()  # over the same files
    await place.looks()
    assert await asyncio.to_thread(served, place) == number_of(place, renewed)
    assert await caller.has_heard_nothing()


async def test_certificates_renewed_in_the_middle_of_handshakes_turn_nobody_away(
    place: Place,
) -> None:
    coming = [asyncio.create_task(place.calls(NEW)) for _ in range(30)]
    for _ in range(5):
        place.authority.server()
        await place.looks()
        await asyncio.wait(coming, return_when=asyncio.FIRST_COMPLETED)
    callers = await asyncio.gather(*coming)
    answers = [await one.introduce(client_id=f"c{n}") for n, one in enumerate(callers)]
    assert [reason(one) for one in answers] == [Reason.SUCCESS] * 30
    assert place.house.door.counters.handshakes_failed == 0


async def test_a_broken_new_file_keeps_the_old_one_and_says_so(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    before = await asyncio.to_thread(served, place)
    good = place.files.certificate.read_bytes()
    place.files.certificate.write_text("half a certif")
    for _ in range(3):
        await place.looks()
    assert await asyncio.to_thread(served, place) == before
    assert place.certificates.figures(EVENING)["certificate_files_unusable"] == 1
    said = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert [one.getMessage() for one in said] == ["certificate files unusable"]
    assert str(place.files.certificate) in said[0].__dict__["trouble"]
    place.files.certificate.write_bytes(good)
    await place.looks()
    assert place.certificates.figures(EVENING)["certificate_files_unusable"] == 0


async def test_a_certificate_before_its_key_is_waited_for(place: Place) -> None:
    before = await asyncio.to_thread(served, place)
    old_key = place.files.key.read_bytes()
    renewed = place.authority.server()
    new_key = renewed.key.read_bytes()
    renewed.key.write_bytes(old_key)
    await place.looks()
    assert await asyncio.to_thread(served, place) == before
    renewed.key.write_bytes(new_key)
    await place.looks()
    assert await asyncio.to_thread(served, place) == number_of(place, renewed)


async def test_a_file_that_is_gone_keeps_what_was_read(place: Place) -> None:
    place.files.key.unlink()
    await place.looks()
    assert place.certificates.figures(EVENING)["certificate_files_unusable"] == 1
    caller = await place.calls(OLD)
    assert reason(await caller.introduce()) is Reason.SUCCESS


async def test_another_authority_counts_from_the_next_look_on(place: Place, tmp_path: Path) -> None:
    (tmp_path / "next").mkdir()
    following = Authority(tmp_path / "next", "next")
    pair = following.gateway(ME)
    assert await refused(place, pair)
    assert place.files.authority is not None
    with place.files.authority.open("ab") as both:
        both.write(following.file.read_bytes())
    await place.looks()
    caller = await place.calls(NEW, pair)
    assert reason(await caller.introduce(Connect(NEW, "c"))) is Reason.SUCCESS


async def test_days_are_counted_and_the_last_fortnight_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ends = EVENING + timedelta(days=10)
    authority = Authority(tmp_path)
    pair = authority.server(ends=ends)
    certificates = Certificates(Files(pair.certificate, pair.key))
    assert certificates.figures(EVENING)["certificate_days_left"] == 10
    for _ in range(2):
        await certificates.look(EVENING)
    assert [one.getMessage() for one in caplog.records] == ["certificate expires soon"]


@pytest.mark.parametrize("which", ["certificate", "key", "authority", "revoked"])
def test_a_start_with_unusable_files_names_the_file(tmp_path: Path, which: str) -> None:
    authority = Authority(tmp_path)
    pair = authority.server()
    given = {
        "certificate": pair.certificate,
        "key": pair.key,
        "authority": authority.file,
        "revoked": authority.revoke(),
    }
    given[which].write_text("nothing")
    with pytest.raises(CertificatesUnusable, match=str(given[which])):
        Certificates(Files(**given))
    given[which].unlink()
    with pytest.raises(CertificatesUnusable, match=str(given[which])):
        Certificates(Files(**given))


def test_a_list_that_somebody_else_signed_is_not_believed(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    pair = authority.server()
    (tmp_path / "other").mkdir()
    forged = Authority(tmp_path / "other").revoke()  # the same name, another key
    with pytest.raises(CertificatesUnusable, match="not signed"):
        Certificates(Files(pair.certificate, pair.key, authority.file, forged))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_versions_of_tls_are_refused(place: Place) -> None:
    context = place.client()
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(OSError):
        await Caller.dial(place.house, OLD, context)


@pytest.mark.parametrize(
    "junk",
    [
        b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a",  # MQTT without TLS
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(508),
        bytes(70_000),
        b"\xff",
    ],
)
async def test_what_is_not_tls_is_hung_up_on_and_others_are_served(
    place: Place, junk: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.house.tls_port)
    writer.write(junk)
    writer.write_eof()
    with suppress(ConnectionError):
        async with asyncio.timeout(PATIENCE):
            await reader.read()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    caller = await place.calls(OLD)
    assert reason(await caller.introduce()) is Reason.SUCCESS
    assert place.house.door.counters.handshakes_failed == 1
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []


async def test_who_says_nothing_is_hung_up_on(opened: Opening) -> None:
    place = await opened(limits(handshake_within=timedelta(milliseconds=50)))
    reader, writer = await asyncio.open_connection("127.0.0.1", place.house.tls_port)
    async with asyncio.timeout(PATIENCE):
        with suppress(ConnectionError):
            assert await reader.read() == b""
    writer.close()
    assert place.house.door.counters.handshakes_failed == 1


async def test_silent_callers_do_not_keep_others_out(opened: Opening) -> None:
    soon = timedelta(milliseconds=50)
    place = await opened(
        limits(handshakes=3, handshake_grace=soon, handshake_within=timedelta(minutes=1))
    )
    silent = [await asyncio.open_connection("127.0.0.1", place.house.tls_port) for _ in range(8)]
    caller = await place.calls(OLD)
    assert reason(await caller.introduce()) is Reason.SUCCESS
    async with asyncio.timeout(PATIENCE):
        with suppress(ConnectionError):
            assert await silent[0][0].read() == b""  # the oldest made room
    for _, writer in silent:
        writer.close()


async def test_who_comes_while_many_shake_hands_waits_and_takes_nobodys_place(
    opened: Opening,
) -> None:
    place = await opened(limits(handshakes=2))
    callers = await asyncio.gather(*(place.calls(OLD) for _ in range(30)))
    answers = [await caller.introduce(client_id=f"c{n}") for n, caller in enumerate(callers)]
    assert [reason(one) for one in answers] == [Reason.SUCCESS] * 30
    assert place.house.door.counters.handshakes_failed == 0


async def test_a_shutdown_says_so_inside_tls(place: Place) -> None:
    caller = await place.calls(NEW)
    await caller.introduce()
    await place.house.door.close()
    assert await caller.hung_up_on() == Disconnect(Reason.SERVER_SHUTTING_DOWN)
    with pytest.raises(OSError, match=r"refused|failed|Connect"):
        await Caller.dial(place.house, OLD, place.client())


async def test_a_client_that_comes_back_need_not_have_everything_signed_again(
    place: Place,
) -> None:
    context = place.client()

    def come(before: ssl.SSLSession | None) -> tuple[bool | None, ssl.SSLSession | None]:
        with (
            socket.create_connection(("127.0.0.1", place.house.tls_port)) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1", session=before) as wrapped,
        ):
            wrapped.settimeout(0.2)
            with suppress(TimeoutError):  # the ticket of TLS 1.3 is read with what follows
                wrapped.recv(1)
            return wrapped.session_reused, wrapped.session

    _, ticket = await asyncio.to_thread(come, None)
    assert (await asyncio.to_thread(come, ticket))[0]


def test_the_moments_of_the_authority_are_far_apart() -> None:
    assert LONG_AGO < EVENING < ENDS
