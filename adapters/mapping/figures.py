"""Numbers and values of a rule: what makes a level active, what is kept beside an event."""

from dataclasses import dataclass

from adapters.contract import Scalar
from adapters.mapping.named import selected
from adapters.mapping.selectors import Selector
from adapters.mapping.tables import Table
from adapters.mapping.values import AS_IT_IS, UNITS, Unit
from adapters.privacy import personal


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


def threshold(table: Table) -> Threshold | None:
    """The threshold of a reading's table, if it has one; what is wrong is noted in the table."""
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


def kept_values(table: Table) -> tuple[Kept, ...]:
    """What a reading's table keeps beside its event; what is wrong is noted in the table."""
    if (value := table.inner("value")) is None:
        return ()
    return tuple(_one_kept(value, name) for name in value.names())


def _one_kept(value: Table, name: str) -> Kept:
    if personal(name):
        value.wrong(name, "who somebody is stays out of an event; take it out")
    if isinstance(value.values[name], str):
        return Kept(name, selected(value, name), None, None)
    where = unit = always = None
    if (told := value.inner(name)) is not None:
        where, unit = selected(told, "from"), _unit(told)
        if (listed := told.scalars("is")) is not None and len(listed) == 1:
            always = listed[0]
        if (where is None) is (always is None):
            told.wrong(
                None, 'write a field, or { from = "field", unit = "mV" }, or { is = "word" }'
            )
        told.unknown()
    return Kept(name, where, unit, always)


def _unit(table: Table) -> Unit | None:
    named = table.word("unit", tuple(UNITS), "")
    return UNITS[named] if named else None
