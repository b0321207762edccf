"""A plain region to measure in: clients in homes of their own, each with a pendant on a gateway."""

from datetime import timedelta
from uuid import UUID, uuid5

import psycopg

from hub.clock import system_clock

NAMES = UUID("4a6a5a0e-5f0e-4f1e-9a8e-0d8c0a5b7f21")


def known(name: str) -> UUID:
    """The id of anything in the region."""
    return uuid5(NAMES, name)


def seed_clients(db: psycopg.Connection, clients: int) -> list[tuple[UUID, UUID, UUID]]:
    """Store an organisation, its care centre and clients: (client, home, organisation) each."""
    zorg, centre, since = known("zorg"), known("centre"), system_clock() - timedelta(days=1)
    for one, sort in ((zorg, "provider"), (centre, "centre")):
        db.execute(
            "INSERT INTO organisations (id, external_id, name, sort) VALUES (%s, %s, %s, %s)",
            (one, sort, sort.title(), sort),
        )
    db.execute(
        "INSERT INTO contacts (id, organisation_id, external_id, sort, name, level)"
        " VALUES (%s, %s, 'desk', 'desk', 'Werkplek 1', 'care_centre')",
        (known("desk"), centre),
    )
    db.execute(
        "INSERT INTO service_contracts (id, organisation_id, served_by_id, role, valid)"
        " VALUES (%s, %s, %s, 'centre', tstzrange(%s, NULL))",
        (known("served"), zorg, centre, since),
    )
    made = [(known(f"client-{n}"), known(f"home-{n}"), zorg) for n in range(clients)]
    with db.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO homes (id, organisation_id, external_id) VALUES (%s, %s, %s)",
            [(home, zorg, f"home-{n}") for n, (_, home, _) in enumerate(made)],
        )
        cursor.executemany(
            "INSERT INTO clients (id, organisation_id, external_id, home_id, name)"
            " VALUES (%s, %s, %s, %s, %s)",
            [
                (client, zorg, f"client-{n}", home, f"Meneer Proef-{n:05}")
                for n, (client, home, _) in enumerate(made)
            ],
        )
    return made


def seed_devices(db: psycopg.Connection, clients: int, gateways: int, secret_hash: bytes) -> None:
    """Give every client a pendant and a bed sensor on one of the gateways `gw-0`, `gw-1`, ..."""
    zorg = known("zorg")
    with db.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO gateways (id, organisation_id, external_id, secret_hash, adapters)"
            " VALUES (%s, %s, %s, %s, '{native}')",
            [(known(f"gw-{n}"), zorg, f"gw-{n}", secret_hash) for n in range(gateways)],
        )
        cursor.executemany(
            "INSERT INTO devices (id, organisation_id, external_id, gateway_id, adapter, key,"
            " client_id, role) VALUES (%s, %s, %s, %s, 'native', %s, %s, %s)",
            [
                (
                    known(key),
                    zorg,
                    key,
                    known(f"gw-{n % gateways}"),
                    key,
                    known(f"client-{n}"),
                    role,
                )
                for n in range(clients)
                for key, role in ((f"pendant-{n}", "pendant"), (f"bed-{n}", "bed"))
            ],
        )


def seed_operator(db: psycopg.Connection, token_hash: bytes) -> None:
    """Store an operator of the care centre who comes in with an API token."""
    centre = known("centre")
    db.execute(
        "INSERT INTO contacts (id, organisation_id, external_id, sort, name, level)"
        " VALUES (%s, %s, 'anna', 'person', 'Anna', 'care_centre')",
        (known("anna"), centre),
    )
    db.execute(
        "INSERT INTO users (id, organisation_id, external_id, login, password_hash, role,"
        " contact_id) VALUES (%s, %s, 'anna', 'anna', '', 'operator', %s)",
        (known("user"), centre, known("anna")),
    )
    db.execute(
        "INSERT INTO api_tokens (id, organisation_id, external_id, token_hash, user_id)"
        " VALUES (%s, %s, 'token', %s, %s)",
        (known("token"), centre, token_hash, known("user")),
    )
