"""What integrators may look up of messages, where there are many."""

from dataclasses import replace

import sqlalchemy as sa

from hub.store.inspection import SEARCHED, SHOWN, Sought, follow
from tests.hub.house import House, known, viewer

LOOKER = replace(viewer("anna"), organisation_id=known("zorg"))
MANY = sa.text("""
INSERT INTO messages (id, received_at, organisation_id, gateway_id, source, adapter, topic, payload,
                      qos, outcome)
SELECT gen_random_uuid(), CAST(:now AS timestamptz) - n * interval '1 ms', :zorg, :gateway, 'door',
       'native', 'in/zorg/gw1/native/many', '\\x7b7d', 1, 'decoded'
FROM generate_series(1, :count) AS n
""")


async def seen(house: House, sought: Sought) -> list[str]:
    async with house.store.transaction() as uow:
        return [one.outcome for one in await follow(uow.db, LOOKER, sought)]


async def test_what_became_nothing_is_found_behind_any_number_of_others(house: House) -> None:
    now = house.now
    await house.receives("in/zorg/gw1/native/pendant-1", b"{not json")
    house.now = now.replace(hour=23)
    values = {"now": house.now, "zorg": known("zorg"), "gateway": known("gateway")}
    async with house.store.transaction() as uow:
        await uow.db.execute(MANY, {**values, "count": SEARCHED + 1})
    assert await seen(house, Sought(outcome="rejected")) == ["rejected"]
    assert await seen(house, Sought(text="not json")) == []  # further back than is searched
    assert await seen(house, Sought(outcome="decoded")) == ["decoded"] * SHOWN
    assert await seen(house, Sought(outcome="'; DROP TABLE messages; --")) == []
