"""A connection to an MQTT door that says nothing: to learn who stands behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

ANSWERS_WITHIN = 15.0  # real seconds
KEEP_ALIVE = 30  # seconds


class NotLetIn(Exception):
    """Nobody answers there, or this account is refused; the message says which."""


@asynccontextmanager
async def at_the_door(
    broker: tuple[str, int], user: str, secret: str, client_id: str
) -> AsyncIterator[None]:
    """Be connected while inside; nothing is published or subscribed to. Raises NotLetIn."""
    loop = asyncio.get_running_loop()
    told: asyncio.Future[str] = loop.create_future()
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTProtocolVersion.MQTTv311
    )
    client.username_pw_set(user, secret)

    def tell(wrong: str) -> None:
        if not told.done():
            told.set_result(wrong)

    def connected(_: object, __: object, ___: object, reason: object, ____: object) -> None:
        failed = getattr(reason, "is_failure", True)
        loop.call_soon_threadsafe(tell, f"it answers {reason}" if failed else "")

    client.on_connect = connected
    try:
        await asyncio.to_thread(client.connect, *broker, keepalive=KEEP_ALIVE)
    except OSError as error:
        raise NotLetIn("nobody answers there") from error
    client.loop_start()
    try:
        async with asyncio.timeout(ANSWERS_WITHIN):
            wrong = await told
        if wrong:
            raise NotLetIn(wrong)
        yield
    except TimeoutError as error:
        raise NotLetIn("it does not answer") from error
    finally:
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)
