"""A message on its way, for those who connect devices: what came of it, why, and what to do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from adapters.contract import Decoded, Edge, Ignored, Level, Outcome, Reading, Rejected
from hub.decoders.redecoding import Again
from hub.store.inspection import Followed
from hub.words.advice import advice
from hub.words.kinds import KINDS, word

OUTCOMES: Mapping[str, str] = {
    "decoded": "vertaald",
    "ignored": "genegeerd",
    "rejected": "onleesbaar",
    "quarantined": "apart gezet",
    "refused": "geweigerd",
}
TONES: Mapping[str, str] = {"decoded": "ok", "ignored": "", "quarantined": "bad"}
RUNS: Mapping[str, str] = {
    "mapping": "een vertaaltabel, in de hub zelf",
    "ours": "van Nachtwacht, in de hub zelf",
    "workers": "van een ander, in eigen werkers",
}
WHY_NOT: Mapping[str, str] = {
    "refused": "Dit bericht is geweigerd voordat een adapter het zag.",
    "off": "Deze adapter staat op deze hub niet aan, dus opnieuw vertalen gaat niet."
    " Zet hem aan in NACHTWACHT_ADAPTERS.",
    "too_large": "Het bericht was te groot. Alleen het begin is bewaard, dus opnieuw vertalen gaat"
    " niet.",
    "elsewhere": "Deze hub kan nu niet opnieuw vertalen.",
}
STRANGER = (
    "Dit apparaat staat nergens ingeschreven. Schrijf het in bij een cliënt of woning, met dit"
    " nummer. Roept het om hulp, dan gaat dat naar de zorgcentrale."
)


@dataclass(frozen=True, slots=True)
class Read:
    """One reading as a line: the channel or kind, what it says, and what belongs to it."""

    what: str
    says: str
    more: str


def short(message: Followed) -> str:
    """What became of a message, in a line of a list; empty where it changed nothing."""
    kinds = ", ".join(dict.fromkeys(word(KINDS, one.kind) for one in message.became))
    if message.outcome in ("rejected", "quarantined", "refused"):
        return message.reason or advice(message.outcome, message.reason)
    if message.reason == "unknown_device":
        return f"{kinds}. Onbekend apparaat" if kinds else "Onbekend apparaat"
    return kinds or message.reason


def explained(
    message: Followed, again: Again, copy_of: UUID | None, held: datetime | None
) -> tuple[str, ...]:
    """Say in sentences why a message ended as it did, and what to do; never empty."""
    return tuple(_sentences(message, again, copy_of, held))


def _sentences(
    message: Followed, again: Again, copy_of: UUID | None, held: datetime | None
) -> Iterator[str]:
    if message.outcome in ("rejected", "quarantined", "refused"):
        yield advice(message.outcome, message.reason)
        return
    if message.outcome == "ignored":
        yield "De adapter kent dit bericht en doet er niets mee. Alleen als je er iets van"
        yield "verwachtte, is er werk: kijk in de uitleg van de adapter."
        return
    if message.reason == "unknown_device":
        yield STRANGER
    if message.became:
        yield from _of_events(message)
    elif copy_of is not None:
        yield "Een kopie: hetzelfde bericht kwam al eerder. Het telt één keer, dus hier gebeurde"
        yield "niets meer."
    elif held is not None:
        yield "Dit wacht: het telt pas als het lang genoeg duurt."
    else:
        yield _of_nothing(again)


def _of_events(message: Followed) -> Iterator[str]:
    if any(one.opened for one in message.became):
        yield "Hiermee begon een melding."
    elif any(one.alert_id is not None for one in message.became):
        yield "Dit hoort bij een melding die al liep."
    else:
        yield "Dit staat in de geschiedenis en belt niemand: zo is het afgesproken voor deze"
        yield "soort, of het was vandaag al gemeld."
    if any(one.late for one in message.became):
        yield "Het kwam laat binnen, of het was oud toen het kwam."


def _of_nothing(again: Again) -> str:
    if isinstance(again.outcome, Decoded) and not again.outcome.readings:
        return "Een levensteken: het apparaat is er, en zegt verder niets."
    return "Er veranderde niets: het apparaat zegt wat al bekend was."


def readings(outcome: Outcome | None) -> tuple[Read, ...]:
    """Show what an adapter makes of a message, a line for each reading."""
    if not isinstance(outcome, Decoded):
        return ()
    return tuple(map(_read, outcome.readings))


def _read(reading: Reading) -> Read:
    more = ", ".join(f"{name}={value}" for name, value in _beside(reading))
    match reading:
        case Level():
            kind = "" if reading.kind is None else f" ({reading.kind.value})"
            return Read(f"{reading.channel.value}{kind}", "aan" if reading.active else "uit", more)
        case Edge():
            says = "ingetrokken" if reading.withdraws else "gebeurde"
            return Read(reading.kind.value, says, more)


def _beside(reading: Reading) -> Iterator[tuple[str, str]]:
    yield from ((name, str(value)) for name, value in reading.value.items())
    if reading.occurred_at is not None:
        yield "occurred_at", reading.occurred_at.isoformat()
    if reading.key is not None:
        yield "key", reading.key.value
    if reading.counter is not None:
        yield "counter", f"{reading.counter.series}/{reading.counter.number}"
    if (place := reading.position) is not None:
        yield "position", f"{place.lat} {place.lon} ±{place.accuracy_m:g} m"
    if isinstance(reading, Edge) and reading.correlation_key:
        yield "correlation_key", reading.correlation_key
    if reading.test:
        yield "test", "ja"


def said_now(again: Again) -> str:
    """How a message ends when it is read now: a word and the reason; why it is not, otherwise."""
    match again.outcome:
        case None:
            return WHY_NOT[again.why_not]
        case Decoded():
            return OUTCOMES["decoded"]
        case Ignored(reason=reason):
            return f"{OUTCOMES['ignored']}: {reason}"
        case Rejected(code=code, detail=detail):
            return f"{OUTCOMES['rejected']}: {code}: {detail}"


def differs(message: Followed, again: Again) -> bool:
    """Whether reading a message now ends otherwise than it did when it came."""
    match again.outcome:
        case None:
            return False
        case Decoded():
            return message.outcome != "decoded"
        case Ignored():
            return message.outcome != "ignored"
        case Rejected():
            return message.outcome not in ("rejected", "quarantined")
