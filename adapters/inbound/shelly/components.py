"""What the components of a Shelly say: inputs, BLU buttons, smoke, water, batteries."""

from collections.abc import Iterator
from dataclasses import replace

from adapters.contract import (
    MOST_READINGS,
    Binding,
    Channel,
    Decoded,
    Edge,
    Ignored,
    Kind,
    Outcome,
    ProofOfCopy,
    Reading,
)
from adapters.fields import Fields, Unreadable
from adapters.readings import SideFields, battery, level, rings
from adapters.text import visible

_KIND_OF_ROLE = {"alarm_button": Kind.BUTTON, "pull_cord": Kind.PULL_CORD}
_PUSHES = frozenset({"single_push", "double_push", "triple_push", "long_push", "long_double_push"})
_ALARMS = {"smoke": Channel.SMOKE, "flood": Channel.WATER}
_NOT_A_COMPONENT = "ts"


def events(params: Fields, binding: Binding) -> Outcome:
    """The events of one notification, each for itself: one may be a press and another not.

    One that cannot be read may be a press as well. Raises Unreadable, where no other is one.
    """
    listed = params.values.get("events")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Unreadable("wrong_value", "params.events: send a list of events")
    found, rest, faults = list[Reading](), list[str](), list[Unreadable]()
    for number, one in enumerate(listed):
        event = Fields(one if isinstance(one, dict) else {}, f"params.events.{number}.")
        try:
            press = _press(event, params, binding)
        except Unreadable as fault:
            faults.append(fault)
            continue
        if press is None:
            rest.append(f"{event.text('event')!r} of {event.text('component')}")
        else:
            found.append(press)
    if found:
        return Decoded(tuple(found[:MOST_READINGS]))
    if faults:
        raise faults[0]
    role = binding.role or "none"
    said = ", ".join(rest)[:120]
    return Ignored(f"{said} with role {role}: role alarm_button makes a push ring")


def status(params: Fields, binding: Binding, *, whole: bool) -> Outcome:
    """What components say has changed, or all they have to say (`whole`); null is not known.

    A whole status repeats what is so, so an input that is on in it is no press. Raises Unreadable.
    """
    heart, side = SideFields(), SideFields()
    found, rest = list[Reading](), list[str]()
    at = side.read(params.moment, "ts", None, binding.time_zone)
    for name in params:
        if name == _NOT_A_COMPONENT:
            continue
        component = heart.read(params.inner, name, Fields({})) if _is_known(name) else Fields({})
        said = [*_lasting(name, component, binding, heart, side)]
        if not whole:
            said.extend(_switched_on(name, component, binding, heart))
        found.extend(replace(one, occurred_at=at) for one in said)
        rest.append("" if said or _is_known(name) else visible(name, 40))
    if heart.fault is not None and not any(map(rings, found)):
        raise heart.fault
    if not found and any(rest):
        named = ", ".join(filter(None, rest))[:120]
        return Ignored(f"status of {named}: tells nothing of a person")
    return Decoded(tuple(found))


def _press(event: Fields, params: Fields, binding: Binding) -> Edge | None:
    said, component = event.text("event"), event.text("component")
    kind = _KIND_OF_ROLE.get(binding.role)
    if kind is None or said not in _PUSHES or not _counts(component, binding):
        return None
    side = SideFields()
    zone = binding.time_zone
    at = side.read(event.moment, "ts", None, zone) or side.read(params.moment, "ts", None, zone)
    key = None if at is None else ProofOfCopy(f"{component} {said} {at.timestamp()}")
    return Edge(
        binding.device, kind, occurred_at=at, key=key, value={"event": said, "component": component}
    )


def _counts(component: str, binding: Binding) -> bool:
    """Whether it is the component that calls; the option `component` names one of several."""
    only = str(binding.options.get("component", ""))
    return only in ("", component)


def _is_known(name: str) -> bool:
    return name.partition(":")[0] in {*_ALARMS, "input", "devicepower"}


def _lasting(
    name: str, component: Fields, binding: Binding, heart: SideFields, side: SideFields
) -> Iterator[Reading]:
    sort = name.partition(":")[0]
    if sort in _ALARMS and (alarm := heart.read(component.flag, "alarm", None)) is not None:
        yield level(binding.device, _ALARMS[sort], alarm)
    if sort == "devicepower":
        power = battery(binding.device, _percent(component, side), side)
        if power is not None:
            yield power


def _switched_on(
    name: str, component: Fields, binding: Binding, heart: SideFields
) -> Iterator[Reading]:
    """An input of the sort that stays on calls when it is switched on: a cord that is pulled."""
    kind = _KIND_OF_ROLE.get(binding.role)
    is_input = name.startswith("input:") and _counts(name, binding)
    if is_input and kind is not None and heart.read(component.flag, "state", False):
        yield Edge(binding.device, kind, value={"component": visible(name)})


def _percent(component: Fields, side: SideFields) -> Fields:
    inside = side.read(component.inner, "battery", Fields({}))
    return Fields({"battery": inside.values.get("percent")})
