"""The bytes of Netvox's emergency button R312 (and R312A, which has the same).

Source: vendor/netvox in TheThingsNetwork/lorawan-devices. Port 6 reports; 7 and 13 answer settings.
"""

from adapters.contract import Binding, Channel, Edge, Kind, Reading
from adapters.fields import Unreadable
from adapters.readings import level

_REPORTS, _ANSWERS = 6, frozenset({7, 13})
_BUTTONS = frozenset({0x55, 0x4D})
_VERSION, _STATUS = 0x00, 0x01
_EMPTY = 0x80  # in the byte with the battery's tenths of a volt


def r312(payload: bytes, port: int, binding: Binding) -> tuple[list[Reading], Unreadable | None]:
    """The emergency button: each report with its alarm set is a call.

    A press may be told again with the next report; that joins the alert, and a lost report that
    says it is over can hide no press.
    """
    if port in _ANSWERS:
        return [], None
    try:
        return _report(payload, port, binding), None
    except Unreadable as error:
        return [], error


def _report(payload: bytes, port: int, binding: Binding) -> list[Reading]:
    if port != _REPORTS:
        raise Unreadable("unknown_port", f"port {port}: an R312 reports on port 6")
    if len(payload) < 5:
        raise Unreadable("truncated", f"{len(payload)} bytes: an R312 sends 11")
    if payload[1] not in _BUTTONS:
        raise Unreadable(
            "wrong_model", f"device type {payload[1]:02x} is no R312; correct its model"
        )
    if payload[2] == _VERSION:
        return []
    if payload[2] != _STATUS:
        raise Unreadable("unknown_report", f"report type {payload[2]:02x}: an R312 sends 00 and 01")
    found: list[Reading] = []
    if payload[4] != 0:
        kind = Kind.PULL_CORD if binding.role == "pull_cord" else Kind.BUTTON
        found.append(Edge(binding.device, kind))
    found.append(level(binding.device, Channel.BATTERY_LOW, bool(payload[3] & _EMPTY)))
    return found
