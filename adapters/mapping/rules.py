"""The rules of a mapping, read from its tables and checked whole."""

from dataclasses import dataclass

from adapters.contract import Channel, Kind, Phase, Scalar
from adapters.fields import Json
from adapters.mapping.around import AroundRule, around_rule
from adapters.mapping.figures import Kept, Threshold, kept_values, threshold
from adapters.mapping.named import needed, patterns, read, selected
from adapters.mapping.selectors import Selector, selector
from adapters.mapping.tables import BadMapping, Table, read_tables
from adapters.mapping.topics import Pattern, pattern
from adapters.mapping.values import Listed
from adapters.text import visible

PAYLOADS = ("json", "text", "number", "none")
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
class Option:
    """An option of the device in the registry and the values it must have."""

    name: str
    values: Listed


@dataclass(frozen=True, slots=True)
class ReadingRule:
    """What one reading is made from: of a `channel`, a `kind` or a `zone`, or why to `ignore` it.

    `yes` are the values that mean active, happened or entered, `no` their opposite.
    """

    channel: Channel | None
    kind: Kind | None
    zone: Selector | None
    ignore: str
    source: Selector | None
    when: tuple[Condition, ...]
    roles: frozenset[str]
    not_roles: frozenset[str]
    models: frozenset[str]
    options: tuple[Option, ...]
    live: bool
    yes: Listed
    no: Listed
    ignored: Listed
    absent: Listed
    threshold: Threshold | None
    inverted: bool
    phase: Phase
    withdraws: bool
    kept: tuple[Kept, ...]
    around: AroundRule


@dataclass(frozen=True, slots=True)
class SameDevice:
    """A field that names the device too; `written` are the patterns its text may have."""

    where: Selector
    written: tuple[Pattern, ...]

    def names(self, said: Json) -> str | None:
        """Which device it names; None where it names none that can be read."""
        if isinstance(said, bool) or not isinstance(said, str | int):
            return None
        if not self.written:
            return visible(str(said))
        found = (one.match(str(said)) for one in self.written)
        return next((visible(one.get("device", "")) for one in found if one is not None), None)


@dataclass(frozen=True, slots=True)
class MessageRule:
    """What messages of one sort of topic mean."""

    topic: Pattern
    payload: str
    when: tuple[Condition, ...]
    ignore: str
    device: Selector | None
    reject: str
    same_device: SameDevice | None
    around: AroundRule
    test: Selector | None
    each: Selector | None
    readings: tuple[ReadingRule, ...]

    @property
    def wants_object(self) -> bool:
        """Whether all it looks for are fields: a payload without fields is then unreadable."""
        heads = [self.each] if self.each is not None else [one.source for one in self.readings]
        at = self.around.at
        looked = [self.device, None if at is None else at.where, *heads]
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
    rule = MessageRule(
        topic=topic,
        payload=table.word("payload", PAYLOADS, "json"),
        when=_conditions(table, "when"),
        ignore=table.text("ignore"),
        reject=table.text("reject"),
        device=_device(table, topic),
        same_device=_same_device(table),
        around=around_rule(table),
        test=selected(table, "test"),
        each=selected(table, "each"),
        readings=tuple(_reading(one) for one in table.each("reading")),
    )
    if [bool(rule.ignore), bool(rule.reject), bool(rule.readings)].count(True) > 1:
        name = "ignore" if rule.ignore else "reject"
        table.wrong(name, "a message is ignored, rejected or has readings; take one out")
    table.unknown()
    return rule


def _same_device(table: Table) -> SameDevice | None:
    if not isinstance(table.values.get("same_device"), dict):
        where = selected(table, "same_device")
        return None if where is None else SameDevice(where, ())
    told = table.inner("same_device")
    assert told is not None
    where, written = needed(told, "from"), patterns(told, "written")
    if not written or not all("device" in one.names for one in written):
        told.wrong("written", 'write its pattern with {device} in it, as "owntracks/{device#}"')
    told.unknown()
    return None if where is None else SameDevice(where, written)


def _device(table: Table, topic: Pattern) -> Selector | None:
    """Who speaks: what the file says, else {device} of the topic; None for the gateway itself."""
    about = table.word("about", ABOUT, "device")
    named = selected(table, "device")
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


def _reading(table: Table) -> ReadingRule:
    level, edge, ignore = table.text("level"), table.text("edge"), table.text("ignore")
    zone = selected(table, "zone")
    if [level, edge, table.text("zone"), ignore].count("") != 3:
        table.wrong(None, "give exactly one of level, edge, zone and ignore")
    channel = table.word("level", tuple(Channel), "")
    kind = table.word("edge", tuple(Kind), "")
    yes, no = ("active", "inactive") if level else ("entered", "left") if zone else ("happened", "")
    rule = ReadingRule(
        channel=Channel(channel) if channel else None,
        kind=Kind(kind) if kind else None,
        zone=zone,
        ignore=ignore,
        source=selected(table, "from"),
        when=_conditions(table, "when"),
        roles=frozenset(table.texts("role")),
        not_roles=frozenset(table.texts("not_role")),
        models=frozenset(table.texts("model")),
        options=_options(table),
        live=table.flag("live"),
        yes=_listed(table, yes, (True,)),
        no=_listed(table, no, (False,)) if no else Listed((False,)),
        ignored=_listed(table, "ignored", ()),
        absent=_listed(table, "absent", ()),
        threshold=threshold(table),
        inverted=table.flag("inverted"),
        phase=Phase(table.word("phase", tuple(Phase), Phase.POINT)),
        withdraws=table.flag("withdraws"),
        kept=kept_values(table),
        around=around_rule(table),
    )
    _hold_together(table, rule)
    table.unknown()
    return rule


def _hold_together(table: Table, rule: ReadingRule) -> None:
    if rule.channel is not None:
        if rule.source is None:
            table.wrong(None, "a level needs `from`: which field says whether it is active?")
        for name in ("phase", "withdraws", "correlation"):
            if table.has(name):
                table.wrong(name, "only an edge has this; a level ends when it is inactive")
    elif table.has("inverted") or rule.threshold is not None:
        table.wrong(None, "`inverted` and a threshold belong to a level: edges just happen")
    if rule.zone is not None and (
        rule.source is None or not (table.has("entered") and table.has("left"))
    ):
        table.wrong(None, "a zone needs `from`, and which values mean `entered` and `left`")
    if rule.threshold is not None and (table.has("active") or table.has("inactive")):
        table.wrong(None, "a level has a threshold or lists of values; take one out")


def _conditions(table: Table, name: str) -> tuple[Condition, ...]:
    if (when := table.inner(name)) is None:
        return ()
    found = []
    for one in when.names():
        where, values = read(selector, one, when, one), when.scalars(one)
        if where is not None and values is not None:
            found.append(Condition(where, Listed(values)))
    return tuple(found)


def _options(table: Table) -> tuple[Option, ...]:
    if (told := table.inner("option")) is None:
        return ()
    return tuple(Option(one, _listed(told, one, ())) for one in told.names())


def _listed(table: Table, name: str, otherwise: tuple[Scalar, ...]) -> Listed:
    listed = table.scalars(name)
    return Listed(otherwise if listed is None else listed)


def _pattern(table: Table) -> Pattern:
    said = table.text("topic", needed="write the vendor's topic, such as tele/{device}/SENSOR")
    return read(pattern, said, table, "topic") or Pattern(())
