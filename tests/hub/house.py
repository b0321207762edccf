"""A house to test in: a real database, every worker, and the clock in the hand."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from adapters.contract import Call
from adapters.outbound import webhook
from escalation.agreements import Agreement
from escalation.decision import Answer
from escalation.model import Actor, Level, Outcome, Step
from escalation.triggers import Accepted, Claimed, Resolved
from escalation.windows import Window
from hub.access.viewer import Viewer
from hub.decoders.finding import load_adapters
from hub.decoders.heard import Heard
from hub.decoders.reading import Reader
from hub.incoming.intake import store_alarms, store_telemetry
from hub.road.deliver import Deliver
from hub.road.handling import handle
from hub.sources.arrival import Arrival, Principal
from hub.store import tables as t
from hub.store.unit_of_work import Store, open_store
from hub.store.values import encode
from hub.waiting.after_modes import EndModes
from hub.waiting.ripening import Ripen
from hub.waiting.sweep import Sweep
from hub.workers import Worker, step_to_quiet

EVENING = datetime.fromisoformat("2026-01-12T22:00:00+00:00")  # 23:00 in Amsterdam, a Monday
NAMES = UUID("8e1f6c3a-6d5b-4b57-9d55-5d2f6f7b6a11")
MINUTE = timedelta(minutes=1)


def known(name: str) -> UUID:
    """The id of anything in the house."""
    return uuid5(NAMES, name)


PRINCIPAL = Principal(
    known("gateway"), known("zorg"), "zorg", "gw1", frozenset({"native", "zigbee2mqtt"})
)


@dataclass
class Telephones:
    """The world outside: remembers what was sent, and answers as it was told to."""

    calls: list[Call] = field(default_factory=list)
    status: dict[str, int] = field(default_factory=dict)
    away: bool = False

    async def send(self, call: Call) -> tuple[int, bytes]:
        if self.away:
            raise ConnectionError("no answer")
        self.calls.append(call)
        return self.status.get(call.url.rsplit("/", 1)[-1], 200), b""


class House:
    """One hub without its sockets. `now` moves only when a test moves it."""

    def __init__(self, store: Store, now: datetime = EVENING) -> None:
        self.store, self.now = store, now
        self.telephones = Telephones()
        self.reader = Reader(store, load_adapters(("native", "zigbee2mqtt")), uuid4)
        self.deliver = Deliver(
            store, {"webhook": webhook}, self.telephones.send, b"s" * 32, "http://hub.test"
        )
        self.sweep = Sweep(store)
        self.workers = [
            Worker("sweep", self.sweep.step, ()),
            Worker("modes", EndModes(store).step, ()),
            Worker("ripen", Ripen(store).step, ()),
            Worker("deliver", self.deliver.step, ()),
        ]

    # --- what the world does -----------------------------------------------------------------

    async def receives(
        self, topic: str, payload: Any, *, principal: Principal = PRINCIPAL, **more: Any
    ) -> Heard:
        """A message comes in at the front door and is stored."""
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        arrival = Arrival(
            principal, topic, raw, qos=more.pop("qos", 1), received_at=self.now, **more
        )
        heard = await self.reader.hear(arrival)
        await (store_alarms if heard.can_ring else store_telemetry)(self.store, [heard])
        return heard

    async def press(
        self, pendant: str = "pendant-1", *, replayed: bool = False, key: str = "", **more: Any
    ) -> Heard:
        """Somebody presses the button of a pendant."""
        topic, body = f"in/zorg/gw1/native/{pendant}", {"kind": "alarm.button", **more}
        return await self.receives(topic, body, replayed=replayed, key=key)

    async def quiet(self) -> datetime | None:
        """Every worker does all there is to do now; the next moment something happens."""
        return await step_to_quiet(self.workers, self.now)

    async def passes(self, length: timedelta) -> None:
        """Time passes: the clock stops at every moment at which something happens by itself."""
        until = self.now + length
        while (upcoming := await self.quiet()) is not None and upcoming <= until:
            self.now = max(upcoming, self.now)
        self.now = until
        await self.quiet()

    # --- what people do ----------------------------------------------------------------------

    async def accepts(self, alert_id: UUID, who: str, **more: Any) -> Answer:
        return await self.answers(alert_id, Accepted(id=uuid4(), by=actor(who), **more))

    async def claims(self, alert_id: UUID, who: str = "anna") -> Answer:
        return await self.answers(alert_id, Claimed(id=uuid4(), by=actor(who)))

    async def resolves(self, alert_id: UUID, who: str = "anna") -> Answer:
        trigger = Resolved(id=uuid4(), by=actor(who), outcome=Outcome.REAL_NOT_URGENT)
        return await self.answers(alert_id, trigger)

    async def answers(self, alert_id: UUID, trigger: Any) -> Answer:
        async with self.store.transaction() as uow:
            return await handle(uow, alert_id, trigger, self.now)

    async def changes(self, statement: Any) -> None:
        """Somebody changes a row by hand."""
        async with self.store.transaction() as uow:
            await uow.db.execute(statement)

    # --- what can be seen --------------------------------------------------------------------

    async def rows(self, query: Any) -> Sequence[Any]:
        async with self.store.transaction() as uow:
            return (await uow.db.execute(query)).all()

    async def alerts(self) -> Sequence[Any]:
        return await self.rows(sa.select(t.alerts).order_by(t.alerts.c.opened_at, t.alerts.c.id))

    async def only_alert(self) -> UUID:
        (alert,) = await self.alerts()
        found: UUID = alert.id
        return found

    async def journal(self, alert_id: UUID) -> list[str]:
        rows = await self.rows(
            sa.select(t.journal.c.what)
            .where(t.journal.c.alert_id == alert_id)
            .order_by(t.journal.c.id)
        )
        return [row.what for row in rows]

    def called(self) -> list[str]:
        """Who was called by telephone so far, in order; and forgets it."""
        called = [
            call.url.rsplit("/", 1)[-1]
            for call in self.telephones.calls
            if json.loads(call.body)["purpose"] == "warn"
        ]
        self.telephones.calls.clear()
        return called


LEVELS = {
    "daughter": Level.INFORMAL_CAREGIVER,
    "team": Level.OWN_TEAM,
    "nurse": Level.NIGHT_PARTNER,
    "night": Level.NIGHT_PARTNER,
    "anna": Level.CARE_CENTRE,
    "bas": Level.CARE_CENTRE,
    "desk": Level.CARE_CENTRE,
    "backup": Level.BACKUP,
}
GROUPS = {"nurse": "night", "anna": "desk", "bas": "desk"}


def actor(name: str) -> Actor:
    """Somebody in the house, as they answer."""
    groups = frozenset({known(GROUPS[name])}) if name in GROUPS else frozenset()
    return Actor(known(name), LEVELS[name], groups)


def viewer(name: str = "anna", organisation: str = "centre") -> Viewer:
    """Somebody in the house, as they look."""
    one = actor(name)
    return Viewer(
        known(f"user-{name}"), known(organisation), one.id, "operator", name, one.level,
        one.answers_for,
    )  # fmt: skip


def agreement(
    kinds: tuple[str, ...],
    *levels: Level,
    wait: timedelta = 2 * MINUTE,
    window: Window | None = None,
) -> dict[str, Any]:
    """The body of an agreement that calls these levels in turn."""
    steps = tuple(Step(level, wait) for level in levels)
    body: dict[str, Any] = encode(Agreement(known("agreement"), kinds, steps, window))
    return {key: said for key, said in body.items() if key not in ("id", "name")}


async def furnish(store: Store) -> None:
    """Put a provider, a centre, a night partner, two homes and three clients in the database."""
    async with store.transaction() as uow:
        for table, rows in _rows().items():
            await uow.db.execute(sa.insert(table), rows)


def _contact(name: str, organisation: str, sort: str, *, called: bool = True) -> dict[str, Any]:
    ways = [{"way": "webhook", "address": f"http://people.test/{name}"}] if called else []
    return {
        "id": known(name),
        "organisation_id": known(organisation),
        "external_id": name,
        "sort": sort,
        "name": name.title(),
        "level": LEVELS[name].value,
        "ways": ways,
    }


def _device(key: str, adapter: str, whose: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": known(key),
        "organisation_id": known("zorg"),
        "external_id": key,
        "gateway_id": known("gateway"),
        "adapter": adapter,
        "key": key,
        "client_id": None,
        "home_id": None,
        "role": "",
        "polarity": "",
        "room": "",
        "hold_off": timedelta(),
        **whose,
        **more,
    }


def _rows() -> dict[sa.Table, list[dict[str, Any]]]:
    valid = Range(EVENING - timedelta(days=365), EVENING + timedelta(days=3650))
    anne, bert = {"client_id": known("anne")}, {"client_id": known("bert")}
    organisations = (("zorg", "provider"), ("centre", "centre"), ("nacht", "partner"))
    z2m = "zigbee2mqtt"
    return {
        t.organisations: [
            {"id": known(one), "external_id": one, "name": one.title(), "sort": sort,
             "backup_contact_id": known("backup") if sort == "provider" else None}
            for one, sort in organisations
        ],
        t.regions: [{"id": known("region"), "external_id": "region", "name": "Region"}],
        t.contacts: [
            _contact("daughter", "zorg", "person"),
            _contact("team", "zorg", "team"),
            _contact("backup", "zorg", "person"),
            _contact("night", "nacht", "team"),
            _contact("nurse", "nacht", "person", called=False),
            _contact("desk", "centre", "desk", called=False),
            _contact("anna", "centre", "person", called=False),
            _contact("bas", "centre", "person", called=False),
        ],
        t.turns: [
            {"id": known("turn"), "region_id": known("region"), "partner_id": known("nacht"),
             "during": valid}
        ],
        t.service_contracts: [
            {"id": known("served"), "organisation_id": known("zorg"), "role": "centre",
             "served_by_id": known("centre"), "valid": valid}
        ],
        t.homes: [
            {"id": known(home), "organisation_id": known("zorg"), "external_id": home,
             "region_id": known("region")}
            for home in ("home-1", "home-2")
        ],
        t.clients: [
            {"id": known(name), "organisation_id": known("zorg"), "external_id": name,
             "home_id": known(home), "team_id": known("team"), "name": name.title(),
             "options": {"out_of_bed_minutes": 20}}
            for name, home in (("anne", "home-1"), ("bert", "home-2"), ("carla", "home-2"))
        ],
        t.client_contacts: [
            {"organisation_id": known("zorg"), "client_id": known("anne"),
             "contact_id": known("daughter"), "relation": "dochter"}
        ],
        t.gateways: [
            {"id": known("gateway"), "organisation_id": known("zorg"), "external_id": "gw1",
             "secret_hash": b"x", "adapters": ["native", z2m]}
        ],
        t.devices: [
            _device("pendant-1", "native", anne, role="pendant"),
            _device("pendant-2", "native", bert, role="pendant"),
            _device("pendant-3", "native", {"client_id": known("carla")}, role="pendant"),
            _device("bed-1", z2m, anne, role="bed", room="slaapkamer"),
            _device("motion-1", z2m, anne, role="motion", room="keuken"),
            _device("door-1", z2m, {"home_id": known("home-1")}, role="outside_door", room="hal"),
            _device("smoke-1", z2m, {"home_id": known("home-2")}, role="smoke"),
            _device("mains-1", "native", anne, hold_off=timedelta(minutes=15)),
        ],
    }  # fmt: skip


def open_house(url: str) -> Store:
    """Open a small pool on a database."""
    return open_store(
        "postgresql+psycopg://" + url.partition("://")[2], size=6, statement_timeout=10
    )
