"""Plans are proved when something they hang on changed, and what was found is kept and told."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from escalation.model import Level
from hub.access.viewer import Viewer
from hub.clock import Clock
from hub.plans.proving import Prove
from hub.plans.room import Room
from hub.store import tables as t
from hub.upkeep.housekeeping import prove_everybody
from tests.hub.house import House, known, viewer
from tests.hub.plans.test_plans import agrees, away

DAY = timedelta(days=1)


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.close()


async def hit(house: House, *things: str) -> set[str]:
    """Whose plan must be proved again when these change."""
    async with house.store.transaction() as uow:
        found = await uow.proofs.hit([known(one) for one in things], house.now)
    names = {known(one): one for one in ("anne", "bert", "carla")}
    return {names[one] for one in found}


async def proves(house: House, room: Room) -> None:
    prove = Prove(house.store, room, days=2)
    while (await prove.step(house.now)) == house.now:
        pass


async def codes(house: House, name: str = "anne", who: Viewer | None = None) -> list[str]:
    async with house.store.transaction() as uow:
        rows = await uow.proofs.seen(who or viewer(), house.now, known(name))
    return [one["code"] for row in rows for one in row.findings if one["gravity"] != "note"]


@pytest.mark.parametrize(
    ("changed", "whose"),
    [
        ("daughter", {"anne"}),
        ("anne", {"anne"}),
        ("home-2", {"bert", "carla"}),
        ("team", {"anne", "bert", "carla"}),
        ("night", {"anne", "bert", "carla"}),
        ("region", {"anne", "bert", "carla"}),
        ("desk", {"anne", "bert", "carla"}),
        ("zorg", {"anne", "bert", "carla"}),
        ("pendant-1", set()),
    ],
)
async def test_only_plans_that_hang_on_what_changed_are_proved_again(
    house: House, changed: str, whose: set[str]
) -> None:
    assert await hit(house, changed) == whose


async def test_an_absence_that_leaves_a_hole_is_found_and_gone_when_she_is_back(
    house: House, room: Room
) -> None:
    await agrees(house, "own", Level.INFORMAL_CAREGIVER, Level.CARE_CENTRE)
    await hit(house, "anne")
    await proves(house, room)
    before = await codes(house)
    await away(house, "daughter", house.now, house.now + DAY)
    await hit(house, "daughter")
    await proves(house, room)
    assert "empty_step" not in before
    assert "empty_step" in await codes(house)
    await house.changes(sa.delete(t.absences))
    await hit(house, "daughter")
    await proves(house, room)
    assert await codes(house) == before


async def test_a_plan_that_is_hit_while_it_is_proved_is_proved_again(
    house: House, room: Room
) -> None:
    async with house.store.transaction() as uow:
        await uow.proofs.hit([known("anne")], house.now)
        claimed = house.now + DAY
        (client_id,) = await uow.proofs.claim(house.now, claimed, 10)
        await uow.proofs.hit([client_id], house.now)
        await uow.proofs.settle(client_id, claimed, [], house.now, claimed)
        assert await uow.proofs.next_due_at() == house.now


async def test_every_night_everybody_in_care_is_proved(house: House, room: Room) -> None:
    await house.changes(
        sa.update(t.clients).where(t.clients.c.id == known("carla")).values(care_ended_at=house.now)
    )
    clock: Clock = lambda: house.now  # noqa: E731
    await prove_everybody(house.store, clock)
    await proves(house, room)
    rows = await house.rows(
        sa.select(t.proofs.c.client_id, t.proofs.c.proved_at, t.proofs.c.due_at)
    )
    assert {row.client_id for row in rows} == {known("anne"), known("bert")}
    assert {(row.proved_at, row.due_at) for row in rows} == {(house.now, None)}


async def test_who_has_nothing_to_do_with_a_client_reads_no_proof_of_theirs(
    house: House, room: Room
) -> None:
    await away(house, "team", house.now, None)
    await hit(house, "anne")
    await proves(house, room)
    assert await codes(house)
    assert await codes(house, who=viewer("nurse", "nacht")) == []
