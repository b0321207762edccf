"""Each line of an alert's account as a Dutch sentence.

A line nobody wrote a sentence for is shown as it was stored: never an error, never a hole.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from hub.store.alert_page import JournalLine
from hub.store.names import Named
from hub.words.kinds import (
    KINDS,
    LEVELS,
    OUTCOMES,
    PARTS,
    PRIORITIES,
    SERVICES,
    SKIPPED,
    WAYS,
    word,
)
from hub.words.texts import text

Facts = Mapping[str, Any]
Who = Mapping[UUID, Named]


@dataclass(frozen=True, slots=True)
class Told:
    """One line to show: who (bold, may be empty), what, the icon's name, and a small note."""

    who: str
    what: str
    icon: str
    note: str = ""
    strong: bool = False


ICONS: Mapping[str, str] = {
    "opened": "bell",
    "claimed": "headset",
    "accepted": "car",
    "person_named": "car",
    "arrived": "house",
    "resolved": "check",
    "outside": "phone",
    "disclosed": "info",
    "warn": "phone",
    "attempt": "message",
    "due": "clock",
    "stuck": "warn",
    "informed": "message",
    "ring": "sound",
    "repeated": "bell",
    "raised": "bell",
    "withdrawn": "bell",
}
STRONG = frozenset(
    {"opened", "claimed", "accepted", "arrived", "resolved", "raised", "taken_over", "disclosed"}
)


def told(line: JournalLine, who: Who) -> Told:
    """Turn one stored line into a sentence with the names of the people in it."""
    facts = line.facts
    what = _ineffective(line.what, facts) or _sentence(line.what, facts, who)
    note = ""
    if line.entered_by_id is not None and line.entered_by_id != line.actor_id:
        note = text("entered_by", who=_name(who, line.entered_by_id))
    actor = _name(who, line.actor_id) if line.actor_id is not None else ""
    return Told(actor, what, ICONS.get(line.what, "dot"), note, line.what in STRONG)


def shown(lines: Sequence[JournalLine]) -> Sequence[JournalLine]:
    """Leave out what says nothing new: a note that echoes its trigger, an idle look."""
    told_by_triggers = {line.what for line in lines}
    return [line for line in lines if not _is_echo(line, told_by_triggers)]


def _is_echo(line: JournalLine, told_by_triggers: set[str]) -> bool:
    if line.what == "due":
        return line.facts.get("verdict") == "no_change"
    return line.what == "note" and line.facts.get("what") in told_by_triggers


def _sentence(what: str, facts: Facts, who: Who) -> str:
    write = SENTENCES.get(what)
    return write(facts, who) if write is not None else _raw(what, facts)


def _ineffective(what: str, facts: Facts) -> str:
    """Say that a press counted for nothing, and why; empty when it did count."""
    why = NOT_COUNTED.get(str(facts.get("verdict", "")), "")
    return f"“{PRESSED[what]}” telde niet: {why}." if why and what in PRESSED else ""


PRESSED: Mapping[str, str] = {
    "claimed": "Oppakken",
    "accepted": "Ik ga",
    "arrived": "Ter plaatse",
    "extended": "Meer tijd",
    "released": "Teruggeven",
    "declined": "Ik kan niet",
    "deferred": "Hierna",
    "handed_over": "Overdragen",
    "taken_over": "Overnemen",
    "person_named": "Wie gaat er",
    "forwarded": "Doorzetten",
    "all_well": "Alles goed",
    "resolved": "Afhandelen",
}
NOT_COUNTED: Mapping[str, str] = {
    "no_change": "het was al zo, of niemand heeft de melding",
    "taken": "iemand anders had deze al",
    "already_resolved": "de melding was al afgerond",
    "not_yours": "deze persoon is hier niet voor opgeroepen",
    "not_allowed": "dat mag bij deze melding niet",
}


def _raw(what: str, facts: Facts) -> str:
    plain = ", ".join(f"{key}: {value}" for key, value in facts.items() if _is_plain(value))
    return f"{what.replace('_', ' ')} ({plain})" if plain else what.replace("_", " ")


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""


def _name(who: Who, contact_id: UUID | None) -> str:
    known = who.get(contact_id) if contact_id is not None else None
    return known.name if known is not None else "onbekend"


def _id(value: Any) -> UUID | None:
    if isinstance(value, dict):
        value = value.get("id")
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _contact(facts: Facts) -> UUID | None:
    return _id(facts.get("contact")) or _id(facts.get("contact_id"))


def _minutes(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(timedelta(seconds=value).total_seconds() / 60)


def _with(beginning: str, said: Any) -> str:
    if not isinstance(said, str) or not said:
        return f"{beginning}."
    return f"{beginning}: {said}" if said.endswith((".", "!", "?")) else f"{beginning}: {said}."


def _opened(facts: Facts, _who: Who) -> str:
    kind = word(KINDS, str(facts.get("kind", "")))
    urgency = word(PRIORITIES, str(facts.get("priority", ""))).lower()
    return f"Melding geopend: {kind.lower()}" + (f", {urgency}." if urgency else ".")


def _accepted(facts: Facts, _who: Who) -> str:
    eta = _minutes(facts.get("eta"))
    return f"komt eraan, over {eta} minuten." if eta is not None else "komt eraan."


def _extended(facts: Facts, _who: Who) -> str:
    more = _minutes(facts.get("more"))
    return f"heeft {more} minuten langer nodig." if more is not None else "heeft meer tijd nodig."


def _deferred(facts: Facts, _who: Who) -> str:
    after = _minutes(facts.get("after"))
    return f"komt hierna, over {after} minuten." if after is not None else "komt hierna."


def _handed_over(facts: Facts, who: Who) -> str:
    return f"draagt over aan {_name(who, _id(facts.get('to')))}, als die het aanneemt."


def _person_named(facts: Facts, who: Who) -> str:
    return f"laat weten wie gaat: {_name(who, _id(facts.get('person')))}."


def _unreachable(facts: Facts, who: Who) -> str:
    way = word(WAYS, str(facts.get("way", "")))
    return _with(f"{_name(who, _contact(facts))} niet bereikt ({way})", facts.get("reason"))


def _repeated(facts: Facts, _who: Who) -> str:
    return f"Nog een keer: {word(KINDS, str(facts.get('kind', ''))).lower()}."


def _raised(facts: Facts, _who: Who) -> str:
    urgency = word(PRIORITIES, str(facts.get("priority", ""))).lower()
    return f"Erger geworden: {word(KINDS, str(facts.get('kind', ''))).lower()}, nu {urgency}."


def _withdrawn(facts: Facts, _who: Who) -> str:
    return f"Apparaat meldt: {word(KINDS, str(facts.get('kind', ''))).lower()}."


def _outside(facts: Facts, _who: Who) -> str:
    service = word(SERVICES, str(facts.get("service", "")))
    return _with(f"heeft {service} gebeld", facts.get("result"))


def _resolved(facts: Facts, _who: Who) -> str:
    ending = word(OUTCOMES, str(facts.get("outcome", ""))).lower()
    return _with(f"rondt de melding af, {ending}", facts.get("note"))


def _warn(facts: Facts, who: Who) -> str:
    ways = facts.get("ways")
    how = " en ".join(word(WAYS, str(way)) for way in ways) if isinstance(ways, list) else ""
    return f"{_name(who, _contact(facts))} {_called(facts)}" + (f" ({how})." if how else ".")


def _called(facts: Facts) -> str:
    asked = {
        "still_coming": "krijgt de vraag: nog onderweg?",
        "who_goes": "krijgt de vraag: wie gaat er?",
        "are_you_safe": "krijgt de vraag: gaat alles goed?",
        "offer": "krijgt de vraag: neem je het over?",
        "again": "opnieuw opgeroepen",
        "repeat": "opnieuw opgeroepen",
        "repeated": "opnieuw opgeroepen",
        "backup": "opgeroepen als achterwacht",
    }
    return asked.get(str(facts.get("why", "")), "opgeroepen")


def _stand_down(facts: Facts, who: Who) -> str:
    return f"{_name(who, _contact(facts))} hoeft niet meer te komen."


def _tell(facts: Facts, who: Who) -> str:
    said = {
        "ended": "hoort hoe het afliep",
        "taken_over": "hoort dat het is overgenomen",
        "outranked": "hoort dat er al iemand ter plaatse is",
        "handed_over": "hoort dat de ander het heeft aangenomen",
        "offer_declined": "hoort dat de ander het niet aanneemt",
        "named": "hoort: jij gaat",
        "still_coming": "krijgt de vraag: nog onderweg?",
        "who_goes": "krijgt de vraag: wie gaat er?",
        "are_you_safe": "krijgt de vraag: gaat alles goed?",
        "offer": "krijgt de vraag: neem je het over?",
    }.get(str(facts.get("what", "")), "krijgt bericht")
    return f"{_name(who, _contact(facts))} {said}."


def _ring(facts: Facts, who: Who) -> str:
    if (operator := _id(facts.get("operator_id"))) is not None:
        return f"Geluid bij {_name(who, operator)}."
    return {
        "served": "Geluid op de bezette werkplekken van de zorgcentrale.",
        "all": "Geluid op alle werkplekken van de zorgcentrale.",
        "all_and_phone": "Geluid op alle werkplekken en op de noodtelefoon.",
    }.get(str(facts.get("scope", "")), "Geluid bij de zorgcentrale.")


def _skip(facts: Facts, who: Who) -> str:
    level = word(LEVELS, str(facts.get("level", "")))
    listed = facts.get("skipped")
    skipped = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    reasons = ", ".join(_skipped(one, who) for one in skipped)
    return f"{level} overgeslagen: {reasons}." if reasons else f"{level} overgeslagen."


def _skipped(one: Facts, who: Who) -> str:
    reason = word(SKIPPED, str(one.get("reason", "")))
    contact_id = _contact(one)
    return f"{_name(who, contact_id)} ({reason})" if contact_id is not None else reason


NOTES: Mapping[str, str] = {
    "custody_lost": "{who} heeft de melding niet meer: geen bericht op tijd.",
    "watch_ended": "{who} heeft deze melding niet meer in beeld.",
    "no_reaction": "{who} reageert niet. Denk aan de veiligheid van deze medewerker.",
    "promised": "{who} komt hierna. De zorgcentrale beslist.",
    "unreachable": "{who} is niet bereikt.",
    "outside": "Hulp van buiten is gebeld.",
    "not_yours": "{who} mag hier niet op antwoorden.",
    "not_allowed": "Dat mocht {who} hier niet.",
    "resolved": "Melding afgerond.",
    "queued": "Op de lijst Techniek gezet, zonder geluid.",
    "reminder": "Staat nog open op de lijst Techniek.",
    "restored": "Het apparaat doet het weer.",
    "withdrawn": "Het apparaat trekt de melding in. Iemand moet dit nog controleren.",
    "raised": "De melding is urgenter geworden.",
    "all_well": "{who} belde zelf: alles goed.",
}
CODED = frozenset({"custody_lost", "resolved", "not_allowed", "raised", "withdrawn"})


def _note(facts: Facts, who: Who) -> str:
    what = str(facts.get("what", ""))
    name = _name(who, _contact(facts)) if _contact(facts) is not None else "iemand"
    begin = NOTES[what].format(who=name) if what in NOTES else f"{what.replace('_', ' ')}."
    detail = "" if what in CODED else facts.get("detail")
    return f"{begin} {detail}" if isinstance(detail, str) and detail else begin


def _attempt(facts: Facts, who: Who) -> str:
    way = word(WAYS, str(facts.get("way", "")))
    state = str(facts.get("state", facts.get("verdict", "")))
    became = {
        "sent": "is aangekomen",
        "taken": "is aangekomen",
        "refused": "is geweigerd",
        "given_up": "is niet gelukt",
        "try_again": "lukte niet, wordt opnieuw geprobeerd",
        "waiting": "lukte niet, wordt opnieuw geprobeerd",
    }.get(state, state.replace("_", " ") or "geprobeerd")
    said = f"{way.capitalize()} naar {_name(who, _contact(facts))} {became}"
    return f"{said}." if state in ("sent", "taken") else _with(said, facts.get("reason"))


def _disclosed(facts: Facts, _who: Who) -> str:
    said = facts.get("parts")
    parts = [word(PARTS, str(one)) for one in said] if isinstance(said, list) else []
    seen = f"ziet in, buiten de overeenkomst ({', '.join(parts)})"
    return _with(seen, facts.get("reason"))


def _informed(facts: Facts, who: Who) -> str:
    name = _name(who, _contact(facts))
    if not facts.get("reached"):
        return f"{name} zou achteraf bericht krijgen, maar er is geen nummer of adres bekend."
    return f"{name} krijgt achteraf bericht, zoals afgesproken."


SENTENCES: Mapping[str, Callable[[Facts, Who], str]] = {
    "opened": _opened,
    "due": lambda _facts, _who: "De wachttijd is voorbij.",
    "claimed": lambda _facts, _who: "pakt de melding op. Geluid uit.",
    "accepted": _accepted,
    "arrived": lambda _facts, _who: "is ter plaatse.",
    "extended": _extended,
    "released": lambda facts, _who: _with("geeft de melding terug", facts.get("reason")),
    "declined": lambda facts, _who: _with("kan niet", facts.get("reason")),
    "deferred": _deferred,
    "handed_over": _handed_over,
    "taken_over": lambda facts, _who: _with("neemt over", facts.get("reason")),
    "person_named": _person_named,
    "unreachable": _unreachable,
    "repeated": _repeated,
    "raised": _raised,
    "withdrawn": _withdrawn,
    "out_of_use": lambda _facts, _who: (
        "Niet weer gehoord: het hoeft zich volgens de registratie niet meer te melden."
    ),
    "forwarded": lambda _facts, _who: "zet de melding door.",
    "all_well": lambda _facts, _who: "heeft zelf gebeld: alles goed.",
    "outside": _outside,
    "resolved": _resolved,
    "warn": _warn,
    "stand_down": _stand_down,
    "tell": _tell,
    "informed": _informed,
    "ring": _ring,
    "skip": _skip,
    "note": _note,
    "attempt": _attempt,
    "disclosed": _disclosed,
    "stuck": lambda _facts, _who: "Kan niet zelf verder: de zorgcentrale wordt gebeld.",
}
