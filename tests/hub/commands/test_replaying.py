"""`nachtwacht messages replay`: what an adapter would now make of what came in; nothing rings."""

from typing import Any

import pytest
import sqlalchemy as sa

from hub.cli import main
from hub.store import tables as t
from tests.hub.commands.command import Command
from tests.hub.house import House

SINCE = "2026-01-12T21:00Z"


@pytest.fixture
def replay(house: House, nachtwacht: Command) -> Command:
    return nachtwacht.of("messages", "replay", "--dry-run", "--since", SINCE)


async def everything(house: House) -> list[Any]:
    """All that is stored, as far as a replay could have touched it."""
    tables = (t.messages, t.events, t.alerts, t.journal, t.outbox, t.device_states, t.message_keys)
    return [sorted(map(repr, await house.rows(sa.select(one)))) for one in tables]


async def some_messages(house: House) -> None:
    await house.press()
    await house.receives("in/zorg/gw1/native/pendant-2", b"{not json")
    await house.receives("in/zorg/gw1/native/stranger", {"kind": "alarm.fall"})
    for contact in (True, False):
        await house.receives("in/zorg/gw1/zigbee2mqtt/door-1", {"contact": contact})


async def test_the_same_adapter_would_make_the_same_of_everything(
    house: House, replay: Command
) -> None:
    await some_messages(house)
    before = await everything(house)
    assert await replay("--adapter", "native") == (
        "3 messages read again, 0 differences. Nothing was stored.\n"
    )
    assert "2 messages read again, 0 differences" in await replay("--adapter", "zigbee2mqtt")
    assert await everything(house) == before


async def test_each_difference_is_told_with_its_message(house: House, replay: Command) -> None:
    """As if an earlier version had rejected the press and read the fall as a press."""
    await some_messages(house)
    await house.changes(
        sa.update(t.messages)
        .where(t.messages.c.topic.like("%pendant-1"))
        .values(outcome="rejected", reason="unknown_kind: alarm.button")
    )
    fall = t.events.c.kind == "alarm.fall"
    await house.changes(sa.update(t.events).where(fall).values(kind="alarm.button"))
    before = await everything(house)
    *said, last = (await replay("--adapter", "native")).splitlines()
    assert sorted(line.rpartition("/")[2] for line in said) == [
        "pendant-1: rejected (unknown_kind: alarm.button) -> decoded",
        "stranger: would no longer say alarm.button",
        "stranger: would say alarm.fall",
    ]
    assert last == "3 messages read again, 3 differences. Nothing was stored."
    assert await everything(house) == before


async def test_only_what_came_since_is_read(house: House, replay: Command) -> None:
    await some_messages(house)
    said = await replay("--adapter", "native", "--since", "2026-01-12T22:00:01+00:00")
    assert said.startswith("0 messages")


async def test_an_adapter_that_is_not_here_is_said(house: House, replay: Command) -> None:
    said = await replay("--adapter", "nobody", status=1)
    assert "installed: " in said


@pytest.mark.parametrize("since", ["yesterday", "2026-01-12T22:00"])
def test_a_moment_without_a_zone_is_refused(since: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["messages", "replay", "--dry-run", "--adapter", "native", "--since", since])
    assert "2026-01-12T22:00Z" in capsys.readouterr().err
