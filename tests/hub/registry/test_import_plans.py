"""What an import, or a dry run of it, says of the care plans that hang on what it brings."""

from datetime import timedelta

import sqlalchemy as sa

from hub.clock import system_clock
from hub.store import tables as t
from tests.hub.registry.test_import import Desk, desk

__all__ = ["desk"]


async def test_a_dry_run_and_the_import_say_which_plans_do_not_hold_and_why(desk: Desk) -> None:
    assert "hold:" not in await desk.imports()
    ends = (system_clock() + timedelta(days=30)).date()
    desk.write(
        "contracts.csv",
        "organisation;external_id;served_by;role;valid_from;valid_until\n"
        f"els;centrale;baken;centre;2026-01-01;{ends}\n",
    )
    foreseen = await desk.imports("--dry-run")
    assert "2 plans would not hold:" in foreseen
    for client in ("cor", "rie"):
        assert f"  {client}: " in foreseen
    assert "no care centre hears it" in foreseen
    assert "Make or extend the agreement with a care centre." in foreseen
    assert foreseen.endswith("Dry run: nothing was written.\n")
    asked = sa.select(t.service_contracts.c.valid).where(
        t.service_contracts.c.external_id == "centrale"
    )
    async with desk.store.transaction() as uow:
        assert (await uow.db.execute(asked)).scalar_one().upper is None
    told = await desk.imports()
    assert "2 plans do not hold:" in told
    assert "no care centre hears it" in told
    assert "hold:" not in await desk.imports()
