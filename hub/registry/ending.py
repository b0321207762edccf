"""Ends things of the registry: they stay on record, and no longer count.

What has begun ends now; what had not begun is taken away. Who is still needed is not ended.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.registry.bringing import bring, take_away
from hub.registry.duty import CONTRACTS
from hub.registry.fields import Field, Lies, Noun
from hub.registry.nouns import (
    CLIENTS,
    CONTACTS,
    DEVICES,
    GATEWAYS,
    HOMES,
    ORGANISATIONS,
    RELATIONS,
)
from hub.registry.outcome import Outcome, Refused, Who
from hub.registry.records import Place, Record, Trouble
from hub.registry.values import at_of, said_at
from hub.store.records import Stored
from hub.store.registered import Registered

SERVING = ("care_centre", "night_partner")  # called for other organisations, named by nobody
TOLD = 5
NEEDED = (CONTACTS, HOMES, GATEWAYS)
NEEDING = (ORGANISATIONS, CLIENTS, RELATIONS, GATEWAYS, DEVICES)


class NoSuchThing(LookupError):
    """There is no such thing in this organisation's registry."""


class CannotEnd(Exception):
    """Things of this noun have no end; they can be changed."""


async def end(
    registered: Registered, noun: Noun, owner: str, name: str, who: Who, now: datetime
) -> Stored:
    """End one thing; a second time changes nothing. The thing as it is then.

    Raises NoSuchThing, CannotEnd, and Refused with who still needs it.
    """
    await registered.hold()
    key = (noun.name, "" if noun.shared else owner, name)
    stored = (await registered.things(noun, [owner], [name])).get(key)
    if stored is None:
        raise NoSuchThing(name)
    if not noun.ends and not noun.removed:
        raise CannotEnd(noun.name)
    needing = [one async for one in _needing(registered, noun, stored, now)]
    if needing:
        raise Refused(Outcome(troubles=[_needed(noun, name, needing)]))
    if noun.removed or _is_ahead(noun, stored.values, now):
        await take_away(registered, [Record(noun, key[1], stored.values)], who, now)
        return stored
    record = Record(noun, key[1], {**stored.values, **_ended(noun, stored.values, now)})
    await bring(registered, [record], who, now, _no_new, {})
    return (await registered.things(noun, [owner], [name]))[key]


def _no_new(noun: str, owner: str, name: str) -> UUID:
    raise AssertionError(name)


def _needed(noun: Noun, name: str, needing: list[str]) -> Trouble:
    told = ", ".join(needing[:TOLD]) + (", ..." if len(needing) > TOLD else "")
    problem = f"{name} is still needed by {told}"
    return Trouble(Place(column=noun.named[-1]), problem, "Change those first, then end this.")


def _edge(noun: Noun, lies: Lies) -> Field | None:
    return next((one for one in noun.fields if one.lies is lies), None)


def _is_ahead(noun: Noun, values: dict[str, Any], now: datetime) -> bool:
    begins = _edge(noun, Lies.BEGINS)
    since = None if begins is None else values[begins.name]
    return since is not None and at_of(since) >= now


def _ended(noun: Noun, values: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The fields that make it ended; none when it is already."""
    if noun.ends == "consent":
        return {"consent": False}
    ends = _edge(noun, Lies.ENDS)
    name = noun.ends if ends is None else ends.name
    if values[name] is not None and at_of(values[name]) <= now:
        return {}
    loose = {"client": None, "home": None} if noun is DEVICES else {}
    return {name: said_at(now), **loose}


async def _needing(
    registered: Registered, noun: Noun, stored: Stored, now: datetime
) -> AsyncIterator[str]:
    """Say who refers to this thing, and still counts."""
    if noun not in NEEDED:
        return
    for other, field_ in _naming(noun):
        found = await registered.things(other, naming=(field_, stored.key["id"]))
        for key, one in found.items():
            if _counts(other, one.values, now):
                yield f"{other.name} {key[2]}"
    if noun is CONTACTS and stored.values["sort"] != "person":
        async for told in _served(registered, stored, now):
            yield told


def _naming(noun: Noun) -> Iterator[tuple[Noun, Field]]:
    for other in NEEDING:
        for one in other.fields:
            if one.refers == noun.name and one.lies is Lies.REFERENCE:
                yield other, one


async def _served(registered: Registered, stored: Stored, now: datetime) -> AsyncIterator[str]:
    field_ = CONTRACTS.field("served_by")
    if stored.values["level"] in SERVING and field_ is not None and stored.organisation_id:
        found = await registered.things(CONTRACTS, naming=(field_, stored.organisation_id))
        for key, one in found.items():
            if _counts(CONTRACTS, one.values, now):
                yield f"contracts {key[1]}/{key[2]}"


def _counts(noun: Noun, values: dict[str, Any], now: datetime) -> bool:
    if noun.ends == "consent":
        return bool(values["consent"])
    ends = _edge(noun, Lies.ENDS)
    name = noun.ends if ends is None else ends.name
    until = values.get(name)
    return until is None or at_of(until) > now
