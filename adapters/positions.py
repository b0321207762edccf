"""Where a tracker says it is, read in one way for every vendor."""

from datetime import datetime

from adapters.contract import Position
from adapters.fields import Fields
from adapters.readings import SideFields

ASSUMED_ACCURACY_M = 1000.0


def position(
    place: Fields, names: tuple[str, str, str], fixed_at: datetime | None, side: SideFields
) -> Position | None:
    """The position in the fields so named (latitude, longitude, accuracy), None without a fix.

    0,0 is how a tracker without a fix fills in the form. An accuracy that is missing or, as some
    send it, 0 is not known: then it is taken to be a kilometre.
    """
    latitude, longitude, accuracy = names
    lat = side.read(place.number, latitude, None, -90, 90)
    lon = side.read(place.number, longitude, None, -180, 180)
    if lat is None or lon is None or (lat == 0 and lon == 0):
        return None
    accuracy_m = side.read(place.number, accuracy, 0.0, 0, 1_000_000)
    return Position(lat, lon, accuracy_m or ASSUMED_ACCURACY_M, fixed_at)
