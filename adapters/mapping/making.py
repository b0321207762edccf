"""Makes the readings of one message by the rules of its mapping."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from adapters.contract import (
    Binding,
    Channel,
    Edge,
    Kind,
    Level,
    Reading,
    Scalar,
)
from adapters.fields import Json, Unreadable
from adapters.mapping.figures import Kept
from adapters.mapping.rules import ReadingRule
from adapters.mapping.values import WRONG, number_of, scalar_of
from adapters.readings import SideFields, level, urgent_kind
from adapters.text import visible
from adapters.zones import crossed, spoken_of

# The registry may say of these that the device says the opposite of what it means.
_TURNED_BY_POLARITY = frozenset({Channel.BED, Channel.DOOR, Channel.MOTION, Channel.OCCUPANCY})


@dataclass(frozen=True, slots=True)
class Message:
    """What a rule looks at: a payload or one item of its list, and what the topic says."""

    root: Json
    names: Mapping[str, str]
    binding: Binding
    replayed: bool = False


def made(
    rule: ReadingRule, message: Message, heart: SideFields, side: SideFields, ignored: list[str]
) -> Iterator[Reading]:
    """The reading a rule makes of a message, if any; why it makes none goes to `ignored`.

    What cannot be read of a reading that may call a person goes to `heart`, of others to `side`.
    """
    if not _applies(rule, message):
        return
    said = None if rule.source is None else rule.source.find(message.root, message.names)
    if rule.source is not None and (said is None or said in rule.absent):
        return
    name = "" if rule.source is None else rule.source.text
    if said in rule.ignored:
        ignored.append(f"{name}: a value that the mapping ignores")
    elif rule.ignore:
        if rule.source is None or said in rule.yes:
            ignored.append(rule.ignore)
    else:
        kind = rule.kind if rule.channel is None else rule.channel.kind
        box = heart if rule.zone is not None or (kind is not None and urgent_kind(kind)) else side
        one = box.read(lambda _: _reading(rule, message, said, side), name, None)
        if one is not None:
            yield one


def merged(readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """The readings with one level for each channel: active where any of them is."""
    levels: dict[Channel, Level] = {}
    for one in readings:
        if isinstance(one, Level):
            earlier = levels.get(one.channel, one)
            value = {**earlier.value, **one.value}
            active = earlier.active or one.active
            levels[one.channel] = replace(earlier, active=active, value=value)
    edges = [one for one in readings if isinstance(one, Edge)]
    return (*edges, *levels.values())


def _applies(rule: ReadingRule, message: Message) -> bool:
    bound = message.binding
    if (rule.roles and bound.role not in rule.roles) or bound.role in rule.not_roles:
        return False
    if (rule.models and bound.model not in rule.models) or (rule.live and message.replayed):
        return False
    if not all(bound.options.get(one.name) in one.values for one in rule.options):
        return False
    return all(one.where.find(message.root, message.names) in one.values for one in rule.when)


def _reading(rule: ReadingRule, message: Message, said: Json, side: SideFields) -> Reading | None:
    """Raises Unreadable."""
    device = message.binding.device
    if rule.channel is not None:
        active = _active(rule, said) is not _inverted(rule, message)
        return replace(level(device, rule.channel, active), value=_kept(rule, message, side))
    if rule.zone is not None:
        return _crossed(rule, message, said, side)
    assert rule.kind is not None
    if not _happened(rule, said):
        return None
    return Edge(
        device,
        rule.kind,
        phase=rule.phase,
        withdraws=rule.withdraws,
        value=_kept(rule, message, side),
    )


def _crossed(rule: ReadingRule, message: Message, said: Json, side: SideFields) -> Edge:
    """What it means for this client to come into the zone or leave it, by the registry."""
    assert rule.zone is not None
    assert rule.source is not None
    if said not in rule.yes and said not in rule.no:
        detail = "neither among entered nor left; add the value there"
        raise Unreadable(WRONG, f"{rule.source.text}: {detail}")
    named = rule.zone.find(message.root, message.names)
    zone = visible(named) if isinstance(named, str) else ""
    kind = crossed(message.binding, zone, entered=said in rule.yes) or Kind.HEARTBEAT
    value = {**spoken_of(message.binding, zone), **_kept(rule, message, side)}
    return Edge(message.binding.device, kind, value=value)


def _active(rule: ReadingRule, said: Json) -> bool:
    assert rule.source is not None
    if (threshold := rule.threshold) is not None:
        least, most = threshold.least, threshold.most
        return threshold.reached(number_of(said, rule.source.text, threshold.unit, least, most))
    if said in rule.yes or said in rule.no:
        return said in rule.yes
    raise Unreadable(
        WRONG, f"{rule.source.text}: not among active, inactive and ignored; add the value there"
    )


def _happened(rule: ReadingRule, said: Json) -> bool:
    if rule.source is None or said in rule.yes:
        return True
    if said in rule.no:
        return False
    raise Unreadable(
        WRONG, f"{rule.source.text}: not among happened and ignored; add the value there"
    )


def _inverted(rule: ReadingRule, message: Message) -> bool:
    turned = message.binding.polarity == "inverted" and rule.channel in _TURNED_BY_POLARITY
    return rule.inverted is not turned


def _kept(rule: ReadingRule, message: Message, side: SideFields) -> dict[str, Scalar]:
    pairs = ((one.name, _value(one, message, side)) for one in rule.kept)
    return {name: value for name, value in pairs if value is not None}


def _value(kept: Kept, message: Message, side: SideFields) -> Scalar | None:
    if kept.where is None:
        return kept.always
    said = kept.where.find(message.root, message.names)
    return side.read(lambda name: scalar_of(said, name, kept.unit), kept.where.text, None)
