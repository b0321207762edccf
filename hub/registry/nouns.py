"""The nouns of the registry: the fields of each, and how they lie in the tables.

Adding a noun is adding a value here or in `duty`: the API, the import, the export and their
descriptions follow from it. The order is the one in which they are written.
"""

from collections.abc import Mapping

from escalation.defaults import LivingForm
from escalation.model import Level
from escalation.modes import Mode
from hub.registry import plans, values
from hub.registry.duty import ABSENCES, CONTRACTS, DIVERTS, HOLIDAYS, ROSTERS, SHIFTS, TURNS
from hub.registry.fields import Field, Lies, Listing, Noun, called, ended, refers, span, text
from hub.store import tables as t


def _moment(name: str, about: str, *, needed: bool = False) -> Field:
    return Field(name, values.MOMENT, about, lies=Lies.MOMENT, needed=needed)


ORGANISATIONS = Noun(
    "organisations",
    t.organisations,
    (
        called("its level in topics, never changed", values.TOPIC_LEVEL),
        text("name", "its name", needed=True),
        Field("sort", values.word("provider", "partner", "centre"), "what it is", needed=True),
        Field("time_zone", values.TEXT, "where its people live", usual="Europe/Amsterdam"),
        text("phone", "its telephone number"),
        refers("backup", "contacts", "its contact for the last resort", "backup_contact_id"),
    ),
    "Providers, night partners and care centres",
    shared=True,
)
REGIONS = Noun(
    "regions",
    t.regions,
    (
        called(),
        text("name", "its name", needed=True),
        Field(
            "members",
            values.WORDS,
            "the organisations in it",
            lies=Lies.LISTED,
            usual=[],
            refers="organisations",
        ),
        Field(
            "service_hour_seconds",
            values.number(0, 86_400),
            "how long after midnight turns change, from 04:00; empty: at the moments they say",
            "service_hour",
            Lies.LENGTH,
        ),
    ),
    "Areas of night care",
    shared=True,
    listing=Listing(t.region_members, "region_id", "organisation_id"),
)
CONTACTS = Noun(
    "contacts",
    t.contacts,
    (
        called(),
        Field(
            "sort",
            values.word("person", "team", "desk", "organisation"),
            "what it is: a team and a desk are contacts too",
            usual="person",
        ),
        text("name", "the name", needed=True),
        Field("level", values.word(*Level), "on whose behalf they answer", needed=True),
        text("phone", "the number a person calls"),
        Field("ways", values.WAYS, "how the hub reaches them, in order", usual=[]),
        Field(
            "member_of",
            values.WORDS,
            "the teams and desks they belong to",
            lies=Lies.LISTED,
            usual=[],
            refers="contacts",
        ),
        ended(),
    ),
    "People, teams and desks that can be warned",
    ends="ended_at",
    listing=Listing(t.memberships, "person_id", "group_id"),
)
HOMES = Noun(
    "homes",
    t.homes,
    (
        called(),
        refers("region", "regions", "the area of night care it is in"),
        text("street", "street and number"),
        text("place", "place"),
        Field("living_form", values.word(*LivingForm), "who is near", usual="spread"),
        Field("latitude", values.number(-90, 90), "degrees north"),
        Field("longitude", values.number(-180, 180), "degrees east"),
        ended(),
    ),
    "Addresses where clients live",
    ends="ended_at",
)
CLIENTS = Noun(
    "clients",
    t.clients,
    (
        called(),
        text("name", "the name", needed=True),
        Field("birth_date", values.DATE, "date of birth", lies=Lies.DATE),
        refers("home", "homes", "where they live", needed=True),
        refers("team", "contacts", "the own team"),
        text("instructions", "what somebody at the door must know"),
        Field("options", values.OBJECT, "limits of the lifestyle rules", usual={}),
        ended("care_ended_at"),
    ),
    "People who receive care",
    ends="care_ended_at",
)
RELATIONS = Noun(
    "relations",
    t.client_contacts,
    (
        refers("client", "clients", "of whom", needed=True),
        refers("contact", "contacts", "who", needed=True),
        text("relation", "daughter, neighbour, ..."),
        Field("position", values.number(1, 1000, whole=True), "in which order called", usual=1),
        Field("consent", values.FLAG, "whether they may be called", usual=True),
        Field("limits", plans.LIMITS, "how often they may be woken"),
    ),
    "Who is near to a client, by client/contact",
    named=("client", "contact"),
    keys=("client_id", "contact_id"),
    ends="consent",
)
AGREEMENTS = Noun(
    "agreements",
    t.agreements,
    (
        called(),
        refers("client", "clients", "with whom; empty: the organisation's own default"),
        text("name", "what it is called", needed=True),
        Field("kinds", plans.KINDS, "what it is about", lies=Lies.BODY, needed=True),
        Field("window", plans.WINDOW, "when; empty: always", lies=Lies.BODY),
        Field("steps", plans.STEPS, "who is called in turn", lies=Lies.BODY, needed=True),
        Field("rest", plans.REST, "consent, approval, inform, ...", lies=Lies.BODY, usual={}),
        Field("version", values.number(1, 1_000_000, whole=True), "its version", usual=1),
        *span("valid", "valid_from", "valid_until"),
    ),
    "What was agreed: who is called, for what, when",
    ends="valid",
)
MODES = Noun(
    "modes",
    t.modes,
    (
        called(),
        refers("client", "clients", "whose", needed=True),
        Field("mode", values.word(*Mode), "how things stand", needed=True),
        _moment("begins_at", "from this moment", needed=True),
        _moment("ends_at", "until this moment, at which it ends by itself", needed=True),
        text("note", "what everybody who reads it must know"),
        text("street", "of elsewhere: street and number"),
        text("place", "of elsewhere: place"),
        refers("region", "regions", "of elsewhere: whose night partner comes"),
        refers("provider", "organisations", "of elsewhere: whose team comes"),
        ended(),
    ),
    "How things stand with a client for a while: in hospital, away, not alone",
    ends="ended_at",
    dated="set_at",
)
GATEWAYS = Noun(
    "gateways",
    t.gateways,
    (
        called("its level in topics, never used again", values.TOPIC_LEVEL),
        Field("adapters", values.WORDS, "what it may speak", usual=[]),
        refers("home", "homes", "where it stands"),
        Field("listens", values.FLAG, "an integrator's, which hears", usual=False),
        text("key_header", "the HTTP header with the id of a message"),
        Field("disabled_at", values.MOMENT, "since when it is not let in", lies=Lies.MOMENT),
    ),
    "What authenticates to the hub; `nachtwacht gateway secret` gives it a key",
    ends="disabled_at",
)
DEVICES = Noun(
    "devices",
    t.devices,
    (
        called(),
        refers("gateway", "gateways", "through what it speaks", needed=True),
        text("adapter", "in whose language", needed=True),
        text("key", "what it calls itself in its messages", needed=True),
        refers("client", "clients", "whose it is"),
        refers("home", "homes", "or of which home"),
        *(text(one, one) for one in ("name", "model", "role", "polarity", "room")),
        Field("time_zone", values.TEXT, "of a device that names none", usual="Europe/Amsterdam"),
        Field(
            "hold_off_seconds",
            values.SECONDS,
            "how long a level must last",
            "hold_off",
            Lies.LENGTH,
            usual=0,
        ),
        Field(
            "expected_interval_seconds",
            values.SECONDS,
            "how often it is heard",
            "expected_interval",
            Lies.LENGTH,
        ),
        Field("options", values.OBJECT, "what its adapter must know", usual={}),
        ended(),
    ),
    "What speaks through a gateway",
    ends="ended_at",
)

NOUNS: Mapping[str, Noun] = {
    one.name: one
    for one in (
        *(ORGANISATIONS, REGIONS, CONTACTS, HOMES, CLIENTS, RELATIONS, AGREEMENTS, MODES),
        *(CONTRACTS, TURNS, ROSTERS, SHIFTS, ABSENCES, DIVERTS, HOLIDAYS, GATEWAYS, DEVICES),
    )
}
