"""Who speaks at the front door."""

from hub.access.secrets import Purpose, keyed_hash
from hub.sources.arrival import Principal
from hub.store.unit_of_work import Store


async def authenticate(store: Store, pepper: bytes, user: str, password: str) -> Principal | None:
    """Say which gateway has this user name (`organisation/gateway`) and secret, if any."""
    organisation, _, gateway = user.partition("/")
    if "\0" in user:  # PostgreSQL's text cannot hold it, so nobody is called that
        return None
    async with store.transaction() as uow:
        return await uow.gateways.behind(
            organisation, gateway, keyed_hash(pepper, Purpose.GATEWAY, password)
        )
