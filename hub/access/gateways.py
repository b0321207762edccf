"""Who speaks at the front door."""

import hmac
from collections.abc import Sequence

from hub.access.secrets import Purpose, keyed_hash
from hub.sources.arrival import Principal
from hub.store.gateways import KnownGateway
from hub.store.together import Together
from hub.store.unit_of_work import Store

Name = tuple[str, str]


class Entrance:
    """Says who has a user name (`organisation/gateway`) and its secret.

    Whoever asks while an answer is being looked up is looked up together with the others: after
    a power cut thousands of gateways ask at once, and one by one they would wait too long.
    """

    def __init__(self, store: Store, pepper: bytes) -> None:
        self.store, self.pepper = store, pepper
        self._looking_up = Together(self._find)

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
        return await self._looking_up.ask(name)

    async def _find(self, names: Sequence[Name]) -> Sequence[KnownGateway | None]:
        async with self.store.transaction() as uow:
            known = await uow.gateways.known(set(names))
        return [known.get(name) for name in names]


def has(there: KnownGateway, secret_hash: bytes) -> bool:
    """Compare with every secret it may have, in a time that says nothing about them."""
    right = False
    for one in there.secret_hashes:
        right |= hmac.compare_digest(one, secret_hash)
    return right
