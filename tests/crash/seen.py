"""What a test does to hubs from outside, and what it sees of them in their database."""

from typing import Any

from tests.conftest import Connection
from tests.crash.hubs import Hub, until
from tests.crash.publisher import publishing


def ask(db: Connection, question: str, *values: object) -> Any:
    """The first value a question has for an answer."""
    row = db.execute(question.encode(), values).fetchone()
    return None if row is None else row[0]


def journal(db: Connection, what: str) -> int:
    """How many lines of this sort there are in all accounts."""
    return int(ask(db, "SELECT count(*) FROM journal WHERE what = %s", what))


def press(hub: Hub, pendant: int) -> None:
    """Somebody presses, and the hub says yes."""
    with publishing(f"gw-{pendant}", hub.mqtt_port) as gateway:
        gateway.publish(f"p-{pendant}", "press", {"kind": "alarm.button"})
        until(gateway.heard_yes, "a yes")
