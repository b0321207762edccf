import pytest
from hypothesis import given
from hypothesis import strategies as some

from hub.sources.mqtt.decode import decode, next_frame, take_out_pings
from hub.sources.mqtt.encode import encode, yes
from hub.sources.mqtt.packets import Packet, Puback, Publish, Pubrec, Version
from hub.sources.mqtt.properties import PacketType, Properties, Property
from hub.sources.mqtt.reasons import Malformed, Reason
from hub.sources.mqtt.topics import is_filter, is_topic
from tests.hub.sources.golden import GOLDEN, NEW, OLD, REFUSED

texts = some.text(some.characters(exclude_characters="\0#+", exclude_categories=["Cs"]), min_size=1)


def read(data: bytes, version: Version) -> Packet:
    frame = next_frame(data, 0, len(data))
    assert frame is not None
    assert frame.end == len(data)
    return decode(frame.first, data[frame.start : frame.end], version)


@pytest.mark.parametrize(("written", "version", "packet"), GOLDEN)
def test_a_packet_of_the_specification_is_read_as_it_says(
    written: str, version: Version, packet: Packet
) -> None:
    assert read(bytes.fromhex(written), version) == packet


@pytest.mark.parametrize(("written", "version", "packet"), GOLDEN)
def test_a_packet_is_written_as_the_specification_says(
    written: str, version: Version, packet: Packet
) -> None:
    assert encode(packet, version).hex() == bytes.fromhex(written).hex()


@pytest.mark.parametrize(
    ("written", "version", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_the_specification_forbids_is_refused(
    written: str, version: Version, reason: Reason
) -> None:
    with pytest.raises(Malformed) as refused:
        read(bytes.fromhex(written), version)
    assert refused.value.reason is reason


@given(texts, some.binary(), some.sampled_from([0, 1, 2]), some.sampled_from(Version), texts)
def test_a_published_message_survives_the_wire(
    topic: str, payload: bytes, qos: int, version: Version, word: str
) -> None:
    carried = Properties({Property.CONTENT_TYPE: word}, ((word, topic), (word, topic)))
    properties = carried if version is NEW else Properties()
    packet = Publish(topic, payload, qos, 7 if qos else None, properties=properties)
    assert read(encode(packet, version), version) == packet


@pytest.mark.parametrize(("length", "size"), [(0, 1), (127, 1), (128, 2), (16384, 3), (2097152, 4)])
def test_the_length_in_front_takes_one_to_four_bytes(length: int, size: int) -> None:
    data = encode(Publish("t", bytes(max(length - 3, 0))), OLD)
    frame = next_frame(data, 0, 1 << 28)
    assert frame is not None
    assert frame.start == (size + 1 if length else 2)


def test_a_length_of_five_bytes_is_refused_before_its_end_is_there() -> None:
    with pytest.raises(Malformed):
        next_frame(bytes.fromhex("30 80 80 80 80"), 0, 1 << 28)


def test_a_packet_that_is_too_large_is_refused_at_its_header() -> None:
    with pytest.raises(Malformed) as refused:
        next_frame(bytes.fromhex("30 80 80 04"), 0, 65536)
    assert refused.value.reason is Reason.PACKET_TOO_LARGE


def test_half_a_packet_is_waited_for() -> None:
    data = encode(Publish("a/b", b"payload", 1, 1), OLD)
    assert [next_frame(data[:end], 0, 100) for end in range(len(data))] == [None] * len(data)


def test_pings_are_found_behind_other_packets() -> None:
    publish, half = encode(Publish("a/b", b"\xc0\x00", 1, 1), OLD), b"\x30\x09"
    buffer = bytearray(b"\xc0\x00" + publish + b"\xc0\x00\xc0\x00" + publish + half)
    assert take_out_pings(buffer, 100) == (3, 2 * len(publish))
    assert buffer == publish + publish + half
    buffer[-1:] = b"\x00\xc0\x00"
    assert take_out_pings(buffer, 100, 2 * len(publish)) == (1, 2 * len(publish) + 2)


def test_a_plain_yes_is_the_same_in_both_versions() -> None:
    assert yes(513, 1) == encode(Puback(513), OLD) == encode(Puback(513), NEW)
    assert yes(513, 2) == encode(Pubrec(513), OLD) == encode(Pubrec(513), NEW)


@pytest.mark.parametrize("good", ["a", "#", "+", "a/+/b", "a/#", "/", "+/+", "$share/g/a"])
def test_a_filter_may_have_whole_levels_of_wildcards(good: str) -> None:
    assert is_filter(good)


@pytest.mark.parametrize("bad", ["", "a#", "#/a", "a/b+", "a+/b"])
def test_a_wildcard_fills_its_level(bad: str) -> None:
    assert not is_filter(bad)
    assert not is_topic(bad)


def test_there_is_a_golden_packet_of_every_type_and_with_every_property() -> None:
    written = {(int(row[0][:2], 16) >> 4, row[1]) for row in GOLDEN}
    every = {(kind.value, version) for kind in PacketType if kind.value for version in Version}
    assert every - written == {(PacketType.AUTH.value, OLD)}
    carried = {which for row in GOLDEN for which in _properties_of(row[2])}
    assert carried == set(Property)


def _properties_of(packet: Packet) -> set[Property]:
    found = getattr(packet, "properties", Properties())
    will = getattr(packet, "will", None)
    every = (found, will.properties) if will is not None else (found,)
    named = {which for one in every for which in one.values}
    numbered = {Property.SUBSCRIPTION_IDENTIFIER for one in every if one.subscriptions}
    return named | numbered | {Property.USER_PROPERTY for one in every if one.user}
