"""A front door with TLS, and the authority behind its certificates."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.sources.arrival import Principal
from hub.sources.certificates import Certificates, Files
from hub.sources.door import Door
from hub.sources.door_terms import Limits
from hub.sources.mqtt.packets import Version
from tests.hub.sources.authority import Authority, Pair
from tests.hub.sources.desk import Desk
from tests.hub.sources.front_door import (
    EVENING,
    GATEWAY,
    HASTY,
    Caller,
    House,
    Intake,
    authenticate,
)

ME = "nachtwacht:zorg/gw1"


async def recognise(name: str) -> Principal | None:
    return GATEWAY if name == "zorg/gw1" else None


@dataclass
class Place:
    """A door with TLS, and the authority behind its certificates."""

    authority: Authority
    files: Files
    certificates: Certificates
    house: House

    def client(self, pair: Pair | None = None) -> ssl.SSLContext:
        """What a client trusts, and what it shows."""
        context = ssl.create_default_context(cafile=self.authority.file)
        if pair is not None:
            context.load_cert_chain(pair.certificate, pair.key)
        return context

    async def calls(self, version: Version, pair: Pair | None = None) -> Caller:
        return await Caller.dial(self.house, version, self.client(pair))

    async def looks(self) -> None:
        await self.certificates.look(EVENING)


Opening = Callable[..., Awaitable[Place]]


@asynccontextmanager
async def opening(folder: Path) -> AsyncIterator[Opening]:
    """Opens places, and closes them on leaving."""
    places: list[Place] = []

    async def open_place(terms: Limits = HASTY) -> Place:
        places.append(await _open_place(folder, terms))
        return places[-1]

    yield open_place
    for place in places:
        await place.house.close()


async def _open_place(folder: Path, terms: Limits) -> Place:
    authority = Authority(folder)
    server = authority.server()
    files = Files(server.certificate, server.key, authority.file, authority.revoke())
    certificates, intake = Certificates(files), Intake()
    door = Door(
        authenticate,
        intake,
        Desk(in_use=intake.in_use),
        lambda: EVENING,
        terms,
        certificates=certificates,
        recognise=recognise,
    )
    house = House(door, 0, intake, [])
    house.tls_port = await door.open_tls("127.0.0.1", 0)
    return Place(authority, files, certificates, house)
