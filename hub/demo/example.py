"""The example region as the files of an import: three providers, two regions, 200 clients.

`docs/example-region` holds them: `python -m hub.demo.example docs/example-region` writes them
again. The demo brings the same ones.
"""

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from escalation.agreements import Agreement
from hub.demo import region
from hub.demo.agreements import agreed_with
from hub.demo.inventing import AREAS, neighbours
from hub.registry import plans
from hub.registry.files import csv_text
from hub.registry.nouns import NOUNS
from hub.registry.values import said_at
from hub.store.values import encode

Thing = dict[str, Any]
Things = Iterator[tuple[str, Thing]]

SINCE = said_at(datetime(2025, 1, 1, tzinfo=UTC))
NEIGHBOURS = tuple(neighbours())
THIRD, SECOND_PARTNER, SECOND_REGION = "hoogwei", "sterrenwacht", "heidekant"
PROVIDERS = (*region.PROVIDERS, THIRD)
ORGANISATIONS = {
    **region.ORGANISATIONS,
    THIRD: ("Zorg in de Hoogwei", "provider"),
    SECOND_PARTNER: ("Nachtzorg De Sterrenwacht", "partner"),
}
REGIONS = {
    region.REGION[0]: (region.REGION[1], (*region.PROVIDERS, region.PARTNER)),
    SECOND_REGION: ("Heidekant", (THIRD, region.PARTNER, SECOND_PARTNER)),
}
BACKUPS = {**region.BACKUPS, THIRD: "achterwacht-heide"}
TEAMS = {**region.TEAMS, THIRD: "team-heide"}
MORE_PEOPLE = (
    region.Somebody(THIRD, "team-heide", "Team Heide", region.TEAM, "team"),
    region.Somebody(THIRD, "achterwacht-heide", "Achterwacht Hoogwei", region.BACKUP),
    region.Somebody(SECOND_PARTNER, "nachtteam-ster", "Nachtteam Heidekant", region.NIGHT, "team"),
)
INVENTED = (*MORE_PEOPLE, *dict.fromkeys(who for one in NEIGHBOURS for who in one.family))
PEOPLE = (*region.SOMEBODIES, *INVENTED)
RESIDENTS = (*region.RESIDENTS, *(one.resident for one in NEIGHBOURS))
HOUSES = (*region.HOUSES, *dict.fromkeys(one.house for one in NEIGHBOURS))
SENSORS = (*region.SENSORS, *(sensor for one in NEIGHBOURS for sensor in one.sensors))
GATEWAYS = (
    *region.GATEWAYS,
    *dict.fromkeys((one.area.owner, one.gateway) for one in NEIGHBOURS),
)
OWNER_OF_HOME = {one.id: one.owner for one in HOUSES}
REGION_OF = {one.owner: one.region for one in AREAS}
SERVICE_HOUR, FIRST_MONDAY, WEEKS = 12, date(2026, 1, 5), 104
HOLIDAYS = (
    ("2026-12-24", 64_800, "Kerstavond"),
    ("2026-12-25", 0, "Eerste kerstdag"),
    ("2026-12-26", 0, "Tweede kerstdag"),
    ("2026-12-31", 64_800, "Oudejaarsavond"),
    ("2027-01-01", 0, "Nieuwjaarsdag"),
    ("2027-03-28", 0, "Eerste paasdag"),
    ("2027-03-29", 0, "Tweede paasdag"),
    ("2027-04-27", 0, "Koningsdag"),
    ("2027-12-24", 64_800, "Kerstavond"),
    ("2027-12-25", 0, "Eerste kerstdag"),
    ("2027-12-26", 0, "Tweede kerstdag"),
)


def files(people_url: str) -> dict[str, str]:
    """Give every file by its name; the hub calls people at this address."""
    things: Mapping[str, Things] = {
        "organisations": _organisations(),
        "regions": (
            ("", {"external_id": id_, "name": name, "members": sorted(members)})
            for id_, (name, members) in REGIONS.items()
        ),
        "contacts": (_contact(number, people_url) for number in range(len(PEOPLE))),
        "homes": map(_home, HOUSES),
        "clients": map(_client, RESIDENTS),
        "relations": _relations(),
        "agreements": _agreements(),
        "contracts": _contracts(),
        "turns": _turns(),
        "holidays": (
            (owner, {"day": day, "starts_seconds": starts, "name": name})
            for owner in PROVIDERS
            for day, starts, name in HOLIDAYS
        ),
        "gateways": (
            (owner, {"external_id": name, "adapters": sorted(region.ADAPTERS)})
            for owner, name in GATEWAYS
        ),
        "devices": map(_device, SENSORS),
    }
    return {f"{name}.csv": _written(name, list(some)) for name, some in things.items()}


def _written(name: str, things: list[tuple[str, Thing]]) -> str:
    """Write a file with the columns that are used."""
    noun = NOUNS[name]
    usual = {one.name: one.usual for one in noun.fields}
    return csv_text(noun, [(owner, {**usual, **thing}) for owner, thing in things])


def _organisations() -> Things:
    for id_, (name, sort) in ORGANISATIONS.items():
        yield "", {"external_id": id_, "name": name, "sort": sort, "backup": BACKUPS.get(id_)}


def _contact(number: int, people_url: str) -> tuple[str, Thing]:
    one = PEOPLE[number]
    way = {"way": "webhook", "address": f"{people_url}/{one.id}"}
    return (
        one.owner,
        {
            "external_id": one.id,
            "sort": one.sort,
            "name": one.name,
            "level": one.level,
            # nobody has a number of this range
            "phone": f"06 00 00 {(number + 1) // 100 + 1:02} {(number + 1) % 100:02}",
            "ways": [way] if one.called else [],
            "member_of": [one.member_of] if one.member_of else [],
        },
    )


def _home(one: region.House) -> tuple[str, Thing]:
    return one.owner, {
        "external_id": one.id,
        "region": REGION_OF[one.owner],
        "street": one.street,
        "place": one.place,
        "living_form": one.living_form,
    }


def _client(one: region.Resident) -> tuple[str, Thing]:
    owner = OWNER_OF_HOME[one.home]
    return owner, {
        "external_id": one.id,
        "name": one.name,
        "birth_date": one.born.isoformat(),
        "home": one.home,
        "team": TEAMS[owner],
        "instructions": one.instructions,
        "options": {
            "out_of_bed_minutes": 15 if one.dementia else 20,
            "time_critical_medicines": one.dose_matters,
        },
    }


def _relations() -> Things:
    for one in RESIDENTS:
        for position, (contact, relation) in enumerate(one.caregivers, start=1):
            yield (
                OWNER_OF_HOME[one.home],
                {
                    "client": one.id,
                    "contact": contact,
                    "relation": relation,
                    "position": position,
                    "consent": (one.id, contact) != region.WITHOUT_CONSENT,
                },
            )


def _agreements() -> Things:
    for one in RESIDENTS:
        for number, agreement in enumerate(agreed_with(one), start=1):
            yield OWNER_OF_HOME[one.home], _agreement(one, number, agreement)


def _agreement(one: region.Resident, number: int, agreement: Agreement) -> Thing:
    body = encode(agreement)
    window = body["window"]
    return {
        "external_id": f"{one.id}/{number}",
        "client": one.id,
        "name": agreement.name,
        "kinds": sorted(body["kinds"]),
        "window": None if window is None else plans.slim_window(window),
        "steps": [plans.slim_step(step) for step in body["steps"]],
        "rest": plans.slim_rest({**body, "time_zone": None}),
        "valid_from": SINCE,
    }


AT_NIGHT = ("name", "address", "birth_date", "instructions", "contacts")


def _contracts() -> Things:
    for provider in PROVIDERS:
        where = REGION_OF[provider]
        partners = [one for one in REGIONS[where][1] if ORGANISATIONS[one][1] == "partner"]
        for served_by in (region.CENTRE, *partners):
            partner = served_by != region.CENTRE
            yield (
                provider,
                {
                    "external_id": f"{provider}/{served_by}",
                    "served_by": served_by,
                    "region": where if partner else None,
                    "role": "partner" if partner else "centre",
                    "valid_from": SINCE,
                    "response_target_seconds": 1_800 if partner else 60,
                    "shares": list(AT_NIGHT) if partner else ["everything"],
                },
            )


def _turns() -> Things:
    """One partner for Veenland; in Heidekant two in turn, from Monday at noon."""
    first = {"external_id": "veenland", "region": region.REGION[0], "partner": region.PARTNER}
    yield "", {**first, "begins": SINCE}
    for week in range(WEEKS + 1):
        begins = FIRST_MONDAY + timedelta(weeks=week)
        partner = (SECOND_PARTNER, region.PARTNER)[week % 2]
        yield (
            "",
            {
                "external_id": f"heidekant-{begins}",
                "region": SECOND_REGION,
                "partner": partner,
                "begins": SINCE if week == 0 else _noon(begins),
                "ends": _noon(begins + timedelta(weeks=1)) if week < WEEKS else None,
            },
        )


def _noon(day: date) -> str:
    return said_at(
        datetime(day.year, day.month, day.day, SERVICE_HOUR, tzinfo=ZoneInfo(region.TIME_ZONE))
    )


def _device(one: region.Sensor) -> tuple[str, Thing]:
    owner = next(owner for owner, gateway in GATEWAYS if gateway == one.gateway)
    return owner, {
        "external_id": f"{one.gateway}/{one.key}",
        "gateway": one.gateway,
        "adapter": one.adapter,
        "key": one.key,
        "client": None if one.shared else one.of,
        "home": one.of if one.shared else None,
        "name": one.name,
        "role": one.role,
        "room": one.room,
    }


if __name__ == "__main__":
    for file_name, content in files("http://127.0.0.1:8390/people").items():
        (Path(sys.argv[1]) / file_name).write_text(content, encoding="utf-8", newline="")
