"""Reads what happens in a night and what goes wrong, made up or recorded."""

from collections.abc import Iterable
from datetime import timedelta

from simulators import night
from simulators.night import Fault, Scene, Span
from simulators.night_reader import Reading
from simulators.night_words import ABOUT_CLIENT, ABOUT_HOME, ABOUT_OTHERS, EVERYTHING, FAULTS
from simulators.night_yaml import Place
from simulators.recorded import Recorded, read_recorded


def timeline(reading: Reading) -> Iterable[Scene]:
    """What happens."""
    for number, said in enumerate(reading.data.get("timeline", ())):
        place = ("timeline", number)
        what = reading.one_of(said, place, (*ABOUT_CLIENT, *ABOUT_HOME))
        at = reading.clock(said, "at", place)
        if not what or at is None or not _happens_to(reading, what, said[what], (*place, what)):
            continue
        reading.not_over(at, (*place, "at"))
        yield Scene(
            at=at,
            what=what,
            whom=said[what],
            times=said.get("times", 1),
            every=night.length(said.get("every", "1m")),
            lasts=night.length(said.get("for", "20m")),
        )


def _happens_to(reading: Reading, what: str, whom: str, place: Place) -> bool:
    if what in ABOUT_HOME:
        return _has(
            reading, whom in reading.data["homes"], _home_smokes(reading, whom), what, whom, place
        )
    needed = ABOUT_CLIENT[what]
    devices = reading.data["clients"].get(whom, {}).get("devices", ("pendant",))
    return _has(
        reading, whom in reading.data["clients"], not needed or needed in devices, what, whom, place
    )


def _home_smokes(reading: Reading, name: str) -> bool:
    return bool(reading.data["homes"].get(name, {}).get("smoke"))


def _has(reading: Reading, there: bool, able: bool, what: str, whom: str, place: Place) -> bool:
    noun = "homes" if what in ABOUT_HOME else "clients"
    if not there:
        reading.known(noun, whom, place)
    elif not able:
        device = "smoke: true" if noun == "homes" else f"devices: [{ABOUT_CLIENT[what]}]"
        reading.wrong(place, f"{whom} has no device for {what!r}; give them `{device}`")
    return there and able


def faults(reading: Reading) -> Iterable[Fault]:
    """What goes wrong."""
    for number, said in enumerate(reading.data.get("faults", ())):
        place = ("faults", number)
        what = reading.one_of(said, place, FAULTS)
        if not what:
            continue
        whom = "" if isinstance(said[what], bool) else said[what]
        noun = ABOUT_OTHERS.get(what, "homes")
        if whom not in ("", EVERYTHING):
            reading.known(noun, whom, (*place, what))
        listening = (*reading.data.get("receivers", ()), EVERYTHING)
        if what == "receiver_fails" and whom not in listening:
            reading.wrong((*place, what), f"{whom} has no receiver; name it in `receivers`")
        during = reading.span(said, place)
        reading.not_over(during.begins, (*place, "from"))
        yield Fault(what, whom, during, said)


def unheard(reading: Reading) -> Iterable[Fault]:
    """The attempts at calling somebody that failed in a recorded night."""
    for said in reading.data.get("recorded", {}).get("unheard", ()):
        begins, ends = (reading.start + timedelta(seconds=said[one]) for one in ("from", "until"))
        yield Fault("channel_fails", said["who"], Span(begins, ends), said)


def recorded(reading: Reading) -> Recorded | None:
    """What was recorded, if anything was."""
    if not reading.is_recorded:
        return None
    if reading.data.get("timeline"):
        what = "a recorded night has no timeline of its own; leave one of the two out"
        reading.wrong(("timeline",), what)
    return read_recorded(reading.data["recorded"], reading.start)
