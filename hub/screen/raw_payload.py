"""A raw payload for people to read: as text where it is text, else as bytes."""

from dataclasses import dataclass

SHOWN = 8 * 1024
A_LINE = 16


@dataclass(frozen=True, slots=True)
class Payload:
    """What is shown; `cut` says that there is more."""

    text: str
    as_hex: bool
    cut: bool


def shown(payload: bytes) -> Payload:
    """Show at most 8 KiB; whatever could play tricks on the reader's screen is shown as bytes."""
    begin, cut = payload[:SHOWN], len(payload) > SHOWN
    try:
        text = begin.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        if not cut or error.start < SHOWN - 4:
            return Payload(_as_hex(begin), True, cut)
        text = begin[: error.start].decode()
    if all(one.isprintable() or one in "\n\t" for one in text):
        return Payload(text, False, cut)
    return Payload(_as_hex(begin), True, cut)


def _as_hex(payload: bytes) -> str:
    lines = (payload[at : at + A_LINE] for at in range(0, len(payload), A_LINE))
    return "\n".join(f"{number * A_LINE:04x}  {one.hex(' ')}" for number, one in enumerate(lines))


def as_text(payload: bytes) -> str:
    """Write at most 8 KiB as text in which nothing hides: NUL and broken UTF-8 can be seen."""
    return plain(payload[:SHOWN].decode("utf-8", "backslashreplace"))


def plain(said: str) -> str:
    """Write a stranger's text so that nothing in it hides, or turns the text around it."""
    return "".join(one if one.isprintable() or one in "\n\t" else _named(one) for one in said)


def _named(one: str) -> str:
    return f"\\x{ord(one):02x}" if ord(one) < 0x100 else f"\\u{ord(one):04x}"
