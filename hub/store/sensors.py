"""The sensors from which a client's rhythm is read, and whether they are heard."""

from collections.abc import Iterable
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


SENSORS = b"""
SELECT d.key, d.role, d.room, d.client_id, coalesce(s.channel, '') AS channel,
       greatest(d.last_seen_at, s.seen_at) AS seen_at,
       g.disabled_at IS NOT NULL OR v.lost_at IS NOT NULL AS lost, coalesce(v.folded, false)
FROM devices d JOIN gateways g ON g.id = d.gateway_id
LEFT JOIN device_states s ON s.device_id = d.id AND s.channel = ANY(%(channels)s::text[])
LEFT JOIN supervised v ON v.thing_id = d.id
WHERE (d.client_id = %(client_id)s OR d.home_id = %(home_id)s) AND d.ended_at IS NULL
ORDER BY d.key, s.channel
"""


async def sensors_of(
    straight: Straight, client_id: UUID, home_id: UUID, channels: Iterable[str]
) -> list[Hears]:
    """Read what is registered of a client and their home, and last spoke by one of these."""
    values = {"client_id": client_id, "home_id": home_id, "channels": list(channels)}
    return [Hears(*row) for row in await straight.rows(SENSORS, values)]
