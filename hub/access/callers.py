"""Who posts a message: a gateway with its key, or one that signs."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.access.gateways import Entrance, Name, has
from hub.access.secrets import Purpose, keyed_hash
from hub.access.signing import Signature, moment_of, opened
from hub.sources.arrival import Principal
from hub.store.remembered import Remembered
from hub.store.unit_of_work import Store

REMEMBERED = 10_000
WINDOW = timedelta(minutes=5)  # what Standard Webhooks calls tolerance

Headers = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Caller:
    """A gateway that posts; with a `signature` it is believed once that is right.

    `late` says that it signed at another moment than it came in.
    """

    principal: Principal
    key_header: bytes = b""
    signature: Signature | None = None
    late: bool = False


class Callers:
    """Says who posts. What the registry says is remembered for half a minute at most."""

    def __init__(self, store: Store, pepper: bytes) -> None:
        self._entrance, self._pepper = Entrance(store, pepper), pepper
        self._gateways = Remembered(
            self._entrance.known, REMEMBERED, keeps=lambda there: there is not None
        )

    def forget(self) -> None:
        """Drop what is remembered of the registry."""
        self._gateways.forget()

    async def caller(self, headers: Headers, named: Name, now: datetime) -> Caller | None:
        """Find who posts to the address of a gateway; None when nobody is to be believed.

        Raises ConnectionError when nobody can say just now.
        """
        scheme, _, credentials = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() == b"bearer":
            return await self._with_key(named, credentials.strip(), now)
        if scheme.lower() == b"basic":
            return await self._with_password(credentials.strip(), now)
        if b"webhook-signature" in headers:
            return await self._with_signature(headers, named, now)
        return None

    async def _with_password(self, credentials: bytes, now: datetime) -> Caller | None:
        try:
            user, _, key = b64decode(credentials, validate=True).partition(b":")
            organisation, _, gateway = user.decode().partition("/")
        except (NotBase64, ValueError):
            return None
        return await self._with_key((organisation, gateway), key, now)

    async def _with_key(self, name: Name, key: bytes, now: datetime) -> Caller | None:
        there = await self._gateways.find(name, now)
        try:
            hashed = keyed_hash(self._pepper, Purpose.GATEWAY, key.decode())
        except UnicodeDecodeError:
            return None
        if there is None or not has(there, hashed):
            return None
        return Caller(there.principal, there.key_header.encode())

    async def _with_signature(self, headers: Headers, name: Name, now: datetime) -> Caller | None:
        there = await self._gateways.find(name, now)
        said = [
            headers.get(one, b"").decode("latin-1")
            for one in (b"webhook-id", b"webhook-timestamp", b"webhook-signature")
        ]
        signed_at = moment_of(said[1])
        if there is None or signed_at is None or not said[0]:
            return None
        gateway_id = there.principal.gateway_id
        secrets = [opened(self._pepper, gateway_id, one) for one in there.signing]
        signature = Signature(said[0], said[1], said[2], [one for one in secrets if one])
        late = abs(now - signed_at) > WINDOW
        return Caller(there.principal, there.key_header.encode(), signature, late)
