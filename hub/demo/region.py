"""The demo region: invented people in invented places, cared for by invented organisations.

Plain facts by external id; `hub.demo.seeding` turns them into rows. Nothing here is secret.
"""

from dataclasses import dataclass
from datetime import date

REGION = ("veenland", "Veenland")
TIME_ZONE = "Europe/Amsterdam"

PROVIDERS = ("lisdodde", "merelveld")
PARTNER = "uilenvlucht"
CENTRE = "lantaarn"

ORGANISATIONS = {
    "lisdodde": ("Thuiszorg De Lisdodde", "provider"),
    "merelveld": ("Zorggroep Merelveld", "provider"),
    "uilenvlucht": ("Nachtzorg Uilenvlucht", "partner"),
    "lantaarn": ("Zorgcentrale De Lantaarn", "centre"),
}


@dataclass(frozen=True, slots=True)
class Somebody:
    """A contact; with `called` the hub can reach them by webhook."""

    owner: str
    id: str
    name: str
    level: str
    sort: str = "person"
    called: bool = True
    member_of: str = ""


@dataclass(frozen=True, slots=True)
class Resident:
    """A client, and the informal caregivers in the order in which they are called.

    `dementia` asks for a shorter time out of bed.
    """

    id: str
    name: str
    born: date
    home: str
    caregivers: tuple[tuple[str, str], ...] = ()
    instructions: str = ""
    dementia: bool = False
    dose_matters: bool = False


@dataclass(frozen=True, slots=True)
class House:
    """A home; street, number and place are invented."""

    owner: str
    id: str
    street: str
    place: str
    living_form: str


@dataclass(frozen=True, slots=True)
class Sensor:
    """A device by what its gateway calls it. `of` is a client, or a home when `shared`."""

    gateway: str
    adapter: str
    key: str
    name: str
    role: str
    of: str
    room: str = ""
    shared: bool = False


CAREGIVER, TEAM, NIGHT, DESK, BACKUP = (
    "informal_caregiver",
    "own_team",
    "night_partner",
    "care_centre",
    "backup",
)

SOMEBODIES = (
    Somebody("lisdodde", "team-west", "Team West", TEAM, "team"),
    Somebody("lisdodde", "lotte", "Lotte Prins", TEAM, called=False, member_of="team-west"),
    Somebody("lisdodde", "achterwacht-west", "Achterwacht De Lisdodde", BACKUP),
    Somebody("lisdodde", "koppeling", "Koppelvlak Lisdodde", "technical_desk", called=False),
    Somebody("lisdodde", "sanne", "Sanne de Wit", CAREGIVER),
    Somebody("lisdodde", "mark", "Mark de Wit", CAREGIVER),
    Somebody("lisdodde", "bram", "Bram Postma", CAREGIVER),
    Somebody("lisdodde", "els", "Els Blom", CAREGIVER),
    Somebody("lisdodde", "joke", "Joke Kok", CAREGIVER),
    Somebody("lisdodde", "karin", "Karin Verhagen", CAREGIVER),
    Somebody("merelveld", "team-oost", "Team Oost", TEAM, "team"),
    Somebody("merelveld", "achterwacht-oost", "Achterwacht Merelveld", BACKUP),
    Somebody("merelveld", "tim", "Tim Smit", CAREGIVER),
    Somebody("merelveld", "elif", "Elif Aydin", CAREGIVER),
    Somebody("merelveld", "roos", "Roos Hofstra", CAREGIVER),
    Somebody("uilenvlucht", "nachtteam", "Nachtteam Veenland", NIGHT, "team"),
    Somebody("uilenvlucht", "yara", "Yara Smeets", NIGHT, called=False, member_of="nachtteam"),
    Somebody("uilenvlucht", "daan", "Daan Willemsen", NIGHT, called=False, member_of="nachtteam"),
    Somebody("uilenvlucht", "ines", "Ines Duarte", NIGHT, called=False, member_of="nachtteam"),
    Somebody("lantaarn", "werkplek-1", "Werkplek 1", DESK, "desk", called=False),
    Somebody("lantaarn", "noor", "Noor Elzinga", DESK, called=False, member_of="werkplek-1"),
    Somebody("lantaarn", "ruud", "Ruud Banning", DESK, called=False, member_of="werkplek-1"),
    Somebody("lantaarn", "robin", "Robin (oefenaar)", DESK, called=False, member_of="werkplek-1"),
    Somebody("lantaarn", "proef", "Proefaccount", DESK, called=False, member_of="werkplek-1"),
)

BACKUPS = {"lisdodde": "achterwacht-west", "merelveld": "achterwacht-oost"}
TEAMS = {"lisdodde": "team-west", "merelveld": "team-oost"}
AWAY = ("lisdodde", "mark", "vakantie")  # so that a skipped contact can be seen
WITHOUT_CONSENT = ("toos-verhagen", "karin")  # and one who must not be called

HOUSES = (
    House("lisdodde", "woning-1", "Vlierpad 3", "Dassenveen", "spread"),
    House("lisdodde", "woning-2", "Kievitstuk 14", "Dassenveen", "spread"),
    House("lisdodde", "woning-3", "Torenhof 21", "Kwartelbroek", "apartments"),
    House("lisdodde", "woning-4", "Torenhof 34", "Kwartelbroek", "apartments"),
    House("lisdodde", "woning-5", "Molenwerf 8", "Dassenveen", "spread"),
    House("lisdodde", "woning-6", "Hof van Lis 2", "Kwartelbroek", "institution"),
    House("merelveld", "woning-7", "Zwaluwkade 11", "Uiterhaven", "spread"),
    House("merelveld", "woning-8", "Appelgaard 5", "Uiterhaven", "clustered"),
    House("merelveld", "woning-9", "Merelhuis 12", "Lissewoude", "institution"),
    House("merelveld", "woning-10", "Appelgaard 7", "Uiterhaven", "clustered"),
    House("merelveld", "woning-11", "Ooievaarsdijk 40", "Lissewoude", "spread"),
)

RESIDENTS = (
    Resident(
        "anna-de-wit",
        "Anna de Wit",
        date(1938, 4, 17),
        "woning-1",
        (("sanne", "dochter"), ("mark", "zoon")),
        "Loopt met rollator. Schrikt van fel licht: eerst praten, dan het licht aan.",
        dementia=True,
    ),
    Resident("jan-postma", "Jan Postma", date(1935, 9, 2), "woning-2", (("bram", "zoon"),)),
    Resident("riet-postma", "Riet Postma", date(1937, 1, 23), "woning-2", (("bram", "zoon"),)),
    Resident(
        "gerrit-blom",
        "Gerrit Blom",
        date(1941, 6, 30),
        "woning-3",
        (("els", "dochter"),),
        "Parkinson: de medicijnen moeten op tijd.",
        dose_matters=True,
    ),
    Resident("wil-kok", "Wil Kok", date(1940, 11, 5), "woning-4", (("joke", "zus"),)),
    Resident(
        "toos-verhagen",
        "Toos Verhagen",
        date(1943, 2, 11),
        "woning-5",
        (("karin", "buurvrouw"),),
        "Gaat graag wandelen, vindt de weg terug niet altijd.",
        dementia=True,
    ),
    Resident("corrie-van-dam", "Corrie van Dam", date(1934, 12, 19), "woning-6"),
    Resident("hendrik-smit", "Hendrik Smit", date(1939, 8, 8), "woning-7", (("tim", "zoon"),)),
    Resident("fatma-aydin", "Fatma Aydin", date(1944, 5, 27), "woning-8", (("elif", "dochter"),)),
    Resident("piet-mulder", "Piet Mulder", date(1936, 3, 14), "woning-9"),
    Resident("maria-janssen", "Maria Janssen", date(1942, 10, 1), "woning-10"),
    Resident(
        "dirk-hofstra",
        "Dirk Hofstra",
        date(1945, 7, 21),
        "woning-11",
        (("roos", "echtgenote"),),
        dementia=True,
    ),
)

GATEWAYS = (
    ("lisdodde", "gw-west"),
    ("lisdodde", "gw-torenhof"),
    ("merelveld", "gw-oost"),
)
ADAPTERS = ("native", "zigbee2mqtt")


def _at_home(gateway: str, of: str, short: str) -> tuple[Sensor, ...]:
    """Name the sensors of a home that is watched at night."""
    rooms = {"slaapkamer": "bedroom", "badkamer": "bathroom", "woonkamer": "living_room"}
    return (
        Sensor(gateway, "zigbee2mqtt", f"{short}_bed", "Bedmat", "bed", of, "bedroom"),
        Sensor(gateway, "zigbee2mqtt", f"{short}_voordeur", "Voordeur", "outside_door", of, "hall"),
        *(
            Sensor(
                gateway, "zigbee2mqtt", f"{short}_{dutch}", f"Beweging {dutch}", "motion", of, room
            )
            for dutch, room in rooms.items()
        ),
    )


def _worn(gateway: str, *pairs: tuple[str, str]) -> tuple[Sensor, ...]:
    return tuple(Sensor(gateway, "native", key, "Hanger", "pendant", of) for key, of in pairs)


SENSORS = (
    *_at_home("gw-west", "anna-de-wit", "anna"),
    Sensor("gw-west", "zigbee2mqtt", "anna_sos", "Noodknop bed", "alarm_button", "anna-de-wit"),
    Sensor("gw-west", "native", "box-anna", "Leefstijlmonitor", "lifestyle", "anna-de-wit"),
    Sensor(
        "gw-west", "zigbee2mqtt", "postma_rook", "Rookmelder", "smoke", "woning-2", "hall", True
    ),
    Sensor("gw-west", "native", "tracker-toos", "Gps-zender", "tracker", "toos-verhagen"),
    *_worn(
        "gw-west",
        ("p-anna", "anna-de-wit"),
        ("p-jan", "jan-postma"),
        ("p-riet", "riet-postma"),
        ("p-toos", "toos-verhagen"),
    ),
    *_at_home("gw-torenhof", "wil-kok", "wil"),
    *_at_home("gw-torenhof", "corrie-van-dam", "corrie"),
    Sensor(
        "gw-torenhof", "zigbee2mqtt", "corrie_sos", "Trekkoord", "alarm_button", "corrie-van-dam"
    ),
    Sensor("gw-torenhof", "native", "box-wil", "Leefstijlmonitor", "lifestyle", "wil-kok"),
    Sensor("gw-torenhof", "native", "disp-gerrit", "Medicijndispenser", "dispenser", "gerrit-blom"),
    *_worn("gw-torenhof", ("p-gerrit", "gerrit-blom"), ("p-wil", "wil-kok")),
    *_at_home("gw-oost", "fatma-aydin", "fatma"),
    Sensor("gw-oost", "native", "box-fatma", "Leefstijlmonitor", "lifestyle", "fatma-aydin"),
    Sensor("gw-oost", "native", "tracker-dirk", "Gps-zender", "tracker", "dirk-hofstra"),
    Sensor("gw-oost", "native", "disp-hendrik", "Medicijndispenser", "dispenser", "hendrik-smit"),
    Sensor("gw-oost", "native", "disp-maria", "Medicijndispenser", "dispenser", "maria-janssen"),
    *_worn(
        "gw-oost",
        ("p-hendrik", "hendrik-smit"),
        ("p-fatma", "fatma-aydin"),
        ("p-piet", "piet-mulder"),
        ("p-maria", "maria-janssen"),
        ("p-dirk", "dirk-hofstra"),
    ),
)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who comes in: the contact they act as, and what they may do.

    `by_password` is False for a pretender, who has a token and no password.
    """

    login: str
    owner: str
    contact: str
    role: str
    by_password: bool = True


ACCOUNTS = (
    Account("noor", "lantaarn", "noor", "operator"),
    Account("ruud", "lantaarn", "ruud", "operator"),
    Account("yara", "uilenvlucht", "yara", "night"),
    Account("lotte", "lisdodde", "lotte", "team"),
    Account("koppeling", "lisdodde", "koppeling", "integrator"),
    Account("proef", "lantaarn", "proef", "tester"),
    Account("robin", "lantaarn", "robin", "operator", by_password=False),
)
