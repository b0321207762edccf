"""Dutch words for what the house knows by code: kinds, levels, priorities, outcomes, ways.

A code without a word is shown as it is: an unknown kind is news, never an error.
"""

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "alarm.button": "Alarmknop ingedrukt",
    "alarm.fall": "Gevallen",
    "alarm.no_movement_after_fall": "Geen beweging na een val",
    "alarm.pull_cord": "Aan het trekkoord getrokken",
    "alarm.smoke": "Rook gemeld",
    "alarm.co": "Koolmonoxide gemeld",
    "alarm.gas": "Gas gemeld",
    "alarm.left_home": "Huis verlaten",
    "alarm.wandering": "Dwaalt rond",
    "alarm.bed_exit": "Uit bed",
    "alarm.water": "Water op de vloer",
    "alarm.manual": "Alarm met de hand gegeven",
    "alarm.vital": "Meetwaarde buiten de grens",
    "lifestyle.not_back_in_bed": "Niet terug in bed",
    "lifestyle.inactivity": "Al lang geen beweging",
    "lifestyle.not_up": "Nog niet opgestaan",
    "lifestyle.not_home": "Nog niet thuis",
    "lifestyle.long_in_bathroom": "Lang in de badkamer",
    "lifestyle.movement_while_away": "Beweging in een leeg huis",
    "lifestyle.toilet_frequency": "Vaker naar het toilet dan anders",
    "lifestyle.restless_night": "Onrustige nacht",
    "lifestyle.slower": "Beweegt trager dan anders",
    "lifestyle.less_active": "Minder actief dan anders",
    "medication.missed_dose": "Medicijnen niet ingenomen",
    "medication.several_missed": "Meerdere keren medicijnen gemist",
    "medication.dispensed": "Medicijnen uitgegeven",
    "medication.taken": "Medicijnen ingenomen",
    "medication.early_release": "Medicijnen vooraf uitgenomen",
    "medication.refused": "Medicijnen geweigerd",
    "medication.stock_low": "Medicijnen raken op",
    "medication.refill_due": "Medicijnen bijvullen",
    "medication.jam": "Medicatierol vastgelopen",
    "medication.lid_open": "Deksel van de dispenser open",
    "medication.dispenser_offline": "Dispenser zonder verbinding",
    "location.left_zone": "Buiten de afgesproken zone",
    "location.entered_forbidden_zone": "In een zone waar gevaar is",
    "location.dwell": "Staat lang stil buiten",
    "location.not_back_in_time": "Niet op tijd terug",
    "location.returned": "Weer terug in de zone",
    "location.no_fix": "Plaats onbekend",
    "location.not_worn": "Tracker niet om",
    "technical.battery_low": "Batterij bijna leeg",
    "technical.battery_critical": "Batterij leeg",
    "technical.mains_lost": "Geen stroom",
    "technical.mains_restored": "Stroom is terug",
    "technical.tamper": "Apparaat losgehaald of geopend",
    "technical.fault": "Storing in het apparaat",
    "technical.offline": "Apparaat zonder verbinding",
    "technical.gateway_offline": "Basisstation zonder verbinding",
    "technical.vendor_silent": "Leverancier stuurt niets meer",
    "technical.undecodable": "Bericht kon niet gelezen worden",
    "technical.unknown_device": "Alarm van een onbekend apparaat",
    "technical.identity_mismatch": "Apparaat geeft zich uit voor een ander",
    "technical.clock_wrong": "Klok van het apparaat loopt verkeerd",
    "technical.key_reused": "Berichtnummer twee keer gebruikt",
    "technical.not_watched": "Leefpatroon niet geheel bewaakt",
    "technical.false_alarms": "Vaak alarm zonder reden",
    "plan.review": "Nieuwe afspraken nodig",
    "presence.carer_present": "Zorgverlener aanwezig",
    "presence.carer_done": "Zorgverlener weer weg",
    "presence.heartbeat": "Levensteken",
    "presence.test": "Proefalarm",
    "observation.noticed": "Iemand ziet een verandering",
}

PRIORITIES: Mapping[str, str] = {
    "P1": "SPOED",
    "P2": "HOOG",
    "P3": "DEZE DIENST",
    "T": "TECHNIEK",
    "I": "INFO",
}

LEVELS: Mapping[str, str] = {
    "informal_caregiver": "Mantelzorger",
    "own_team": "Eigen team",
    "night_partner": "Nachtzorg",
    "care_centre": "Zorgcentrale",
    "backup": "Achterwacht",
    "technical_desk": "Technische dienst",
}

SHORT_LEVELS: Mapping[str, str] = {
    "informal_caregiver": "mantel",
    "own_team": "team",
    "night_partner": "nacht",
    "care_centre": "centrale",
    "backup": "achterw.",
    "technical_desk": "techniek",
}

OUTCOMES: Mapping[str, str] = {
    "real_emergency": "Noodsituatie",
    "real_not_urgent": "Hulp nodig, geen spoed",
    "social": "Praatje of vraag",
    "accidental": "Per ongeluk",
    "sensor_false": "Sensor onterecht",
    "not_found": "Niet aangetroffen",
    "handed_to_112": "Overgedragen aan 112",
    "technical": "Storing",
    "test": "Test",
    "unknown": "Onbekend",
    "taken_late": "Alsnog ingenomen",
}

SERVICES: Mapping[str, str] = {
    "112": "112",
    "gp_post": "huisartsenpost",
    "police": "politie",
    "fire_brigade": "brandweer",
    "locksmith": "slotenmaker",
}

WAYS: Mapping[str, str] = {
    "webhook": "bericht",
    "voice": "gebeld",
    "sms": "sms",
    "email": "e-mail",
    "push": "pushbericht",
    "desk": "op het bord",
}

MARKS: Mapping[str, str] = {
    "late": "laat binnengekomen",
    "replayed": "mogelijk een herhaling",
    "possible_repeat": "mogelijk een herhaling",
    "clock_wrong": "klok van het apparaat loopt verkeerd",
    "not_assured": "levering niet verzekerd",
    "test": "proefalarm",
    "carer_present": "zorgverlener aanwezig",
    "unknown_device": "onbekend apparaat",
    "untested_device": "apparaat nog niet getest",
    "care_ended": "zorg is gestopt",
    "test_mode": "er wordt getest",
}

MODES: Mapping[str, str] = {
    "away": "Afwezig",
    "hospital": "In het ziekenhuis",
    "elsewhere": "Tijdelijk elders",
    "relative_present": "Familie aanwezig",
    "carer_present": "Zorgverlener aanwezig",
    "maintenance": "Onderhoud",
    "test": "Er wordt getest",
}

PARTS: Mapping[str, str] = {
    "name": "naam",
    "address": "adres",
    "birth_date": "geboortedatum",
    "instructions": "instructies voor aan de deur",
    "contacts": "mantelzorgers",
    "rhythm": "leefpatroon",
}

SKIPPED: Mapping[str, str] = {
    "absent": "afwezig",
    "no_consent": "geen toestemming",
    "no_way": "geen nummer of adres bekend",
    "load": "al te vaak opgeroepen",
    "quiet": "wil nu niet gestoord worden",
    "off_duty": "heeft geen dienst",
    "not_their_turn": "is niet aan de beurt",
    "no_contract": "geen geldige overeenkomst",
    "diverted": "is doorgeschakeld",
    "busy": "bezig met een andere melding",
    "nobody": "niemand beschikbaar",
    "unknown": "niet bekend als contact",
    "not_served": "niemand aan de werkplek",
    "declined": "kon al niet",
    "already_warned": "is al opgeroepen",
}

ROOMS: Mapping[str, str] = {
    "bedroom": "slaapkamer",
    "bathroom": "badkamer",
    "toilet": "toilet",
    "kitchen": "keuken",
    "living_room": "woonkamer",
    "hall": "gang",
    "front_door": "voordeur",
    "back_door": "achterdeur",
}


def word(table: Mapping[str, str], code: str) -> str:
    """Look a code up; an unknown code comes back readable."""
    return table.get(code) or code.replace("_", " ")
