"""Many rhythms due at one moment: most tell nothing, one that does is heard, none is held up."""

from datetime import timedelta

import sqlalchemy as sa

from hub.store import tables as t
from hub.waiting.rhythm import judge_quiet
from tests.hub.house import MINUTE, House, known

MANY = 220  # more than are looked at together


async def moved_in(house: House) -> None:
    """Many clients, each alone in a home, of whom nothing is heard and much is agreed."""
    homes = [
        {"id": known(f"flat-{n}"), "organisation_id": known("zorg"), "external_id": f"flat-{n}",
         "region_id": known("region")}
        for n in range(MANY)
    ]  # fmt: skip
    clients = [
        {"id": known(f"c-{n}"), "organisation_id": known("zorg"), "external_id": f"c-{n}",
         "home_id": known(f"flat-{n}"), "name": "C", "options": {"up_by": "09:30"}}
        for n in range(MANY)
    ]  # fmt: skip
    await house.changes(sa.insert(t.homes).values(homes))
    await house.changes(sa.insert(t.clients).values(clients))


async def registry_is_read(house: House) -> None:
    async with house.store.transaction() as uow:
        await uow.supervision.arrange(house.now)


async def due(house: House) -> int:
    waiting = sa.select(t.ripenings).where(t.ripenings.c.due_at <= house.now)
    return len(await house.rows(waiting))


async def anne_is_out_of_bed(house: House) -> None:
    for active in (True, False):
        await house.receives("in/zorg/gw1/zigbee2mqtt/bed-1", {"occupancy": active})


async def test_one_of_many_who_is_missed_is_told_of_and_the_others_wait_on(house: House) -> None:
    await anne_is_out_of_bed(house)
    await moved_in(house)
    house.now += 20 * MINUTE
    await registry_is_read(house)
    assert await due(house) > MANY
    await house.quiet()
    assert [one.kind for one in await house.alerts()] == ["lifestyle.not_back_in_bed"]
    assert await due(house) == 0


async def written_by(house: House) -> list[tuple[str, str]]:
    """The transactions that last wrote a rhythm."""
    rows = await house.rows(sa.text("SELECT subject_id, xmin::text FROM ripenings"))
    return sorted((str(client_id), wrote) for client_id, wrote in rows)


async def test_a_sensor_that_repeats_itself_is_noted_once_a_minute(house: House) -> None:
    await anne_is_out_of_bed(house)
    before = await written_by(house)
    for seconds, is_noted in ((30, False), (29, False), (1, True), (59, False)):
        house.now += timedelta(seconds=seconds)
        await house.receives("in/zorg/gw1/zigbee2mqtt/bed-1", {"occupancy": False})
        after = await written_by(house)
        assert (after != before) is is_noted
        before = after


async def test_a_rhythm_that_cannot_be_read_is_told_of_and_holds_up_nobody(house: House) -> None:
    await anne_is_out_of_bed(house)
    await moved_in(house)
    house.now += 20 * MINUTE
    await registry_is_read(house)
    broken = sa.update(t.ripenings).where(t.ripenings.c.subject_id == known("c-7"))
    await house.changes(broken.values(state={"state": {"bed": {"nonsense": 1}}}))
    await house.quiet()
    kinds = {one.kind for one in await house.alerts()}
    assert kinds == {"lifestyle.not_back_in_bed", "technical.fault"}
    assert await due(house) == 0


async def test_a_rhythm_in_other_hands_holds_up_nobody_and_is_looked_at_after(
    house: House,
) -> None:
    await moved_in(house)
    await registry_is_read(house)
    everybody = {known(f"c-{n}") for n in range(MANY)}
    held = sa.select(t.ripenings).where(t.ripenings.c.subject_id == known("c-7"))
    async with house.store.transaction() as busy, house.store.transaction() as uow:
        await busy.db.execute(held.with_for_update())
        assert await judge_quiet(uow, everybody, house.now) == everybody - {known("c-7")}
    await house.quiet()
    assert await due(house) == 0
