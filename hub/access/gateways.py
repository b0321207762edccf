"""Who speaks at the front door."""

import asyncio
import hmac
from dataclasses import dataclass

from hub.access.secrets import Purpose, keyed_hash
from hub.contain import contained
from hub.sources.arrival import Principal
from hub.store.gateways import KnownGateway
from hub.store.unit_of_work import Store

AT_ONCE = 500

Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Question:
    name: Name
    answer: asyncio.Future[KnownGateway | None]


class Entrance:
    """Says who has a user name (`organisation/gateway`) and its secret.

    Whoever asks while an answer is being looked up is looked up together with the others: after
    a power cut thousands of gateways ask at once, and one by one they would wait too long.
    """

    def __init__(self, store: Store, pepper: bytes) -> None:
        self.store, self.pepper = store, pepper
        self._waiting: list[_Question] = []
        self._looking: asyncio.Task[None] | None = None

    async def authenticate(self, user_name: str, password: bytes) -> Principal | None:
        """Find the gateway, if there is one. ConnectionError when nobody can say just now."""
        organisation, _, gateway = user_name.partition("/")
        try:
            secret = password.decode()
        except UnicodeDecodeError:
            return None
        there = await self.known((organisation, gateway))
        secret_hash = keyed_hash(self.pepper, Purpose.GATEWAY, secret)
        return there.principal if there is not None and has(there, secret_hash) else None

    async def recognise(self, proved: str) -> Principal | None:
        """Find the enabled gateway with a name that its certificate has proved; else as above."""
        organisation, _, gateway = proved.partition("/")
        there = await self.known((organisation, gateway))
        return None if there is None else there.principal

    async def known(self, name: Name) -> KnownGateway | None:
        """Find the enabled gateway with this name and what it must prove itself with; as above."""
        if any("\0" in part for part in name):  # PostgreSQL's text cannot hold it: it is nobody's
            return None
        answer: asyncio.Future[KnownGateway | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Question(name, answer))
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_up())
        return await answer

    async def _look_up(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            asked = [one for one in batch if not one.answer.done()]  # the others hung up
            with contained("passwords could not be checked", size=len(asked)) as checking:
                await self._answer(asked)
            if checking.error is not None:
                _give_up(asked)

    async def _answer(self, asked: list[_Question]) -> None:
        async with self.store.transaction() as uow:
            known = await uow.gateways.known({one.name for one in asked})
        for one in asked:
            if not one.answer.done():
                one.answer.set_result(known.get(one.name))


def has(there: KnownGateway, secret_hash: bytes) -> bool:
    """Compare with every secret it may have, in a time that says nothing about them."""
    right = False
    for one in there.secret_hashes:
        right |= hmac.compare_digest(one, secret_hash)
    return right


def _give_up(asked: list[_Question]) -> None:
    for one in asked:
        if not one.answer.done():
            one.answer.set_exception(ConnectionError("passwords cannot be checked just now"))
