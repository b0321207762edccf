"""Nights that `night explore` found once, as small as it made them: what they broke is mended."""

from pathlib import Path

import pytest

from hub.rehearsal import report
from hub.rehearsal.play import rehearse
from simulators.night_reading import load

# Nothing fails inside the hub: the second could not be stored, and ended as undecodable.
A_DOSE_TAKEN_TWICE = """
night: 1
title: An agreement makes an alarm of every dose that is taken, and two are
seed: 916
start: 2027-03-27T23:10
for: 247m
clients:
  gerrit:
    plan:
      - kinds: [medication.taken]
        priority: P2
        steps: [{level: own_team, wait: 5m}]
timeline:
  - {at: +74m7s, dose_taken: gerrit}
  - {at: +77m44s, dose_taken: gerrit}
expect:
  - {exactly_once: {opened: medication.taken}}
  - {reached: {repeated: medication.taken}}
  - never: {opened: technical.undecodable}
"""


@pytest.mark.parametrize("found", [A_DOSE_TAKEN_TWICE], ids=["a_dose_taken_twice"])
async def test_a_night_that_was_found_goes_well(
    found: str, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "found.yaml"
    file.write_text(found)
    account = await rehearse(load(file), database_url)
    assert not account.broken, "\n".join(report.lines(account))
