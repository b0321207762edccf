"""Puts lanes on paper: moments become percentages of the width, rows become pixels.

Only the width is in percentages, so that a page may stretch a night without stretching its text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

ROW = 16  # pixels of one row within a lane
HEADING = 26
AXIS = 24
NEAR = 0.011  # of the width: marks closer than this stand above each other
MOST_ROWS = 4
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 720)  # minutes between two lines on the paper
MOST_LINES = 11
EDGE = 0.02  # of the width
FINER = 6  # the smallest step is never asked to be finer than a minute


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at one moment. `look` names its form; `to` is the place that tells more."""

    at: datetime
    look: str
    say: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasted; `text` is written in it where it fits."""

    begins: datetime
    ends: datetime
    look: str
    say: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of the paper, or the heading of a group where `heading` is set."""

    name: str
    marks: Sequence[Mark] = ()
    bars: Sequence[Bar] = ()
    heading: bool = False
    to: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A mark or bar with its place; `width` is empty for a mark."""

    of: Mark | Bar
    at: datetime
    x: str
    y: int
    width: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A lane with its place; everything in it is placed from the top of the whole paper."""

    lane: Lane
    top: int
    height: int
    bars: Sequence[Placed]
    marks: Sequence[Placed]


@dataclass(frozen=True, slots=True)
class Line:
    """One moment of the clock, written above and below; `fine` ones show when there is room.

    `edge` is first or last where the text would stick out of the paper, else empty.
    """

    x: str
    text: str
    fine: bool
    edge: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A whole drawing, `height` pixels high; `bands` go across every lane."""

    begins: datetime
    ends: datetime
    height: int
    rows: Sequence[Row]
    lines: Sequence[Line]
    bands: Sequence[Placed]


def draw(
    lanes: Sequence[Lane],
    begins: datetime,
    ends: datetime,
    zone: ZoneInfo,
    bands: Sequence[Bar] = (),
) -> Chart:
    """Place every lane below the last. What lies outside `begins` and `ends` is cut off."""
    paper = _Paper(begins, ends)
    rows: list[Row] = []
    top = AXIS
    for lane in lanes:
        rows.append(paper.row(lane, top))
        top += rows[-1].height
    across = [Placed(one, one.begins, *paper.span(one, AXIS)) for one in bands if paper.shows(one)]
    return Chart(begins, ends, top + AXIS, rows, list(paper.lines(zone)), across)


@dataclass(frozen=True, slots=True)
class _Paper:
    begins: datetime
    ends: datetime

    def row(self, lane: Lane, top: int) -> Row:
        if lane.heading:
            return Row(lane, top, HEADING, (), ())
        shown = sorted(filter(self.shows, lane.bars), key=lambda one: one.begins)
        inside = [one for one in lane.marks if self.begins <= one.at <= self.ends]
        within = sorted(inside, key=lambda one: one.at)
        bar_rows = list(_stacked([(one.begins, one.ends) for one in shown], 12))
        near = (self.ends - self.begins) * NEAR
        reach = timedelta(0) if all(one.look == "tick" for one in within) else near
        mark_rows = list(_stacked([(one.at, one.at + reach) for one in within], MOST_ROWS))
        below = max([-1, *bar_rows]) + 1 if any(one.text for one in shown) else 0
        mark_rows = [below + one for one in mark_rows]  # where they do not hide what is written
        deep = max([0, *bar_rows, *mark_rows]) + 1
        bars = [
            Placed(one, one.begins, *self.span(one, top + 5 + ROW * n))
            for one, n in zip(shown, bar_rows, strict=True)
        ]
        marks = [
            Placed(one, one.at, self.x(one.at), top + 5 + ROW // 2 + ROW * n)
            for one, n in zip(within, mark_rows, strict=True)
        ]
        return Row(lane, top, ROW * deep + 10, bars, marks)

    def shows(self, one: Bar) -> bool:
        return one.begins < self.ends and one.ends > self.begins

    def span(self, one: Bar, y: int) -> tuple[str, int, str]:
        begins, ends = max(one.begins, self.begins), min(one.ends, self.ends)
        return self.x(begins), y, f"{(ends - begins) / (self.ends - self.begins) * 100:.4f}%"

    def x(self, at: datetime) -> str:
        return f"{(at - self.begins) / (self.ends - self.begins) * 100:.4f}%"

    def lines(self, zone: ZoneInfo) -> Iterator[Line]:
        whole = (self.ends - self.begins) / timedelta(minutes=1)
        step = next((one for one in STEPS if whole / one <= MOST_LINES), STEPS[-1])
        fine = max(one for one in STEPS if step % one == 0 and one <= max(1, step // FINER))
        minute = -(-int(self.begins.timestamp()) // (60 * fine)) * fine
        while (at := datetime.fromtimestamp(minute * 60, UTC)) <= self.ends:
            place = (at - self.begins) / (self.ends - self.begins)
            edge = "first" if place < EDGE else "last" if place > 1 - EDGE else ""
            yield Line(self.x(at), f"{at.astimezone(zone):%H:%M}", minute % step != 0, edge)
            minute += fine


def _stacked(spans: Sequence[tuple[datetime, datetime]], most: int) -> Iterator[int]:
    """The first free row for each span, in their order; the last row where none is free."""
    free: list[datetime] = []
    for begins, ends in spans:
        row = next((n for n, one in enumerate(free) if one <= begins), len(free))
        if row == len(free) and row < most:
            free.append(ends)
        row = min(row, most - 1)
        free[row] = max(ends, free[row])
        yield row
