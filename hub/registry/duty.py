"""The nouns of duty: who serves whom, whose turn it is, who works, is away or sends calls on."""

from hub.registry import plans, values
from hub.registry.fields import Field, Lies, Noun, called, refers, span, text
from hub.store import tables as t

CONTRACTS = Noun(
    "contracts",
    t.service_contracts,
    (
        called(),
        refers("served_by", "organisations", "the centre or partner", needed=True),
        refers("region", "regions", "where; empty: everywhere"),
        Field("role", values.word("centre", "partner"), "as what it serves", needed=True),
        *span("valid", "valid_from", "valid_until"),
        Field(
            "response_target_seconds",
            values.SECONDS,
            "how soon somebody answers or is there",
            "response_target",
            Lies.LENGTH,
        ),
        Field("hours", plans.WINDOW, "at which hours; empty: always"),
        Field(
            "shares",
            values.SHARES,
            "what it may see of clients; empty: everything",
            usual=[values.EVERYTHING],
        ),
    ),
    "Who serves an organisation: its care centre and night partners",
    ends="valid",
)
TURNS = Noun(
    "turns",
    t.turns,
    (
        called(),
        refers("region", "regions", "where", needed=True),
        refers("partner", "organisations", "whose turn it is", needed=True),
        *span("during", "begins", "ends"),
    ),
    "Whose turn the night is, by region",
    shared=True,
    ends="during",
)
ROSTERS = Noun(
    "rosters",
    t.rosters,
    (
        refers("contact", "contacts", "who is called in shifts alone", needed=True),
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
        called(),
        refers("contact", "contacts", "who works", needed=True),
        *span("during", "begins", "ends", closed=True),
    ),
    "Who works when",
    ends="during",
)
ABSENCES = Noun(
    "absences",
    t.absences,
    (
        called(),
        refers("contact", "contacts", "who is away", needed=True),
        *span("during", "begins", "ends"),
        text("reason", "why"),
    ),
    "Who is away when",
    ends="during",
)
DIVERTS = Noun(
    "diverts",
    t.diverts,
    (
        called(),
        refers("contact", "contacts", "whose calls", needed=True),
        refers(
            "to", "contacts", "to whom they go; another's as `uil/nacht`", needed=True, abroad=True
        ),
        *span("during", "begins", "ends", closed=True),
    ),
    "Who sends their calls on to another, until when",
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
            "how long after midnight it starts: 64800 is 18:00",
            "starts",
            Lies.LENGTH,
            usual=0,
        ),
        text("name", "its name"),
    ),
    "An organisation's own holidays",
    removed=True,
    named=("day",),
    keys=("organisation_id", "day"),
)
