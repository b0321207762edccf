"""The rules of a mapping, read from its tables and checked whole."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from adapters.contract import Channel, Kind, Phase, Scalar
from adapters.mapping.selectors import BadSelector, Selector, selector
from adapters.mapping.tables import BadMapping, Table, read_tables
from adapters.mapping.topics import BadPattern, Pattern, pattern
from adapters.mapping.values import AS_IT_IS, UNITS, Listed, Unit
from adapters.privacy import personal

T = TypeVar("T")
PAYLOADS = ("json", "text", "number", "none")
TIMES = ("iso", "seconds", "milliseconds")
ABOUT = ("device", "gateway")
ANYTHING = Listed(())
WHOLE = "$"
DEVICE = "{device}"


@dataclass(frozen=True, slots=True)
class Condition:
    """A place in the message and the values it must have."""

    where: Selector
    values: Listed


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that makes a level active: at most, or at least, so much of our unit."""

    least: float
    most: float
    unit: Unit
    at_most: float | None
    at_least: float | None

    def reached(self, number: float) -> bool:
        """Whether the level is active."""
        low = self.at_most is not None and number <= self.at_most
        return low or (self.at_least is not None and number >= self.at_least)


@dataclass(frozen=True, slots=True)
class Kept:
    """A value kept beside the event: from the message, or always the same."""

    name: str
    where: Selector | None
    unit: Unit | None
    always: Scalar | None


@dataclass(frozen=True, slots=True)
class ReadingRule:
    """What one reading is made from. It has a `channel`, or a `kind`, or a reason to `ignore`."""

    channel: Channel | None
    kind: Kind | None
    ignore: str
    source: Selector | None
    when: tuple[Condition, ...]
    roles: frozenset[str]
    not_roles: frozenset[str]
    yes: Listed
    no: Listed
    ignored: Listed
    absent: Listed
    threshold: Threshold | None
    inverted: bool
    phase: Phase
    withdraws: bool
    kept: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class Timed:
    """Where the moment stands and how it is written."""

    where: Selector
    written: str


@dataclass(frozen=True, slots=True)
class MessageRule:
    """What messages of one sort of topic mean."""

    topic: Pattern
    payload: str
    when: tuple[Condition, ...]
    ignore: str
    device: Selector | None
    same_device: Selector | None
    at: Timed | None
    copy_of: tuple[Selector, ...]
    series: Selector | None
    number: Selector | None
    test: Selector | None
    each: Selector | None
    readings: tuple[ReadingRule, ...]

    @property
    def wants_object(self) -> bool:
        """Whether all it looks for are fields: a payload without fields is then unreadable."""
        heads = [self.each] if self.each is not None else [one.source for one in self.readings]
        looked = [self.device, self.at and self.at.where, *heads]
        looked += [one.where for one in self.when]
        starts = [one.steps[:1] for one in looked if one is not None and not one.name]
        return bool(starts) and all(one and isinstance(one[0], str) for one in starts)


def read_rules(text: str) -> tuple[MessageRule, ...]:
    """The rules of a mapping file, in its order. Raises BadMapping with every fault."""
    table = read_tables(text)
    rules = tuple(_message(one) for one in table.each("message"))
    if not rules and not table.faults:
        table.wrong("message", "not there: write [[message]] with a topic and what it means")
    table.unknown()
    if table.faults:
        raise BadMapping(table.faults)
    return rules


def _message(table: Table) -> MessageRule:
    topic = _pattern(table)
    timed, counter = table.inner("at"), table.inner("counter")
    rule = MessageRule(
        topic=topic,
        payload=table.word("payload", PAYLOADS, "json"),
        when=_conditions(table),
        ignore=table.text("ignore"),
        device=_device(table, topic),
        same_device=_selector(table, "same_device"),
        at=None if timed is None else _timed(timed),
        copy_of=tuple(
            found
            for one in table.texts("copy_of")
            if (found := _read(selector, one, table, "copy_of")) is not None
        ),
        series=None if counter is None else _needed(counter, "series"),
        number=None if counter is None else _needed(counter, "number"),
        test=_selector(table, "test"),
        each=_selector(table, "each"),
        readings=tuple(_reading(one) for one in table.each("reading")),
    )
    if rule.ignore and rule.readings:
        table.wrong("ignore", "a message is ignored or has readings; take one out")
    for one in (table, counter):
        if one is not None:
            one.unknown()
    return rule


def _device(table: Table, topic: Pattern) -> Selector | None:
    """Who speaks: what the file says, else {device} of the topic; None for the gateway itself."""
    about = table.word("about", ABOUT, "device")
    named = _selector(table, "device")
    if about == "gateway":
        if named is not None:
            table.wrong("about", "the gateway or a device: take `device` or `about` out")
        return None
    if named is None and "device" not in topic.names:
        table.wrong(
            "topic",
            "whose message is it? Write {device} in the topic, or device = with a field of"
            ' the payload, or about = "gateway"',
        )
    return named or selector(DEVICE)


def _timed(table: Table) -> Timed | None:
    where = _needed(table, "from")
    timed = None if where is None else Timed(where, table.word("written", TIMES, "iso"))
    table.unknown()
    return timed


def _reading(table: Table) -> ReadingRule:
    level, edge, ignore = table.text("level"), table.text("edge"), table.text("ignore")
    if [level, edge, ignore].count("") != 2:
        table.wrong(None, "give exactly one of level, edge and ignore")
    channel = table.word("level", tuple(Channel), "")
    kind = table.word("edge", tuple(Kind), "")
    threshold = _threshold(table)
    rule = ReadingRule(
        channel=Channel(channel) if channel else None,
        kind=Kind(kind) if kind else None,
        ignore=ignore,
        source=_selector(table, "from"),
        when=_conditions(table),
        roles=frozenset(table.texts("role")),
        not_roles=frozenset(table.texts("not_role")),
        yes=_listed(table, "active" if level else "happened", (True,)),
        no=_listed(table, "inactive", (False,)) if level else Listed((False,)),
        ignored=_listed(table, "ignored", ()),
        absent=_listed(table, "absent", ()),
        threshold=threshold,
        inverted=table.flag("inverted"),
        phase=Phase(table.word("phase", tuple(Phase), Phase.POINT)),
        withdraws=table.flag("withdraws"),
        kept=_kept(table),
    )
    _hold_together(table, rule)
    table.unknown()
    return rule


def _hold_together(table: Table, rule: ReadingRule) -> None:
    if rule.channel is not None:
        if rule.source is None:
            table.wrong(None, "a level needs `from`: which field says whether it is active?")
        for name in ("phase", "withdraws"):
            if table.has(name):
                table.wrong(name, "only an edge has this; a level ends when it is inactive")
    elif table.has("inverted") or rule.threshold is not None:
        table.wrong(None, "`inverted` and a threshold belong to a level: edges just happen")
    if rule.threshold is not None and (table.has("active") or table.has("inactive")):
        table.wrong(None, "a level has a threshold or lists of values; take one out")


def _threshold(table: Table) -> Threshold | None:
    at_most, at_least = table.number("at_most"), table.number("at_least")
    unit, between = _unit(table), table.scalars("between")
    least, most = (-1e300, 1e300)
    if between is not None:
        if len(between) == 2 and not any(isinstance(one, str | bool) for one in between):
            least, most = float(between[0]), float(between[1])
        else:
            table.wrong("between", "write the least and the most it can be: [0, 100]")
    if at_most is None and at_least is None:
        if unit is not None or between is not None:
            table.wrong(None, "`unit` and `between` belong to a number: add at_most or at_least")
        return None
    return Threshold(least, most, unit or AS_IT_IS, at_most, at_least)


def _kept(table: Table) -> tuple[Kept, ...]:
    if (value := table.inner("value")) is None:
        return ()
    return tuple(_one_kept(value, name) for name in value.names())


def _one_kept(value: Table, name: str) -> Kept:
    if personal(name):
        value.wrong(name, "who somebody is stays out of an event; take it out")
    if isinstance(value.values[name], str):
        return Kept(name, _selector(value, name), None, None)
    where = unit = always = None
    if (told := value.inner(name)) is not None:
        where, unit = _selector(told, "from"), _unit(told)
        if (listed := told.scalars("is")) is not None and len(listed) == 1:
            always = listed[0]
        if (where is None) is (always is None):
            told.wrong(
                None, 'write a field, or { from = "field", unit = "mV" }, or { is = "word" }'
            )
        told.unknown()
    return Kept(name, where, unit, always)


def _conditions(table: Table) -> tuple[Condition, ...]:
    if (when := table.inner("when")) is None:
        return ()
    found = []
    for name in when.names():
        where, values = _read(selector, name, when, name), when.scalars(name)
        if where is not None and values is not None:
            found.append(Condition(where, Listed(values)))
    return tuple(found)


def _listed(table: Table, name: str, otherwise: tuple[Scalar, ...]) -> Listed:
    listed = table.scalars(name)
    return Listed(otherwise if listed is None else listed)


def _unit(table: Table) -> Unit | None:
    named = table.word("unit", tuple(UNITS), "")
    return UNITS[named] if named else None


def _needed(table: Table, name: str) -> Selector | None:
    said = table.text(name, needed="say which field it is")
    return _read(selector, said, table, name) if said else None


def _selector(table: Table, name: str) -> Selector | None:
    said = table.text(name)
    return _read(selector, said, table, name) if said else None


def _pattern(table: Table) -> Pattern:
    said = table.text("topic", needed="write the vendor's topic, such as tele/{device}/SENSOR")
    return _read(pattern, said, table, "topic") or Pattern(())


def _read(read: Callable[[str], T], said: str, table: Table, name: str) -> T | None:
    try:
        return read(said)
    except (BadSelector, BadPattern) as error:
        table.wrong(name, str(error))
        return None
