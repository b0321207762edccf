"""Every table, by noun.

Every row has the `organisation_id` of the provider that owns it. Moments are `timestamptz` and
always come from the hub's clock: there are no server-side time defaults. `external_id` is the
organisation's own stable name for a thing, unique per organisation and noun.
"""

from hub.store.tables.access import access_log, api_tokens, sessions, sign_in_attempts, users
from hub.store.tables.activations import activations
from hub.store.tables.alerts import (
    alert_parties,
    alerts,
    applied_triggers,
    custodies,
    events,
    journal,
    links,
    outbox,
)
from hub.store.tables.brokers import broker_sessions
from hub.store.tables.care import agreements, client_contacts, clients, homes
from hub.store.tables.columns import metadata
from hub.store.tables.devices import device_states, devices, gateway_secrets, gateways
from hub.store.tables.duty import diverts, holidays, rosters, shifts
from hub.store.tables.messages import message_keys, messages, ripenings, seen_messages
from hub.store.tables.modes import modes
from hub.store.tables.mqtt import mqtt_hubs, mqtt_packets, mqtt_sessions
from hub.store.tables.out import (
    out_alerts,
    out_deliveries,
    out_events,
    out_listeners,
    out_party_alerts,
    out_pending,
    out_streams,
    out_webhooks,
)
from hub.store.tables.people import (
    absences,
    contacts,
    memberships,
    organisations,
    region_members,
    regions,
    service_contracts,
    turns,
)
from hub.store.tables.proofs import proofs
from hub.store.tables.registry import registry_changes
from hub.store.tables.sharing import disclosures
from hub.store.tables.supervision import listening, supervised
from hub.store.tables.suspects import suspects
from hub.store.tables.work import plan_work

__all__ = [
    "absences",
    "access_log",
    "activations",
    "agreements",
    "alert_parties",
    "alerts",
    "api_tokens",
    "applied_triggers",
    "broker_sessions",
    "client_contacts",
    "clients",
    "contacts",
    "custodies",
    "device_states",
    "devices",
    "disclosures",
    "diverts",
    "events",
    "gateway_secrets",
    "gateways",
    "holidays",
    "homes",
    "journal",
    "links",
    "listening",
    "memberships",
    "message_keys",
    "messages",
    "metadata",
    "modes",
    "mqtt_hubs",
    "mqtt_packets",
    "mqtt_sessions",
    "organisations",
    "out_alerts",
    "out_deliveries",
    "out_events",
    "out_listeners",
    "out_party_alerts",
    "out_pending",
    "out_streams",
    "out_webhooks",
    "outbox",
    "plan_work",
    "proofs",
    "region_members",
    "regions",
    "registry_changes",
    "ripenings",
    "rosters",
    "seen_messages",
    "service_contracts",
    "sessions",
    "shifts",
    "sign_in_attempts",
    "supervised",
    "suspects",
    "turns",
    "users",
]
