"""The sensors from which a client's rhythm is read, and whether they are heard."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.store.straight import Straight


@dataclass(frozen=True, slots=True)
class Hears:
    """One channel of a device of a client or of a home. `channel` is empty where it never spoke."""

    key: str
    role: str
    room: str
    client_id: UUID | None
    channel: str
    seen_at: datetime | None
    lost: bool
    folded: bool


# Whose they are comes first: what hangs in a home is found once for each who lives there.
SENSORS = b"""
SELECT c.id AS whose, d.key, d.role, d.room, d.client_id, coalesce(s.channel, '') AS channel,
       greatest(d.last_seen_at, s.seen_at) AS seen_at,
       g.disabled_at IS NOT NULL OR v.lost_at IS NOT NULL AS lost, coalesce(v.folded, false)
FROM clients c CROSS JOIN LATERAL (
    SELECT * FROM devices WHERE client_id = c.id
    UNION ALL
    SELECT * FROM devices WHERE home_id = c.home_id
) d JOIN gateways g ON g.id = d.gateway_id
LEFT JOIN device_states s ON s.device_id = d.id AND s.channel = ANY(%(channels)s::text[])
LEFT JOIN supervised v ON v.thing_id = d.id
WHERE c.id = ANY(%(clients)s::uuid[]) AND d.ended_at IS NULL
ORDER BY c.id, d.key, s.channel
"""


async def sensors_of(
    straight: Straight, client_ids: Iterable[UUID], channels: Iterable[str]
) -> Mapping[UUID, Sequence[Hears]]:
    """Read for each of these clients what is registered of them and of their home.

    With what it last said on one of these channels. Who has nothing is left out.
    """
    found: dict[UUID, list[Hears]] = defaultdict(list)
    values = {"clients": list(client_ids), "channels": list(channels)}
    for whose, *hears in await straight.rows(SENSORS, values):
        found[whose].append(Hears(*hears))
    return found
