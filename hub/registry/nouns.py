"""The nouns of the registry: the fields of each, and how they lie in the tables.

Adding a noun is adding a value here: the API, the import, the export and their descriptions
follow from it. The order is the one in which they are written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from escalation.defaults import LivingForm
from escalation.model import Level
from hub.registry import plans, values
from hub.registry.values import Sort
from hub.store import tables as t


class Lies(StrEnum):
    """How a field lies in its column."""

    PLAIN = "plain"
    DATE = "date"
    MOMENT = "moment"
    LENGTH = "length"  # a length of time, in seconds
    REFERENCE = "reference"  # an id; the record has the external id
    BEGINS = "begins"  # the beginning of a range
    ENDS = "ends"
    LISTED = "listed"  # rows of a table of its own
    BODY = "body"  # part of an agreement's body


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of a noun; `refers` is the noun whose external id it holds."""

    name: str
    sort: Sort
    about: str
    column: str = ""
    lies: Lies = Lies.PLAIN
    needed: bool = False
    usual: Any = None
    refers: str = ""

    @property
    def at(self) -> str:
        """The name of its column."""
        return self.column or self.name


@dataclass(frozen=True, slots=True)
class Listing:
    """The table that holds a field's list: this column is ours, that one whom it names."""

    table: sa.Table
    own: str
    other: str


@dataclass(frozen=True, slots=True, eq=False)
class Noun:
    """One noun. `named` are the fields that make its name; `ends` is what ending it sets.

    `shared` nouns belong to no organisation alone; with `removed` it is taken away.
    """

    name: str
    table: sa.Table
    fields: tuple[Field, ...]
    about: str
    shared: bool = False
    removed: bool = False
    named: tuple[str, ...] = ("external_id",)
    keys: tuple[str, ...] = ("id",)
    ends: str = ""
    listing: Listing | None = None

    def field(self, name: str) -> Field | None:
        """Find a field by its name."""
        return next((one for one in self.fields if one.name == name), None)


def _called(about: str = "your own stable name for it", sort: Sort = values.NAME) -> Field:
    return Field("external_id", sort, about, needed=True)


def _text(name: str, about: str, *, needed: bool = False) -> Field:
    return Field(name, values.TEXT, about, needed=needed, usual="")


def _refers(name: str, noun: str, about: str, column: str = "", *, needed: bool = False) -> Field:
    return Field(
        name, values.NAME, about, column or f"{name}_id", Lies.REFERENCE, needed, refers=noun
    )


def _span(column: str, begins: str, ends: str, *, closed: bool = False) -> tuple[Field, Field]:
    return (
        Field(begins, values.MOMENT, "from this moment", column, Lies.BEGINS, needed=closed),
        Field(ends, values.MOMENT, "until just before this moment", column, Lies.ENDS, closed),
    )


def _ended(name: str = "ended_at") -> Field:
    return Field(name, values.MOMENT, "since when it no longer counts", lies=Lies.MOMENT)


ORGANISATIONS = Noun(
    "organisations",
    t.organisations,
    (
        _called("its level in topics, never changed", values.TOPIC_LEVEL),
        _text("name", "its name", needed=True),
        Field("sort", values.word("provider", "partner", "centre"), "what it is", needed=True),
        Field("time_zone", values.TEXT, "where its people live", usual="Europe/Amsterdam"),
        _text("phone", "its telephone number"),
        _refers("backup", "contacts", "its contact for the last resort", "backup_contact_id"),
    ),
    "Providers, night partners and care centres",
    shared=True,
)
REGIONS = Noun(
    "regions",
    t.regions,
    (
        _called(),
        _text("name", "its name", needed=True),
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
        _called(),
        Field(
            "sort",
            values.word("person", "team", "desk", "organisation"),
            "what it is: a team and a desk are contacts too",
            usual="person",
        ),
        _text("name", "the name", needed=True),
        Field("level", values.word(*Level), "on whose behalf they answer", needed=True),
        _text("phone", "the number a person calls"),
        Field("ways", values.WAYS, "how the hub reaches them, in order", usual=[]),
        Field(
            "member_of",
            values.WORDS,
            "the teams and desks they belong to",
            lies=Lies.LISTED,
            usual=[],
            refers="contacts",
        ),
        _ended(),
    ),
    "People, teams and desks that can be warned",
    ends="ended_at",
    listing=Listing(t.memberships, "person_id", "group_id"),
)
HOMES = Noun(
    "homes",
    t.homes,
    (
        _called(),
        _refers("region", "regions", "the area of night care it is in"),
        _text("street", "street and number"),
        _text("place", "place"),
        Field("living_form", values.word(*LivingForm), "who is near", usual="spread"),
        Field("latitude", values.number(-90, 90), "degrees north"),
        Field("longitude", values.number(-180, 180), "degrees east"),
        _ended(),
    ),
    "Addresses where clients live",
    ends="ended_at",
)
CLIENTS = Noun(
    "clients",
    t.clients,
    (
        _called(),
        _text("name", "the name", needed=True),
        Field("birth_date", values.DATE, "date of birth", lies=Lies.DATE),
        _refers("home", "homes", "where they live", needed=True),
        _refers("team", "contacts", "the own team"),
        _text("instructions", "what somebody at the door must know"),
        Field("options", values.OBJECT, "limits of the lifestyle rules", usual={}),
        _ended("care_ended_at"),
    ),
    "People who receive care",
    ends="care_ended_at",
)
RELATIONS = Noun(
    "relations",
    t.client_contacts,
    (
        _refers("client", "clients", "of whom", needed=True),
        _refers("contact", "contacts", "who", needed=True),
        _text("relation", "daughter, neighbour, ..."),
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
        _called(),
        _refers("client", "clients", "with whom; empty: the organisation's own default"),
        _text("name", "what it is called", needed=True),
        Field("kinds", plans.KINDS, "what it is about", lies=Lies.BODY, needed=True),
        Field("window", plans.WINDOW, "when; empty: always", lies=Lies.BODY),
        Field("steps", plans.STEPS, "who is called in turn", lies=Lies.BODY, needed=True),
        Field("rest", plans.REST, "consent, approval, inform, ...", lies=Lies.BODY, usual={}),
        Field("version", values.number(1, 1_000_000, whole=True), "its version", usual=1),
        *_span("valid", "valid_from", "valid_until"),
    ),
    "What was agreed: who is called, for what, when",
    ends="valid",
)
CONTRACTS = Noun(
    "contracts",
    t.service_contracts,
    (
        _called(),
        _refers("served_by", "organisations", "the centre or partner", needed=True),
        _refers("region", "regions", "where; empty: everywhere"),
        Field("role", values.word("centre", "partner"), "as what it serves", needed=True),
        *_span("valid", "valid_from", "valid_until"),
        Field(
            "response_target_seconds",
            values.SECONDS,
            "how soon somebody answers or is there",
            "response_target",
            Lies.LENGTH,
        ),
        Field("hours", plans.WINDOW, "at which hours; empty: always"),
    ),
    "Who serves an organisation: its care centre and night partners",
    ends="valid",
)
TURNS = Noun(
    "turns",
    t.turns,
    (
        _called(),
        _refers("region", "regions", "where", needed=True),
        _refers("partner", "organisations", "whose turn it is", needed=True),
        *_span("during", "begins", "ends"),
    ),
    "Whose turn the night is, by region",
    shared=True,
    ends="during",
)
ROSTERS = Noun(
    "rosters",
    t.rosters,
    (
        _refers("contact", "contacts", "who is called in shifts alone", needed=True),
        Field(
            "known_until",
            values.MOMENT,
            "until when the shifts are written",
            lies=Lies.MOMENT,
            needed=True,
        ),
    ),
    "Who is called in their shifts alone",
    removed=True,
    named=("contact",),
)
SHIFTS = Noun(
    "shifts",
    t.shifts,
    (
        _called(),
        _refers("contact", "contacts", "who works", needed=True),
        *_span("during", "begins", "ends", closed=True),
    ),
    "Who works when",
    ends="during",
)
ABSENCES = Noun(
    "absences",
    t.absences,
    (
        _called(),
        _refers("contact", "contacts", "who is away", needed=True),
        *_span("during", "begins", "ends"),
        _text("reason", "why"),
    ),
    "Who is away when",
    ends="during",
)
HOLIDAYS = Noun(
    "holidays",
    t.holidays,
    (
        Field("day", values.DATE, "the day", lies=Lies.DATE, needed=True),
        Field(
            "starts_seconds",
            values.number(0, 86_400),
            "how long after midnight it starts",
            "starts",
            Lies.LENGTH,
            usual=0,
        ),
        _text("name", "its name"),
    ),
    "An organisation's own holidays",
    removed=True,
    named=("day",),
    keys=("organisation_id", "day"),
)
GATEWAYS = Noun(
    "gateways",
    t.gateways,
    (
        _called("its level in topics, never used again", values.TOPIC_LEVEL),
        Field("adapters", values.WORDS, "what it may speak", usual=[]),
        _refers("home", "homes", "where it stands"),
        Field("listens", values.FLAG, "an integrator's, which hears", usual=False),
        _text("key_header", "the HTTP header with the id of a message"),
        Field("disabled_at", values.MOMENT, "since when it is not let in", lies=Lies.MOMENT),
    ),
    "What authenticates to the hub; `nachtwacht gateway secret` gives it a key",
    ends="disabled_at",
)
DEVICES = Noun(
    "devices",
    t.devices,
    (
        _called(),
        _refers("gateway", "gateways", "through what it speaks", needed=True),
        _text("adapter", "in whose language", needed=True),
        _text("key", "what it calls itself in its messages", needed=True),
        _refers("client", "clients", "whose it is"),
        _refers("home", "homes", "or of which home"),
        *(_text(one, one) for one in ("name", "model", "role", "polarity", "room")),
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
        _ended(),
    ),
    "What speaks through a gateway",
    ends="ended_at",
)

NOUNS: Mapping[str, Noun] = {
    one.name: one
    for one in (
        *(ORGANISATIONS, REGIONS, CONTACTS, HOMES, CLIENTS, RELATIONS, AGREEMENTS),
        *(CONTRACTS, TURNS, ROSTERS, SHIFTS, ABSENCES, HOLIDAYS, GATEWAYS, DEVICES),
    )
}
