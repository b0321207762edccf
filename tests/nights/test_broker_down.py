"""The outside broker of a night: what is heard while it is away, and what it loses."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from hub.rehearsal import live
from hub.rehearsal.building import KEPT
from hub.rehearsal.live import cannot_play, perform
from hub.rehearsal.live_broker import LOOK_EVERY, LOST_AFTER, Passage, mosquitto
from hub.rehearsal.stage import Heard
from hub.store import tables as t
from hub.store.unit_of_work import Store, open_store
from hub.store.url import sqlalchemy_url
from hub.upkeep.housekeeping import tidy
from simulators.night_file import find
from simulators.night_reading import load
from tests.nights.live_nights import assert_went_well, patient

NOW = datetime(2026, 1, 12, 22, 30, tzinfo=UTC)
SPEED = 20.0


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = open_store(sqlalchemy_url(database_url), size=1, statement_timeout=10)
    await tidy(opened, lambda: NOW, KEPT)
    yield opened
    await opened.close()


def said(payload: bytes) -> Heard:
    return Heard(NOW, "zorg/gw1", "in/zorg/gw1/native/pendant", payload)


async def came_in(store: Store, payload: bytes, copies: int = 1) -> None:
    async with store.transaction() as uow:
        owner, gateway = uuid4(), uuid4()
        organisation = {"id": owner, "external_id": f"o-{owner}", "name": "", "sort": "provider"}
        await uow.db.execute(sa.insert(t.organisations), [organisation])
        row = {
            "organisation_id": owner,
            "gateway_id": gateway,
            "topic": said(payload).topic,
            "payload": payload,
            "received_at": NOW,
            "source": "broker",
            "adapter": "native",
            "qos": 1,
            "outcome": "decoded",
        }
        rows = [row | {"id": uuid4()} for _ in range(copies)]
        await uow.db.execute(sa.insert(t.messages), rows)


@pytest.mark.slow
@pytest.mark.broker
@pytest.mark.skipif(mosquitto() is None, reason="mosquitto is missing")
async def test_what_is_pressed_while_a_real_broker_is_away_rings_when_it_is_back(
    database_url: str, tmp_path: Path
) -> None:
    played = await perform(patient(load(find("broker_down"))), database_url, tmp_path, SPEED)
    assert_went_well(played)
    assert played.figures.lost == 0


async def test_what_a_broker_said_yes_to_and_lost_is_counted_once_it_gives_nothing_more(
    store: Store,
) -> None:
    passage = Passage(store)
    heard = [said(b"first"), said(b"second")]
    await came_in(store, b"first")
    looks = 0
    while not await passage.is_through(heard):
        looks += 1
    assert looks * LOOK_EVERY >= LOST_AFTER - 2 * LOOK_EVERY
    assert passage.lost == 1
    assert await passage.is_through(heard)


async def test_a_copy_that_a_broker_gives_twice_makes_up_for_nothing_that_is_lost(
    store: Store,
) -> None:
    passage = Passage(store)
    await came_in(store, b"first", copies=2)
    assert await passage.is_through([said(b"first")])
    assert not await passage.is_through([said(b"first"), said(b"second")])


async def test_what_still_comes_is_not_lost(store: Store) -> None:
    passage = Passage(store)
    assert not await passage.is_through([said(b"late")])
    await came_in(store, b"late")
    assert await passage.is_through([said(b"late")])
    assert passage.lost == 0


def test_without_mosquitto_and_elsewhere_such_a_night_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    night = load(find("broker_down"))
    assert "without --to" in next(cannot_play(night, elsewhere=True))
    monkeypatch.setattr(live, "mosquitto", lambda: None)
    assert "apt-get install mosquitto" in next(cannot_play(night))
    assert not list(cannot_play(replace(night, faults=())))
