"""How soon the night partners of a provider have agreed to be there."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.windows import Window, zone_of
from hub.store.values import stored_or_none

# A turn changes at the service hour: whose begins or ends within a day may have the night.
AGREED = sa.text("""
WITH here AS (
    SELECT o.id, o.time_zone, (SELECT region_id FROM homes WHERE id = :home) AS region_id
    FROM organisations o WHERE o.id = :organisation
), agreed AS (
    SELECT s.served_by_id, s.hours, s.response_target, here.time_zone
    FROM here JOIN service_contracts s ON s.organisation_id = here.id
    WHERE s.role = 'partner' AND s.valid @> CAST(:now AS timestamptz)
      AND (s.region_id IS NULL OR s.region_id = here.region_id)
), promised AS (
    SELECT * FROM agreed
    UNION ALL
    SELECT t.partner_id, NULL, NULL, here.time_zone
    FROM here JOIN turns t USING (region_id)
    WHERE t.during && tstzrange(CAST(:now AS timestamptz) - interval '1 day',
                                CAST(:now AS timestamptz) + interval '1 day')
      AND t.partner_id NOT IN (SELECT served_by_id FROM agreed)
)
SELECT c.id, p.hours, p.response_target, p.time_zone
FROM promised p JOIN contacts c ON c.organisation_id = p.served_by_id
WHERE c.level = 'night_partner' AND c.sort IN ('organisation', 'team')
""")

Targets = Mapping[UUID, timedelta | None]


async def read_response_targets(
    db: AsyncConnection, organisation_id: UUID, home_id: UUID | None, now: datetime
) -> Targets:
    """Say how soon each partner that may be called for this home now promised to be there.

    By contact; None: it promised nothing. Of agreements that hold together the longest counts,
    so that a screen never says sooner than any of them.
    """
    asked = {"organisation": organisation_id, "home": home_id, "now": now}
    found: dict[UUID, timedelta | None] = {}
    for row in await db.execute(AGREED, asked):
        hours = stored_or_none(Window, row.hours)
        if hours is None or hours.covers(now, zone_of(row.time_zone)):
            found[row.id] = _longest(found.get(row.id, timedelta()), row.response_target)
    return found


def _longest(one: timedelta | None, other: timedelta | None) -> timedelta | None:
    return None if one is None or other is None else max(one, other)
