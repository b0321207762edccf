"""The demo region as rows, in the order in which one needs the other.

Ids follow from external ids, so that every demo has the same ones.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from hub.demo import region
from hub.demo.agreements import agreed_with
from hub.store import tables
from hub.store.values import encode

DEMO = uuid5(NAMESPACE_URL, "nachtwacht:demo")
LONG = timedelta(days=3_650)
TOKENS = {"script": "proef", "pretender": "robin"}  # what a token is for: whose it is

OWN_COLUMNS = ("id", "name", "valid_from", "valid_until")  # of an agreement, not in its body

Row = dict[str, Any]


def known(noun: str, name: str) -> UUID:
    """The id of something in the demo region."""
    return uuid5(DEMO, f"{noun}/{name}")


def region_rows(people_url: str, now: datetime) -> Iterator[tuple[sa.Table, list[Row]]]:
    """Every table with its rows; hashes are still empty, so nobody can come in yet."""
    long = Range(now - timedelta(days=30), now + LONG)
    yield tables.organisations, list(_organisations())
    yield (
        tables.regions,
        [
            {
                "id": known("region", region.REGION[0]),
                "external_id": region.REGION[0],
                "name": region.REGION[1],
            }
        ],
    )
    yield (
        tables.region_members,
        [
            {"region_id": _the_region(), "organisation_id": _organisation(one)}
            for one in (*region.PROVIDERS, region.PARTNER)
        ],
    )
    yield tables.contacts, [_contact(one, people_url) for one in region.SOMEBODIES]
    yield tables.memberships, list(_memberships())
    yield tables.absences, [_away(now)]
    yield (
        tables.turns,
        [
            {
                "id": known("turn", "first"),
                "region_id": _the_region(),
                "partner_id": _organisation(region.PARTNER),
                "during": long,
            }
        ],
    )
    yield tables.service_contracts, list(_contracts(long))
    yield tables.homes, [_home(one) for one in region.HOUSES]
    yield tables.clients, [_client(one) for one in region.RESIDENTS]
    yield tables.client_contacts, list(_relations())
    yield tables.agreements, list(_agreements(long))
    yield tables.users, [_user(one) for one in region.ACCOUNTS]
    yield tables.api_tokens, [_token(purpose, login) for purpose, login in TOKENS.items()]
    yield tables.gateways, [_gateway(owner, name) for owner, name in region.GATEWAYS]
    yield tables.devices, [_device(one) for one in region.SENSORS]


def _organisation(name: str) -> UUID:
    return known("organisation", name)


def _the_region() -> UUID:
    return known("region", region.REGION[0])


def _organisations() -> Iterator[Row]:
    for external_id, (name, sort) in region.ORGANISATIONS.items():
        backup = region.BACKUPS.get(external_id)
        yield {
            "id": _organisation(external_id),
            "external_id": external_id,
            "name": name,
            "sort": sort,
            "time_zone": region.TIME_ZONE,
            "backup_contact_id": known("contact", backup) if backup else None,
        }


def _contact(one: region.Somebody, people_url: str) -> Row:
    number = region.SOMEBODIES.index(one) + 1
    return _owned("contact", one.owner, one.id) | {
        "sort": one.sort,
        "name": one.name,
        "level": one.level,
        "ways": ways(one, people_url),
        "phone": f"06 00 00 01 {number:02d}",  # no number of this range is in use
    }


def ways(one: region.Somebody, people_url: str) -> list[dict[str, str]]:
    """How the hub reaches somebody: by a webhook that pretends to be their telephone."""
    return [{"way": "webhook", "address": f"{people_url}/{one.id}"}] if one.called else []


def _memberships() -> Iterator[Row]:
    for one in region.SOMEBODIES:
        if one.member_of:
            yield {
                "organisation_id": _organisation(one.owner),
                "group_id": known("contact", one.member_of),
                "person_id": known("contact", one.id),
            }


def _away(now: datetime) -> Row:
    owner, name, reason = region.AWAY
    return {
        "id": known("absence", name),
        "organisation_id": _organisation(owner),
        "contact_id": known("contact", name),
        "during": Range(now - timedelta(days=2), now + timedelta(days=12)),
        "reason": reason,
    }


def _contracts(valid: Range[datetime]) -> Iterator[Row]:
    for provider in region.PROVIDERS:
        for served_by, role in ((region.CENTRE, "centre"), (region.PARTNER, "partner")):
            yield {
                "id": known("contract", f"{provider}/{served_by}"),
                "organisation_id": _organisation(provider),
                "served_by_id": _organisation(served_by),
                "region_id": _the_region() if role == "partner" else None,
                "role": role,
                "valid": valid,
                "response_target": timedelta(minutes=30 if role == "partner" else 1),
            }


def _home(one: region.House) -> Row:
    return _owned("home", one.owner, one.id) | {
        "region_id": _the_region(),
        "street": one.street,
        "place": one.place,
        "living_form": one.living_form,
    }


def _owner_of(home: str) -> str:
    return next(one.owner for one in region.HOUSES if one.id == home)


def _client(one: region.Resident) -> Row:
    owner = _owner_of(one.home)
    return _owned("client", owner, one.id) | {
        "home_id": known("home", one.home),
        "team_id": known("contact", region.TEAMS[owner]),
        "name": one.name,
        "birth_date": one.born,
        "instructions": one.instructions,
        "options": {
            "out_of_bed_minutes": 15 if one.dementia else 20,
            "time_critical_medicines": one.dose_matters,
        },
    }


def _relations() -> Iterator[Row]:
    for one in region.RESIDENTS:
        for position, (contact, relation) in enumerate(one.caregivers, start=1):
            yield {
                "organisation_id": _organisation(_owner_of(one.home)),
                "client_id": known("client", one.id),
                "contact_id": known("contact", contact),
                "relation": relation,
                "position": position,
                "consent": (one.id, contact) != region.WITHOUT_CONSENT,
            }


def _agreements(valid: Range[datetime]) -> Iterator[Row]:
    for one in region.RESIDENTS:
        for number, agreement in enumerate(agreed_with(one), start=1):
            name = f"{one.id}/{number}"
            body = {
                key: value for key, value in encode(agreement).items() if key not in OWN_COLUMNS
            }
            yield _owned("agreement", _owner_of(one.home), name) | {
                "client_id": known("client", one.id),
                "name": agreement.name,
                "body": body,
                "valid": valid,
            }


def _user(one: region.Account) -> Row:
    return _owned("user", one.owner, one.login) | {
        "login": one.login,
        "password_hash": "",
        "role": one.role,
        "contact_id": known("contact", one.contact),
    }


def _token(purpose: str, login: str) -> Row:
    owner = next(one.owner for one in region.ACCOUNTS if one.login == login)
    unset = known("unset", purpose).bytes
    return _owned("token", owner, purpose) | {"token_hash": unset, "user_id": known("user", login)}


def _gateway(owner: str, name: str) -> Row:
    return {
        "id": known("gateway", f"{owner}/{name}"),
        "organisation_id": _organisation(owner),
        "external_id": name,
        "secret_hash": b"",
        "adapters": list(region.ADAPTERS),
    }


def _device(one: region.Sensor) -> Row:
    owner = next(owner for owner, gateway in region.GATEWAYS if gateway == one.gateway)
    return _owned("device", owner, f"{one.gateway}/{one.key}") | {
        "gateway_id": known("gateway", f"{owner}/{one.gateway}"),
        "adapter": one.adapter,
        "key": one.key,
        "client_id": None if one.shared else known("client", one.of),
        "home_id": known("home", one.of) if one.shared else None,
        "name": one.name,
        "role": one.role,
        "room": one.room,
    }


def _owned(noun: str, owner: str, name: str) -> Row:
    return {
        "id": known(noun, name),
        "organisation_id": _organisation(owner),
        "external_id": name,
    }
