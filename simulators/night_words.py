"""The words of a night file: what may happen, what may go wrong, what may be expected."""

ABOUT_CLIENT = {
    "press": "pendant", "fall": "pendant", "missed_dose": "dispenser", "dose_taken": "dispenser",
    "leave_zone": "tracker", "back_in_zone": "tracker", "leave_home": "sensors",
    "come_home": "sensors", "out_of_bed": "sensors", "into_bed": "sensors", "moves": "sensors",
    "dose_due": "doses", "dose_emptied": "doses", "jam": "doses", "jam_over": "doses",
    "visit": "", "mains_lost": "pendant", "mains_back": "pendant", "alive": "pendant",
}  # fmt: skip
ABOUT_HOME = ("smoke",)
FAULTS = (
    "link_down", "link_poor", "hub_down", "hub_killed", "broker_down", "channel_fails", "clock_off",
    "battery", "database_slow", "receiver_fails",
)  # fmt: skip
ABOUT_OTHERS = {
    "channel_fails": "people", "clock_off": "clients", "battery": "clients",
    "receiver_fails": "organisations",
}  # fmt: skip
FORMS = ("reached", "never", "exactly_once", "order", "open_at_end")
FACTS = (
    "called", "stood_down", "told", "accepted", "declined", "all_well", "arrived", "claimed",
    "forwarded", "refused", "skipped", "asked", "opened", "repeated", "withdrawn", "resolved",
)  # fmt: skip
ABOUT_PEOPLE = frozenset(FACTS[:12])
LEVELS = (
    "informal_caregiver", "own_team", "night_partner", "care_centre", "backup", "technical_desk",
)  # fmt: skip
ANYBODY = "anybody"
EVERYTHING = "all"
