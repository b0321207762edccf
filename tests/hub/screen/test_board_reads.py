"""What the board reads and renders, against a real database."""

import asyncio
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from escalation.model import Lane, Level
from hub.access.viewer import Viewer
from hub.feed import Feed
from hub.screen.alert_view import AlertView, alert_view
from hub.screen.board_view import board_view
from hub.screen.live import Boards, fragment, read
from hub.store import tables as t
from hub.store.alert_page import read_alert_page
from hub.store.board import Board, read_board
from hub.store.troubles import list_troubles, tick_seen
from tests.hub.house import EVENING, House, known, viewer
from tests.hub.screen.stage import more_clients

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
STRANGER = Viewer(known("x"), known("nacht"), known("nurse"), "night", "N", Level.NIGHT_PARTNER)


async def page(house: House, alert_id: UUID) -> AlertView:
    async with house.store.transaction(viewer()) as uow:
        found = await read_alert_page(uow.db, viewer(), alert_id, house.now)
    assert found is not None
    return alert_view(found, viewer(), AMSTERDAM, house.now)


async def board(
    house: House, who: Viewer | None = None, lane: Lane = Lane.ALARM, most: int = 200
) -> Board:
    async with house.store.transaction() as uow:
        return await read_board(uow.db, who or viewer(), lane, house.now, most)


async def html(house: House) -> str:
    return fragment(
        await read(house.store, viewer(), Lane.ALARM, lambda: house.now),
        Lane.ALARM,
        lambda: house.now,
    )


async def test_a_press_stands_under_to_do_with_its_ladder_and_its_next_moment(house: House) -> None:
    await house.press()
    view = board_view(await board(house), AMSTERDAM, house.now)
    (row,) = view.to_do
    assert (row.who, row.chip.word, row.what) == ("Anne", "SPOED", "Alarmknop ingedrukt")
    assert row.hot
    assert next((one.short, one.state) for one in row.nodes) == ("centrale", "now")
    assert row.countdown.label == "→ Nachtzorg"
    assert row.countdown.until == EVENING + timedelta(minutes=1)


async def test_who_is_away_is_not_announced_as_the_next(house: House) -> None:
    away = {
        "id": known("away"), "organisation_id": known("nacht"), "contact_id": known("night"),
        "during": Range(None, None),
    }  # fmt: skip
    await house.changes(sa.insert(t.absences).values(**away))
    await house.press()
    (row,) = board_view(await board(house), AMSTERDAM, house.now).to_do
    assert row.countdown.label == "→ Zorgcentrale"


async def test_a_claimed_alert_moves_to_in_hand_and_says_who(house: House) -> None:
    await house.press()
    await house.claims(await house.only_alert(), "anna")
    view = board_view(await board(house), AMSTERDAM, house.now)
    (row,) = view.in_hand
    assert not view.to_do
    assert row.owner is not None
    assert (row.owner.name, row.owner.state, row.hot) == ("Anna", "opgepakt", False)


async def test_who_is_on_the_way_and_until_when(house: House) -> None:
    await house.press()
    await house.passes(timedelta(minutes=1))
    await house.accepts(await house.only_alert(), "nurse", eta=timedelta(minutes=10))
    (row,) = board_view(await board(house), AMSTERDAM, house.now).in_hand
    assert row.owner is not None
    assert (row.owner.name, row.owner.state) == ("Nurse", "onderweg")
    assert row.countdown.label == "uiterlijk 23:16"


async def test_only_parties_to_an_alert_see_it(house: House) -> None:
    await house.press()
    assert not (await board(house, STRANGER)).rows
    await house.passes(timedelta(minutes=1))
    assert len((await board(house, STRANGER)).rows) == 1


async def test_a_resolved_alert_is_folded_away_and_gone_after_half_an_hour(house: House) -> None:
    await house.press()
    await house.resolves(await house.only_alert())
    assert [one.outcome for one in (await board(house)).resolved] == ["real_not_urgent"]
    house.now += timedelta(minutes=30)
    assert not (await board(house)).resolved


async def test_technical_alerts_have_a_board_of_their_own(house: House) -> None:
    await house.receives("in/zorg/gw1/native/mains-1", {"kind": "technical.battery_low"})
    assert not (await board(house)).rows
    (row,) = (await board(house, lane=Lane.QUEUE)).rows
    assert row.kind == "technical.battery_low"
    assert (await board(house)).counts.queue == 1


async def test_no_limit_hides_a_client_with_an_unclaimed_p1(house: House) -> None:
    for pendant in await more_clients(house, 5):
        await house.press(pendant)
    found = await board(house, most=2)
    view = board_view(found, AMSTERDAM, house.now)
    assert (len(view.to_do), len(view.beyond), view.hidden) == (2, 3, 0)
    assert len({one.who for one in [*view.to_do, *view.beyond]}) == 5


async def test_what_the_board_has_no_room_for_is_counted(house: House) -> None:
    for pendant in await more_clients(house, 4):
        await house.receives(f"in/zorg/gw1/native/{pendant}", {"kind": "alarm.bed_exit"})
    view = board_view(await board(house, most=3), AMSTERDAM, house.now)
    assert (len(view.to_do), view.counts.alarm_unclaimed, view.hidden) == (3, 4, 1)


async def test_the_most_urgent_and_nearest_stand_first(house: House) -> None:
    quiet, early, late = await more_clients(house, 3)
    await house.receives(f"in/zorg/gw1/native/{quiet}", {"kind": "alarm.bed_exit"})
    await house.press(early)
    house.now += timedelta(seconds=5)
    await house.press(late)
    rows = board_view(await board(house), AMSTERDAM, house.now).to_do
    assert [one.who for one in rows] == ["mw. Extra-1", "mw. Extra-2", "mw. Extra-0"]


async def test_an_unreadable_alert_is_a_row_that_says_so(house: House) -> None:
    await house.press()
    async with house.store.transaction() as uow:
        await uow.db.execute(sa.update(t.alerts).values(state={"no": "alert"}))
    (row,) = board_view(await board(house), AMSTERDAM, house.now).to_do
    assert (row.who, row.stuck, row.hot) == ("Anne", True, True)
    assert "Pak hem op" in await html(house)


async def test_two_unknown_pendants_are_two_rows_and_each_page_says_which_it_is(
    house: House,
) -> None:
    await house.press("stranger-1")
    await house.press("stranger-2")
    rows = board_view(await board(house), AMSTERDAM, house.now).to_do
    assert [one.place for one in rows] == ["basisstation gw1"] * 2
    pages = [await page(house, one.id) for one in rows]
    assert {one.explanation.split()[1] for one in pages} == {"stranger-1", "stranger-2"}
    assert {one.others_at_home for one in pages} == {
        "Onbekend: dit apparaat hoort nog bij niemand."
    }


async def test_of_a_home_with_everybody_in_the_alert_nobody_is_said_to_live_alone(
    house: House,
) -> None:
    await house.receives("in/zorg/gw1/zigbee2mqtt/smoke-1", {"smoke": True})
    assert "alleen" not in (await page(house, await house.only_alert())).others_at_home


async def test_who_was_called_beside_the_last_step_and_comes_is_not_shown_as_skipped(
    house: House,
) -> None:
    away = Range(None, house.now + timedelta(minutes=3))
    absence = {"id": known("a"), "organisation_id": known("nacht"), "contact_id": known("night"),
               "during": away}  # fmt: skip
    await house.changes(sa.insert(t.absences).values(**absence))
    await house.press()
    await house.passes(timedelta(minutes=8))
    alert_id = await house.only_alert()
    assert [one.state for one in (await page(house, alert_id)).ladder] == ["no", "skipped", "now"]
    await house.accepts(alert_id, "nurse")
    assert [one.state for one in (await page(house, alert_id)).ladder] == ["no", "yes", "no"]


async def test_two_renderings_differ_only_when_something_happened(house: House) -> None:
    await house.press()
    first = await html(house)
    house.now += timedelta(seconds=30)
    assert await html(house) == first


async def test_a_name_cannot_write_html(house: House) -> None:
    async with house.store.transaction() as uow:
        await uow.db.execute(sa.update(t.clients).values(name="<img src=x onerror=alert(1)>"))
    await house.press()
    assert "<img" not in await html(house)


async def test_a_revision_never_goes_back(house: House) -> None:
    revisions = []
    for pendant in await more_clients(house, 4):
        await house.press(pendant)
        revisions.append((await board(house)).revision)
    assert revisions == sorted(set(revisions))


async def test_a_revision_rises_when_a_transaction_that_was_under_way_commits(house: House) -> None:
    async with house.store.transaction() as uow:
        await uow.db.execute(sa.update(t.clients).values(instructions="first"))
        async with house.store.transaction() as other:
            await other.db.execute(sa.update(t.homes).values(street="second"))
        before = (await board(house)).revision
    assert (await board(house)).revision > before


async def test_troubled_messages_are_counted_until_somebody_ticks_them(house: House) -> None:
    await house.receives("in/zorg/gw1/native/pendant-9", b"{not json")
    assert (await board(house)).counts.troubles == 1
    async with house.store.transaction(viewer()) as uow:
        (one,) = await list_troubles(uow.db, viewer(), house.now)
        assert one.reason
        await tick_seen(uow.db, STRANGER, [one.id], house.now)
    assert (await board(house)).counts.troubles == 1
    async with house.store.transaction(viewer()) as uow:
        await tick_seen(uow.db, viewer(), [one.id], house.now)
    assert (await board(house)).counts.troubles == 0


async def test_a_stream_begins_with_the_board_and_follows_it(
    house: House, database_url: str
) -> None:
    feed = Feed(database_url)
    boards = Boards(house.store, feed, lambda: house.now)
    watching = boards.watch(viewer(), Lane.ALARM)
    first = await anext(watching)
    assert first.picture is not None
    assert "Niets te doen" in first.picture.html
    await house.press()
    feed.changed("board")
    second = await anext(watching)
    assert second.picture is not None
    assert "Anne" in second.picture.html
    assert second.picture.revision > first.picture.revision
    await watching.aclose()


async def test_streams_end_at_shutdown(house: House, database_url: str) -> None:
    boards = Boards(house.store, Feed(database_url), lambda: house.now)
    watching = boards.watch(viewer(), Lane.ALARM)
    await anext(watching)
    boards.close()
    async with asyncio.timeout(3):
        with pytest.raises(StopAsyncIteration):
            await anext(watching)


async def test_everybody_of_one_organisation_shares_one_reader(
    house: House, database_url: str
) -> None:
    boards = Boards(house.store, Feed(database_url), lambda: house.now)
    anna, bas = (boards.watch(viewer(who), Lane.ALARM) for who in ("anna", "bas"))
    seen = [await anext(anna), await anext(bas)]
    assert seen[0].picture is seen[1].picture
    await anna.aclose()
    await bas.aclose()
    assert not boards._shows
