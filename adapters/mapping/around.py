"""What is told around a reading: when, where, as a copy of what, of which matter."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime

from adapters.contract import Counter, Edge, Position, ProofOfCopy, Reading
from adapters.fields import Fields, Json
from adapters.mapping.named import needed, selected, several
from adapters.mapping.selectors import Selector
from adapters.mapping.tables import Table
from adapters.mapping.values import AS_IT_IS, label_of, moment_of, number_of
from adapters.positions import position
from adapters.readings import SideFields
from adapters.text import visible

TIMES = ("iso", "seconds", "milliseconds")
FURTHEST = 1e9  # what is beyond it, `position` refuses


@dataclass(frozen=True, slots=True)
class Around:
    """What was found around a reading; None is nothing said."""

    at: datetime | None = None
    key: ProofOfCopy | None = None
    counter: Counter | None = None
    position: Position | None = None
    matter: str | None = None

    def or_else(self, other: "Around") -> "Around":
        """This, and the other's where this says nothing."""
        if self is NOTHING_FOUND:
            return other
        mine = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(other, **{name: it for name, it in mine.items() if it is not None})

    def told(self, reading: Reading, *, test: bool) -> Reading:
        """The reading with all of it; only an edge is of a matter."""
        reading = replace(
            reading, occurred_at=self.at, key=self.key, counter=self.counter,
            position=self.position, test=test,
        )  # fmt: skip
        if isinstance(reading, Edge) and self.matter:
            return replace(reading, correlation_key=self.matter)
        return reading


NOTHING_FOUND = Around()


@dataclass(frozen=True, slots=True)
class Timed:
    """Where a moment stands and how it is written."""

    where: Selector
    written: str


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the fields of a position stand: degrees, metres, the moment of the fix."""

    lat: Selector
    lon: Selector
    accuracy: Selector | None
    fixed_at: Timed | None


@dataclass(frozen=True, slots=True)
class AroundRule:
    """Where all of it stands in a message, or in one item of its list."""

    at: Timed | None = None
    copy_of: tuple[Selector, ...] = ()
    series: Selector | None = None
    number: Selector | None = None
    placed: Placed | None = None
    matter: Selector | None = None

    def find(
        self, root: Json, names: Mapping[str, str], time_zone: str, side: SideFields
    ) -> Around:
        """What a message says of it; what cannot be read is noted in `side`."""
        if self is NOTHING_AROUND:
            return NOTHING_FOUND
        look = _Look(root, names, time_zone, side)
        matter = None if self.matter is None else look.label(self.matter)
        return Around(
            at=look.moment(self.at),
            key=_key([look.label(one) for one in self.copy_of]),
            counter=self._counter(look),
            position=None if self.placed is None else look.position(self.placed),
            matter=matter,
        )

    def _counter(self, look: "_Look") -> Counter | None:
        if self.series is None or self.number is None:
            return None
        series, number = look.label(self.series), look.find(self.number)
        if not series or isinstance(number, bool) or not isinstance(number, int):
            return None
        return Counter(series, number)


NOTHING_AROUND = AroundRule()


def around_rule(table: Table) -> AroundRule:
    """Read from a table where it stands; NOTHING_AROUND where the table says nothing of it."""
    counter, place = table.inner("counter"), table.inner("position")
    rule = AroundRule(
        at=_timed(table, "at"),
        copy_of=several(table, "copy_of"),
        series=None if counter is None else needed(counter, "series"),
        number=None if counter is None else needed(counter, "number"),
        placed=None if place is None else _placed(place),
        matter=selected(table, "correlation"),
    )
    if counter is not None:
        counter.unknown()
    return NOTHING_AROUND if rule == NOTHING_AROUND else rule


def _timed(table: Table, name: str) -> Timed | None:
    if (inner := table.inner(name)) is None:
        return None
    where, written = needed(inner, "from"), inner.word("written", TIMES, "iso")
    inner.unknown()
    return None if where is None else Timed(where, written)


def _placed(table: Table) -> Placed | None:
    lat, lon = needed(table, "lat"), needed(table, "lon")
    accuracy, fixed_at = selected(table, "accuracy"), _timed(table, "fixed_at")
    table.unknown()
    return None if lat is None or lon is None else Placed(lat, lon, accuracy, fixed_at)


def _key(parts: list[str | None]) -> ProofOfCopy | None:
    named = [one for one in parts if one]
    if not named or len(named) < len(parts):
        return None
    return ProofOfCopy(visible("/".join(named)))


@dataclass(frozen=True, slots=True)
class _Look:
    """A message or item that is looked into."""

    root: Json
    names: Mapping[str, str]
    time_zone: str
    side: SideFields

    def find(self, where: Selector) -> Json:
        return where.find(self.root, self.names)

    def label(self, where: Selector) -> str | None:
        if (found := self.find(where)) is None:
            return None
        return self.side.read(lambda name: label_of(found, name), where.text, None)

    def moment(self, timed: Timed | None) -> datetime | None:
        if timed is None or (said := self.find(timed.where)) is None:
            return None
        return self.side.read(
            lambda name: moment_of(said, name, timed.written, self.time_zone),
            timed.where.text,
            None,
        )

    def position(self, placed: Placed) -> Position | None:
        found = {
            one.text: self._number(one)
            for one in (placed.lat, placed.lon, placed.accuracy)
            if one is not None
        }
        accuracy = "" if placed.accuracy is None else placed.accuracy.text
        names = (placed.lat.text, placed.lon.text, accuracy)
        return position(Fields(found), names, self.moment(placed.fixed_at), self.side)

    def _number(self, where: Selector) -> Json:
        """A number, also as digits in a text, as everywhere in a mapping."""
        if not isinstance(said := self.find(where), str):
            return said
        return self.side.read(
            lambda name: number_of(said, name, AS_IT_IS, -FURTHEST, FURTHEST), where.text, None
        )
