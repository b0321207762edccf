"""A webhook whose receiver is in every mood still hears all of each alert, in order."""

from datetime import timedelta
from random import Random

import pytest
import sqlalchemy as sa

from hub.store import tables as t
from tests.hub.house import known
from tests.hub.out.integrator import Integrator


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_a_receiver_answers_it_hears_all_of_each_alert_in_order(
    integrator: Integrator, seed: int
) -> None:
    """Refusals, redirects, no answer, and a yes that was lost on its way back, in any order."""
    house, receiver = integrator.house, await integrator.subscribes("care")
    integrator.post.mood = Random(seed)
    for pendant in ("pendant-1", "pendant-2", "pendant-3"):
        await house.press(pendant)
        await house.quiet()
    for alert in await house.alerts():
        await house.claims(alert.id)
        await house.quiet()
        await house.resolves(alert.id)
    await house.quiet()
    await integrator.until_sent(timedelta(hours=2))
    integrator.post.mood = None
    await integrator.until_sent()
    table = t.out_events
    stream = await house.rows(
        sa.select(table.c.id, table.c.alert_id, table.c.sequence)
        .where(table.c.organisation_id == known("zorg"))
        .order_by(table.c.position)
    )
    assert {one["id"] for one in receiver.events} == {str(row.id) for row in stream}
    for alert_id in {row.alert_id for row in stream}:
        told = [one for one in receiver.events if one["subject"] == str(alert_id)]
        assert [one["alertsequence"] for one in told] == list(range(1, len(told) + 1))
    assert receiver.complaints == []
    assert len(integrator.post.tried) > len(receiver.events)
