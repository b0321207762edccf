"""Milesight's fall radar VS373 over Wi-Fi: the trigger reports it sends by MQTT or HTTP.

The device's key is its serial number. README.md says how to connect one.
"""

from dataclasses import replace

from adapters.contract import Binding, Decoded, Inbound, Outcome, ProofOfCopy, Rejected
from adapters.fields import Fields, Json, Unreadable
from adapters.lorawan.radar import NO_NUMBER, Alarm, alarm
from adapters.readings import SideFields
from adapters.strict_json import as_fields, parse, rejects_unreadable


def identify(inbound: Inbound) -> str | None:
    """The serial number in the message, whatever its topic; None where it cannot be read."""
    try:
        return _report(inbound.payload).inner("device_info").label("device_sn") or None
    except Unreadable:
        return None


@rejects_unreadable
def decode(inbound: Inbound, binding: Binding) -> Outcome:
    """One trigger report: `event` 0 is a fall, `status` 2 that it is over."""
    report = _report(inbound.payload)
    info = report.inner("device_info")
    if (named := info.label("device_sn")) != binding.device:
        detail = f"device_info.device_sn: the message says {named!r}, not {binding.device!r}"
        return Rejected("identity_mismatch", detail)
    beside = "trigger_data" in report  # on the maker's own page it stands inside
    return _triggered((report if beside else info).inner("trigger_data"), info, binding)


def _report(payload: bytes) -> Fields:
    """The report; the maker's own page writes its names with spaces."""
    return as_fields(_joined(parse(payload)))


def _joined(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    joined = {name.replace(" ", "_"): _joined(inner) for name, inner in value.items()}
    if len(joined) < len(value):
        raise Unreadable("ambiguous_json", "a field is there with a space and with _: once")
    return joined


def _triggered(trigger: Fields, info: Fields, binding: Binding) -> Outcome:
    side = SideFields()
    number = side.read(trigger.integer, "trigger_id", NO_NUMBER)
    region = side.read(trigger.integer, "sub_no", 0xFF)
    said = Alarm(trigger.integer("event"), trigger.integer("status"), number, region)
    at = side.read(info.moment, "time", None, binding.time_zone)
    stamp = "" if at is None else at.isoformat()
    key = ProofOfCopy(f"{number} {said.sort} {said.status} {stamp}") if at else None
    return Decoded(tuple(replace(one, occurred_at=at, key=key) for one in alarm(said, binding)))
