"""What a board costs a house whose sensors say much: it passes by nothing it does not count."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.store.straight import Straight
from hub.store.tables import events
from hub.store.troubles import TREND_KINDS, TRENDS
from tests.hub.house import House, known, viewer

MANY = 3000


async def say(house: House, kind: str, times: int) -> None:
    """Keep what a sensor said, one after another up to now."""
    moment = sa.literal(house.now) - sa.func.make_interval(0, 0, 0, 0, 0, 0, sa.column("i"))
    row = sa.select(
        sa.func.gen_random_uuid(), sa.literal(known("zorg")), sa.literal(kind),
        sa.literal("start"), moment, moment, sa.literal("device"), sa.text("'{}'::uuid[]"),
    ).select_from(sa.func.generate_series(1, times).alias("i"))  # fmt: skip
    columns = ["id", "organisation_id", "kind", "phase", "occurred_at", "received_at",
               "time_source", "client_ids"]  # fmt: skip
    await house.changes(sa.insert(events).from_select(columns, row))


async def plan(house: House) -> str:
    """How the database goes about counting trend lines, whatever the values are."""
    text, values = TRENDS.asked({"party": viewer().organisation_id, "now": house.now})
    async with house.store.transaction() as uow:
        await uow.db.execute(sa.text("ANALYZE events"))
        await uow.db.execute(sa.text("SET LOCAL plan_cache_mode = force_generic_plan"))
        await uow.db.execute(sa.text("SET LOCAL enable_seqscan = off"))
        straight = Straight(uow.db)
        for _ in range(5):  # psycopg prepares what comes back
            rows = await straight.rows(b"EXPLAIN " + text, values)
        return "\n".join(row[0] for row in rows)


async def test_trend_lines_are_counted_without_passing_by_what_sensors_said(house: House) -> None:
    await say(house, "observation.moved", MANY)
    assert "ix_events_trends" in await plan(house)


@pytest.mark.parametrize("kind", TREND_KINDS)
async def test_every_kind_of_trend_is_counted_for_a_day(house: House, kind: str) -> None:
    await say(house, kind, 2)
    async with house.store.transaction() as uow:
        asked = {"party": known("zorg"), "now": house.now}
        ((count,),) = await Straight(uow.db).rows(*TRENDS.asked(asked))
        asked = {"party": known("zorg"), "now": house.now + timedelta(days=1)}
        ((later,),) = await Straight(uow.db).rows(*TRENDS.asked(asked))
    assert (count, later) == (2, 0)
