"""What a night partner agreed on reaches the proof, from the registry to the sentence."""

import argparse
import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from hub.plans import command
from hub.store import tables as t
from tests.hub.house import EVENING, House, known

DAY = timedelta(days=1)
FAR, NEAR = timedelta(minutes=60), timedelta(minutes=30)
ALWAYS = Range(EVENING - 9 * DAY, None)
LATELY = Range(EVENING - 9 * DAY, EVENING - 3 * DAY)


@pytest.mark.parametrize(
    ("agreed", "warned"),
    [
        ([(FAR, ALWAYS)], True),
        ([(FAR, ALWAYS), (NEAR, ALWAYS)], True),
        ([(NEAR, ALWAYS)], False),
        ([(FAR, LATELY), (NEAR, ALWAYS)], False),
        ([(None, ALWAYS)], False),
    ],
    ids=["far", "the longest counts", "near", "what is over does not count", "nothing promised"],
)
async def test_a_partner_that_agreed_on_too_long_is_told(
    house: House,
    database_url: str,
    capsys: pytest.CaptureFixture[str],
    agreed: list[tuple[timedelta | None, Range[object]]],
    warned: bool,
) -> None:
    whose = {"organisation_id": known("zorg"), "served_by_id": known("nacht"), "role": "partner"}
    for number, (target, valid) in enumerate(agreed):
        row = {"id": known(f"agreed-{number}"), "response_target": target, "valid": valid}
        await house.changes(sa.insert(t.service_contracts).values(**whose, **row))
    commands = argparse.ArgumentParser().add_subparsers()
    given = command.add_parser(commands).parse_args(["check", "--client", "anne", "--days", "2"])
    assert await asyncio.to_thread(command.main, given, database_url, house.now) == 0
    said = capsys.readouterr().out
    assert ("aanrijtijd van 60:00 min afgesproken, hooguit 45:00 min mag: night" in said) is warned
    assert ("aanrijtijd" in said) is warned
