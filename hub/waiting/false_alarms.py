"""Six alarms of a device in seven days that were nothing: work for the team, not for the night.

A pendant that is pressed in bed each night, or a mat that slips, teaches people to stop believing
it. It is told once at the technical desk, with the reason and a date; then counting begins anew.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from adapters.contract import Kind
from hub.contain import contained
from hub.road.happened import noticed, record_event
from hub.store.false_alarms import TooOften, unconfirmed_since
from hub.store.unit_of_work import Store, UnitOfWork
from hub.words.kinds import OUTCOMES, word
from hub.words.times import WEEKDAYS

TOO_OFTEN, WITHIN = 6, timedelta(days=7)
LOOKS_EVERY = timedelta(minutes=10)
DONE_WITHIN = timedelta(days=7)


class FalseAlarms:
    """The worker that counts how the alarms of each device ended."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._looked_at: datetime | None = None
        self._any = False

    async def step(self, now: datetime) -> datetime | None:
        """Tell of devices that ring for nothing too often; the moment to count again."""
        if self._looked_at is None or now - self._looked_at >= LOOKS_EVERY:
            self._looked_at = now
            async with self.store.transaction() as uow:
                found = await unconfirmed_since(uow.db, now - WITHIN)
            self._any = bool(found)
            for one in found:
                if len(one.outcomes) >= TOO_OFTEN:
                    await self._contained(one.device_id, now)
        again = self._any or now > self._looked_at  # woken: alerts changed since
        return self._looked_at + LOOKS_EVERY if again else None

    async def _contained(self, device_id: UUID, now: datetime) -> None:
        with contained("false alarms could not be told", device=str(device_id)):
            await self.store.retried(lambda uow: _tell(uow, device_id, now))


async def _tell(uow: UnitOfWork, device_id: UUID, now: datetime) -> None:
    """Tell of one device, counted again under its client's lock: two hubs tell once."""
    device = await uow.devices.get(device_id)
    if device is None:
        return
    clients, homes = ({one} - {None} for one in (device.client_id, device.home_id))
    known = await uow.care.lock_at_home([*filter(None, clients)], [*filter(None, homes)])
    subject = known.subject(device.client_id, device.home_id)
    subject = subject or uow.care.nobody(device.organisation_id, device_id)
    for one in await unconfirmed_since(uow.db, now - WITHIN, device_id):
        if len(one.outcomes) >= TOO_OFTEN:
            event_id = uuid5(device_id, f"{Kind.FALSE_ALARMS}/{one.last_at.isoformat()}")
            event = noticed(event_id, Kind.FALSE_ALARMS, subject, now)
            text = _explained(one, now, ZoneInfo(subject.time_zone))
            event = replace(
                event, device_id=device_id, gateway_id=device.gateway_id, explanation=text
            )
            await record_event(uow, event, subject)
            uow.touched |= {"board", "due"}


def _explained(one: TooOften, now: datetime, zone: ZoneInfo) -> str:
    """Say in Dutch how often, how they ended, and by when somebody should do something."""
    ended = ", ".join(
        f"{times} keer {word(OUTCOMES, outcome).lower()}"
        for outcome, times in Counter(one.outcomes).most_common()
    )
    last, by = one.last_at.astimezone(zone), (now + DONE_WITHIN).astimezone(zone)
    return (
        f"In 7 dagen {len(one.outcomes)} keer alarm zonder dat er iets aan de hand was ({ended}),"
        f" het laatst op {last.day}-{last.month} om {last:%H:%M}. Bespreek uiterlijk"
        f" {WEEKDAYS[by.weekday()]} {by:%d-%m} met de cliënt hoe het apparaat gebruikt wordt."
    )
