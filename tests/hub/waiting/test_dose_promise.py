"""The promise about doses, held against a model that knows only what was said of each dose.

Whatever order the dispenser's messages come in, however late or often: a dose that was due and
that nobody saw taken is told missed exactly once, and one that was taken in time never.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.contract import Edge, Kind, Phase
from adapters.doses import observe, ripen
from adapters.doses_state import Heard, Schedule, State
from hub.store.values import decode, encode

START = datetime(2026, 1, 13, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PATIENCE, GRACE, END = 75, 5, 12 * 60
SETTLING = {"taken": Kind.TAKEN, "refused": Kind.REFUSED, "dispensed": Kind.DISPENSED}


@dataclass(frozen=True)
class Message:
    """What is said of a dose, and the minute in which it is received."""

    dose: str
    due: int
    what: str
    at: int


@st.composite
def _of_a_dose(draw: st.DrawFn, number: int) -> list[Message]:
    """One dose: offered once or more, each copy with a delay of its own; perhaps settled, too."""
    due = draw(st.integers(0, 300))
    delays = draw(st.lists(st.integers(0, 200), min_size=1, max_size=3))
    messages = [Message(f"d{number}", due, "due", due + late) for late in delays]
    if draw(st.booleans()):
        what, after = draw(st.sampled_from(sorted(SETTLING))), draw(st.integers(0, 150))
        copies = draw(st.lists(st.integers(0, 100), min_size=1, max_size=2))
        messages += [Message(f"d{number}", due, what, due + after + late) for late in copies]
    return messages


stories = st.lists(st.integers(1, 4), max_size=1).flatmap(
    lambda many: st.tuples(*(_of_a_dose(n) for n in range(many[0] if many else 1)))
)


def model(messages: list[Message]) -> set[str]:
    """Which doses are missed: those of which nothing else was heard when their time was up."""
    found = set()
    for dose in {one.dose for one in messages}:
        of_it = [one for one in messages if one.dose == dose]
        offered = min(one.at for one in of_it if one.what == "due")
        settled = min((one.at for one in of_it if one.what != "due"), default=END * 2)
        up = of_it[0].due + PATIENCE
        if settled > max(up, offered + GRACE):
            found.add(dose)
    return found


@settings(max_examples=150, deadline=None)
@given(stories, st.sets(st.integers(0, 700), max_size=8))
def test_a_dose_not_taken_in_time_is_told_once_and_one_that_was_never(
    story: tuple[list[Message], ...], restarts: set[int]
) -> None:
    messages = sorted((one for of_it in story for one in of_it), key=lambda one: one.at)
    state, told = State(), list[str]()
    for minute in range(END):
        now = START + minute * MINUTE
        for one in messages:
            if one.at == minute:
                state = observe(state, edge(one), now, Schedule())
        if minute in restarts:
            state = decode(State, encode(state))
        if state.due_at is not None and state.due_at <= now:
            outcome = ripen(state, now, Schedule(), Heard(now))
            state = outcome.state
            told += missed(outcome.findings)
    assert sorted(told) == sorted(model(messages))


def edge(message: Message) -> Edge:
    kind = SETTLING.get(message.what, Kind.DISPENSED)
    phase = Phase.START if message.what == "due" else Phase.POINT
    due_at = (START + message.due * MINUTE).isoformat()
    return Edge("d", kind, phase, value={"dose_id": message.dose, "due_at": due_at})


def missed(findings: tuple[Edge, ...]) -> list[str]:
    return [str(one.value["dose_id"]) for one in findings if one.kind is Kind.MISSED_DOSE]
