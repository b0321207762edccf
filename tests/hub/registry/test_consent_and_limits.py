"""What a caregiver can bear and what was consented to: every misspelt word is told, by line."""

import sqlalchemy as sa

from hub.store import tables as t
from tests.hub.registry.region import FILES
from tests.hub.registry.test_import import Desk, desk

__all__ = ["desk"]

HEAD = "organisation;external_id;client;name;kinds;steps;rest"


def agreed(rest: str) -> str:
    quoted = rest.replace('"', '""')
    return f'els;cor/gps;cor;GPS;location.*;care_centre 2 > own_team 3;"{quoted}"'


async def refused(desk: Desk, rest: str) -> str:
    desk.write("agreements.csv", f"{HEAD}\n{agreed(rest)}\n")
    return await desk.imports("--dry-run", status=1)


async def limits(desk: Desk, said: str) -> str:
    quoted = said.replace('"', '""')
    line = f'els;cor;dochter;dochter;1;ja;"{quoted}"'
    desk.write("relations.csv", f"{FILES['relations.csv'].splitlines()[0]}\n{line}\n")
    return await desk.imports("--dry-run", status=1)


async def test_a_misspelt_limit_is_told_with_line_column_and_remedy(desk: Desk) -> None:
    said = await limits(desk, '{"wakeups": 2}')
    assert "relations.csv:2:limits: 'wakeups' is not known here." in said
    assert "Use wake_ups_a_week, two_nights_in_a_row, quiet." in said
    assert "is a whole number" in await limits(desk, '{"wake_ups_a_week": "twee"}')
    assert "is yes or no" in await limits(desk, '{"two_nights_in_a_row": "nee"}')
    assert "'22-7' is no window" in await limits(desk, '{"quiet": "22-7"}')


async def test_a_misspelt_consent_or_inform_line_is_told(desk: Desk) -> None:
    said = {"by": "client", "given_at": "2026-01-01T00:00:00Z"}
    told = await refused(desk, f'{{"consent": {said}}}'.replace("'", '"')[:-2] + ', "gps": 1}}')
    assert "agreements.csv:2:rest: 'gps' is not known here." in told
    whole = '{{"consent": {{"by": "client", "given_at": "2026-01-01T00:00:00Z", {}}}}}'
    assert "Use door, gps, camera." in await refused(desk, whole.format('"measures": ["gsp"]'))
    both = '"measures": ["gps"], "refused": ["gps"]'
    assert "gps is in measures and in refused" in await refused(desk, whole.format(both))
    lines = '{"inform": [{"who": "dochter", "wen": "at_once"}]}'
    assert "'wen' is not known here. Use who, when." in await refused(desk, lines)


async def test_what_was_refused_under_the_law_does_not_come_in(desk: Desk) -> None:
    no = '{"consent": {"by": "client", "given_at": "2026-01-01T00:00:00Z", "refused": ["gps"]}}'
    told = await refused(desk, no)
    assert "agreements.csv:2:steps: cor: 'GPS' acts on what was refused under the Wzd" in told
    assert "write down that it may be done now" in told
    assert await desk.count(t.agreements) == 0


async def test_quiet_hours_come_in_as_people_write_them(desk: Desk) -> None:
    quiet = '{""wake_ups_a_week"": 2, ""two_nights_in_a_row"": false, ""quiet"": ""22:00-07:00""}'
    head = FILES["relations.csv"].splitlines()[0]
    desk.write("relations.csv", f'{head}\nels;cor;dochter;dochter;1;ja;"{quiet}"\n')
    await desk.imports()
    async with desk.store.transaction() as uow:
        (stored,) = (await uow.db.execute(sa.select(t.client_contacts.c.limits))).scalars()
    assert stored["quiet"] == {"begins": 22 * 3600, "ends": 7 * 3600}
    assert "1 unchanged" in await desk.imports()
