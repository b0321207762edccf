"""A night's region as rows, in the order in which one needs the other.

Ids follow from names, so that every rehearsal of a night has the same ones.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from hub.access.secrets import Purpose, keyed_hash
from hub.store import tables
from simulators import dispenser
from simulators.night import Agreed, Client, Night, Somebody
from simulators.night_script import sensors

REHEARSAL = uuid5(NAMESPACE_URL, "nachtwacht:rehearsal")
PEOPLE = "http://people.rehearsal/people"
RECEIVERS = "http://receivers.rehearsal"
PEPPER = b"a rehearsal keeps no secrets, so this is none"
ADAPTERS = ("native", "zigbee2mqtt", "dispenser")
REGION = "streek"
DAY = timedelta(days=1)
WEEKDAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
LONG = timedelta(days=3650)

Row = dict[str, Any]


def known(noun: str, name: str) -> UUID:
    """The id of something in a rehearsal."""
    return uuid5(REHEARSAL, f"{noun}/{name}")


def token(operator: str) -> str:
    """The API token of a pretender operator."""
    return f"token-of-{operator}"


def rows(night: Night) -> Iterator[tuple[sa.Table, list[Row]]]:
    """Every table with its rows; tables without rows are left out."""
    every = (
        (tables.organisations, _organisations(night)),
        (tables.holidays, _holidays(night)),
        (tables.regions, [_region(night)]),
        (tables.contacts, [_contact(one) for one in night.people]),
        (tables.memberships, _memberships(night)),
        (tables.absences, _absences(night)),
        (tables.turns, _turns(night)),
        (tables.service_contracts, _contracts(night)),
        (tables.homes, _homes(night)),
        (tables.clients, [_client(night, one) for one in night.clients]),
        (tables.modes, _modes(night)),
        (tables.client_contacts, _relations(night)),
        (tables.agreements, _agreements(night)),
        (tables.users, _users(night)),
        (tables.api_tokens, _tokens(night)),
        (tables.gateways, _gateways(night)),
        (tables.devices, [row for one in night.clients for row in _devices(night, one)]),
        (tables.devices, _detectors(night)),
        (tables.out_webhooks, webhooks(night)),
    )
    for table, found in every:
        if listed := list(found):
            yield table, listed


def _owned(noun: str, owner: str, name: str) -> Row:
    return {
        "id": known(noun, name),
        "organisation_id": known("organisation", owner),
        "external_id": name,
    }


def _organisations(night: Night) -> Iterator[Row]:
    for one in night.organisations:
        yield {
            "id": known("organisation", one.name),
            "external_id": one.name,
            "name": one.title,
            "sort": one.sort,
            "time_zone": night.zone.key,
            "backup_contact_id": known("contact", one.backup) if one.backup else None,
        }


def _holidays(night: Night) -> Iterator[Row]:
    for one in night.organisations:
        for day in one.holidays:
            yield {
                "organisation_id": known("organisation", one.name),
                "day": day,
                "name": "feestdag",
            }


def _contact(one: Somebody) -> Row:
    address = {"way": "webhook", "address": f"{PEOPLE}/{one.name}"}
    return _owned("contact", one.of, one.name) | {
        "sort": "person" if one.is_operator else one.sort,
        "name": one.name.title(),
        "level": one.level,
        "ways": [address] if one.has_telephone else [],
    }


def _memberships(night: Night) -> Iterator[Row]:
    for one in night.people:
        if one.member_of:
            yield {
                "organisation_id": known("organisation", one.of),
                "group_id": known("contact", one.member_of),
                "person_id": known("contact", one.name),
            }


def _absences(night: Night) -> Iterator[Row]:
    for one in night.people:
        if one.absent:
            yield {
                "id": known("absence", one.name),
                "organisation_id": known("organisation", one.of),
                "contact_id": known("contact", one.name),
                "during": Range(night.start - DAY, night.end + DAY),
                "reason": "afwezig",
            }


def _region(night: Night) -> Row:
    return {
        "id": known("region", REGION),
        "external_id": REGION,
        "name": REGION,
        "service_hour": night.service_hour,
    }


def _turns(night: Night) -> Iterator[Row]:
    for number, one in enumerate(night.turns):
        yield {
            "id": known("turn", str(number)),
            "region_id": known("region", REGION),
            "partner_id": known("organisation", one.partner),
            "during": Range(one.during.begins, one.during.ends),
        }


def _contracts(night: Night) -> Iterator[Row]:
    providers = [one.name for one in night.organisations if one.sort == "provider"]
    for provider in providers:
        for other in night.organisations:
            if other.sort == "provider":
                continue
            yield {
                "id": known("contract", f"{provider}/{other.name}"),
                "organisation_id": known("organisation", provider),
                "served_by_id": known("organisation", other.name),
                "region_id": known("region", REGION) if other.sort == "partner" else None,
                "role": other.sort,
                "valid": Range(night.start - LONG, night.end + LONG),
            }


def _homes(night: Night) -> Iterator[Row]:
    for one in night.homes:
        yield _owned("home", one.of, one.name) | {
            "region_id": known("region", REGION),
            "street": "Verzonnen straat",
            "place": "Nergenshuizen",
            "living_form": one.living,
        }


def _client(night: Night, one: Client) -> Row:
    return _owned("client", night.home(one.home).of, one.name) | {
        "home_id": known("home", one.home),
        "team_id": known("contact", one.team),
        "name": f"{one.name.title()} {SURNAME}",
        "options": {
            "out_of_bed_minutes": one.out_of_bed.total_seconds() / 60,
            "time_critical_medicines": one.dose_matters,
            **one.options,
        },
        "care_ended_at": night.start - DAY if one.care_ended else None,
    }


def _modes(night: Night) -> Iterator[Row]:
    for one in night.clients:
        if one.mode:
            yield {
                "id": known("mode", one.name),
                "organisation_id": known("organisation", night.home(one.home).of),
                "client_id": known("client", one.name),
                "mode": one.mode,
                "begins_at": night.start - DAY,
                "ends_at": night.end + DAY,
                "set_at": night.start - DAY,
            }


SURNAME = "van Verzonnen"


def private(night: Night) -> tuple[str, ...]:
    """The names and addresses that no message to a telephone may contain."""
    clients = (one.name for one in night.clients)
    homes = (one.name for one in night.homes)
    return (SURNAME, "Verzonnen straat", "Nergenshuizen", *clients, *homes)


def _relations(night: Night) -> Iterator[Row]:
    for one in night.clients:
        for position, (contact, consent) in enumerate(one.caregivers, start=1):
            yield {
                "organisation_id": known("organisation", night.home(one.home).of),
                "client_id": known("client", one.name),
                "contact_id": known("contact", contact),
                "relation": "mantelzorger",
                "position": position,
                "consent": consent,
            }


def _agreements(night: Night) -> Iterator[Row]:
    for one in night.clients:
        for number, agreed in enumerate(one.plan, start=1):
            owner = night.home(one.home).of
            yield _owned("agreement", owner, f"{one.name}-{number}") | {
                "client_id": known("client", one.name),
                "name": f"{one.name} {number}",
                "body": _body(agreed),
                "valid": Range(night.start - LONG, night.end + LONG),
            }


def _body(agreed: Agreed) -> Row:
    steps = [
        {"level": one.level, "wait": one.wait.total_seconds(), "needed": one.needed}
        for one in agreed.steps
    ]
    body: Row = {"kinds": list(agreed.kinds), "steps": steps}
    if agreed.begins and agreed.ends:
        body["window"] = _window(agreed)
    if agreed.priority:
        body["overrides"] = [{"kind": one, "priority": agreed.priority} for one in agreed.kinds]
    return body


def _window(agreed: Agreed) -> Row:
    window: Row = {"begins": _seconds(agreed.begins), "ends": _seconds(agreed.ends)}
    if agreed.days:
        window["weekdays"] = [WEEKDAYS.index(one) for one in agreed.days]
    return window | ({"holidays": agreed.holidays} if agreed.holidays else {})


def _seconds(wall: str) -> float:
    hours, minutes = wall.split(":")
    return int(hours) * 3600.0 + int(minutes) * 60.0


def _users(night: Night) -> Iterator[Row]:
    for one in night.people:
        if one.is_operator:
            yield _owned("user", one.of, one.name) | {
                "login": one.name,
                "password_hash": "",
                "role": "operator",
                "contact_id": known("contact", one.name),
            }


def _tokens(night: Night) -> Iterator[Row]:
    for one in night.people:
        if one.is_operator:
            yield _owned("token", one.of, one.name) | {
                "token_hash": keyed_hash(PEPPER, Purpose.API_TOKEN, token(one.name)),
                "user_id": known("user", one.name),
            }


def _gateways(night: Night) -> Iterator[Row]:
    for one in night.homes:
        yield _owned("gateway", one.of, one.name) | {
            "secret_hash": b"",
            "adapters": list(ADAPTERS),
            "home_id": known("home", one.name),
        }


def webhooks(night: Night) -> Iterator[Row]:
    """The webhook of every receiver, named after its organisation."""
    for one in night.receivers:
        yield _owned("webhook", one, one) | {
            "url": f"{RECEIVERS}/{one}",
            "types": [],
            "created_at": night.start,
        }


def _devices(night: Night, one: Client) -> Iterator[Row]:
    owner = night.home(one.home).of
    for role in ("pendant", "dispenser", "tracker"):
        if role in one.devices:
            yield _device(
                owner, one.home, "native", f"{role}-{one.name}", role, client=one.name
            ) | {"expected_interval": one.heard_every}
    if "doses" in one.devices:
        yield _device(
            owner, one.home, "dispenser", dispenser.topic(one.name), "dispenser", client=one.name
        )
    if "sensors" not in one.devices:
        return
    home = sensors(night, one)
    for key, role, room in (
        (home.bed, "bed", "slaapkamer"),
        (home.door, "outside_door", "hal"),
        (home.bedroom, "motion", "slaapkamer"),
        (home.bathroom, "motion", "badkamer"),
        (home.living, "motion", "woonkamer"),
    ):
        yield _device(owner, one.home, "zigbee2mqtt", key, role, client=one.name, room=room)


def _detectors(night: Night) -> Iterator[Row]:
    for one in night.homes:
        if one.smoke:
            yield _device(one.of, one.name, "zigbee2mqtt", f"{one.name}-rook", "smoke")


def _device(
    owner: str, home: str, adapter: str, key: str, role: str, *, client: str = "", room: str = ""
) -> Row:
    return _owned("device", owner, key) | {
        "gateway_id": known("gateway", home),
        "adapter": adapter,
        "key": key,
        "client_id": known("client", client) if client else None,
        "home_id": None if client else known("home", home),
        "name": key,
        "role": role,
        "room": room,
        "expected_interval": None,
    }
