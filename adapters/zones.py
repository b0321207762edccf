"""What coming into a zone or leaving it means, by the zone's name and the device's options.

`zones` names the zones in which the client may be, `forbidden_zones` those where not, with commas
between. Without `zones`, leaving any zone counts; only `thuis` and `home` are known as home.
"""

from adapters.contract import Binding, Kind, Scalar

HOME = frozenset({"thuis", "home"})


def crossed(binding: Binding, zone: str, *, entered: bool) -> Kind | None:
    """The event of coming into this zone or leaving it; None where it says nothing of safety."""
    name = zone.strip().casefold()
    if name in _named(binding, "forbidden_zones"):
        return Kind.ENTERED_FORBIDDEN_ZONE if entered else None
    allowed = _named(binding, "zones")
    if entered:
        return Kind.RETURNED if name in (allowed or HOME) else None
    return Kind.LEFT_ZONE if name in allowed or not allowed or name == "" else None


def spoken_of(binding: Binding, zone: str) -> dict[str, Scalar]:
    """The zone as a value, where the registry names it or it is home; other names may be private.

    People call a zone "daughter Anna", and a name goes no further than its message.
    """
    name = zone.strip().casefold()
    known = HOME | _named(binding, "zones") | _named(binding, "forbidden_zones")
    return {"zone": zone.strip()} if name in known else {}


def _named(binding: Binding, option: str) -> frozenset[str]:
    said = str(binding.options.get(option, ""))
    return frozenset(one.strip().casefold() for one in said.split(",")) - {""}
