"""The few field types MQTT is made of (MQTT 5.0, section 1.5), read strictly and written."""

from hub.sources.mqtt.reasons import Malformed

MOST_VARIABLE = 268_435_455


class Reader:
    """Reads fields from one packet's body; Malformed where the bytes end too soon."""

    __slots__ = ("at", "body", "end")

    def __init__(self, body: bytes) -> None:
        self.body, self.at, self.end = body, 0, len(body)

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        start, after = self.at, self.at + count
        if after > self.end:
            raise Malformed
        self.at = after
        return self.body[start:after]

    def byte(self) -> int:
        """One byte."""
        if self.at >= self.end:
            raise Malformed
        self.at += 1
        return self.body[self.at - 1]

    def flag(self) -> int:
        """One byte that may only be 0 or 1."""
        value = self.byte()
        if value > 1:
            raise Malformed
        return value

    def short(self) -> int:
        """Two bytes, high one first."""
        return int.from_bytes(self.take(2), "big")

    def long(self) -> int:
        """Four bytes, highest first."""
        return int.from_bytes(self.take(4), "big")

    def variable(self) -> int:
        """A variable byte integer of one to four bytes, in its shortest form only."""
        value = shift = 0
        while True:
            digit = self.byte()
            value |= (digit & 0x7F) << shift
            if digit < 0x80:
                if digit == 0 and shift:
                    raise Malformed
                return value
            shift += 7
            if shift > 21:
                raise Malformed

    def data(self) -> bytes:
        """Binary data behind its two-byte length."""
        return self.take(self.short())

    def text(self) -> str:
        """UTF-8 behind its two-byte length; no surrogates, no NUL."""
        try:
            text = self.data().decode()
        except UnicodeDecodeError as error:
            raise Malformed from error
        if "\0" in text:
            raise Malformed
        return text

    def packet_id(self) -> int:
        """A packet identifier; never zero."""
        packet_id = self.short()
        if packet_id == 0:
            raise Malformed
        return packet_id

    def rest(self) -> bytes:
        """Everything that is left."""
        return self.take(self.end - self.at)

    def part(self, count: int) -> "Reader":
        """A reader over just the next `count` bytes."""
        return Reader(self.take(count))

    def more(self) -> bool:
        """Whether anything is left."""
        return self.at < self.end

    def finish(self) -> None:
        """Malformed when bytes are left over."""
        if self.at != self.end:
            raise Malformed


def short(value: int) -> bytes:
    """Two bytes, high one first."""
    return value.to_bytes(2, "big")


def variable(value: int) -> bytes:
    """A variable byte integer in its shortest form."""
    if not 0 <= value <= MOST_VARIABLE:
        raise ValueError("a variable byte integer holds at most 268,435,455")
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def data(value: bytes) -> bytes:
    """Binary data behind its length; ValueError past 65,535 bytes."""
    if len(value) > 0xFFFF:
        raise ValueError("a field holds at most 65,535 bytes")
    return short(len(value)) + value


def text(value: str) -> bytes:
    """UTF-8 behind its length."""
    return data(value.encode())
