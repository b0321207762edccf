"""A pretender operator at the care centre, working through the REST API like anybody else.

They take part of the alarms and leave the others for whoever watches, hear by telephone that
somebody at the bed is finished, and never touch an alert a real person has had a hand in.
What comes next is read from the alert itself, so a restart forgets nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from simulators import people
from simulators.chance import duration, happens, stream
from simulators.people import Person, Spread
from simulators.stage import Stage

SHARE = 0.5  # assumption: of the alarms are taken at once; the rest is left for who watches
ANSWERS_IN = (timedelta(seconds=35), timedelta(seconds=100))
PATIENCE = timedelta(minutes=40)  # then an alarm that nobody wanted is taken after all
TALKS = (timedelta(seconds=70), timedelta(seconds=170))
BY_TELEPHONE = 0.6  # of the alarms end without a visit; Dutch centres say 0.8
NO_WORD = timedelta(minutes=75)  # then a colleague who fell silent is rung up
LOOKS_EVERY = timedelta(seconds=15)

AlertView = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Manner:
    """How an operator works: the share of alarms taken at once, and how soon; how long a talk
    takes and how often that ends it; how long an alarm is left that nobody else takes.
    """

    share: float = SHARE
    answers_in: Spread = ANSWERS_IN
    talks: Spread = TALKS
    by_telephone: float = BY_TELEPHONE
    patience: timedelta = PATIENCE


@dataclass(frozen=True, slots=True)
class Move:
    """What to do about an alert, and when: one POST to the API."""

    at: datetime
    action: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """One operator (`name` is their external id) and the pretenders who telephone them."""

    name: str
    people: Mapping[str, Person]
    seed: int
    manner: Manner = Manner()

    def next_move(self, alert: AlertView) -> Move | None:
        """Say what this operator does next about an alert, if anything."""
        if alert["resolved_at"] is not None or self._is_somebody_elses(alert):
            return None
        if alert["lane"] != "alarm":
            return _closes_the_queue(alert)
        if alert["custody"]:
            return self._hears_by_telephone(alert, alert["custody"][0])
        if (mine := _last_word(alert, self.name)) is not None:
            return self._after_talking(alert, mine)
        return self._answers(alert)

    def _is_somebody_elses(self, alert: AlertView) -> bool:
        """Whether a hand that is no pretender's was in it: then it is theirs to the end."""
        hands = {_hand(line) for line in alert["journal"]} - {""}
        return not hands <= {self.name, *self.people}

    def _hears_by_telephone(self, alert: AlertView, custody: Mapping[str, Any]) -> Move | None:
        who = custody["by"]["external_id"]
        person, since = self.people.get(who), _last_word(alert, who)
        if person is None or since is None:
            return None
        if custody["phase"] != "on_site":
            return None
        luck = stream(self.seed, "visit", _matter(alert), who)
        visit = NO_WORD if person.finishes else duration(luck, *person.visit)
        ended = {"by": who, "outcome": people.outcome(alert["kind"], luck)}
        return Move(since + visit, "resolve", ended)

    def _answers(self, alert: AlertView) -> Move | None:
        since = _centre_called_at(alert)
        if since is None:
            return None
        luck = stream(self.seed, "desk", _matter(alert))
        takes_it = happens(luck, self.manner.share)
        after = duration(luck, *self.manner.answers_in) if takes_it else self.manner.patience
        return Move(since + after, "claim")

    def _after_talking(self, alert: AlertView, since: datetime) -> Move:
        luck = stream(self.seed, "talk", _matter(alert))
        talked = duration(luck, *self.manner.talks)
        ends_here = happens(luck, self.manner.by_telephone)
        outcome = people.outcome(alert["kind"], luck)
        if ends_here:
            return Move(since + talked, "resolve", {"outcome": outcome})
        if not alert["forward"] and not _has_forwarded(alert):
            rungs = [{"level": "night_partner"}, {"level": "own_team"}]
            return Move(since + talked, "forward", {"steps": rungs})
        return Move(since + self.manner.patience, "resolve", {"outcome": outcome})


async def work(desk: Desk, stage: Stage, api: str, token: str) -> None:
    """Keep looking at the open alerts and do what is due, until cancelled."""
    while True:
        await look(desk, stage, api, token)
        await stage.sleep_until(stage.now() + LOOKS_EVERY)


Seen = dict[str, tuple[int, datetime | None]]  # an alert's revision, and when to act on it


async def look(
    desk: Desk, stage: Stage, api: str, token: str, seen: Seen | None = None
) -> datetime | None:
    """Look at the open alerts once and do what is due; the moment of the next move, if any.

    What is in `seen` and has not changed since is not read again until it is time to act.
    """
    seen = {} if seen is None else seen
    status, page = await stage.request("GET", f"{api}/alerts?limit=100", token=token)
    if status != 200:
        return stage.now() + LOOKS_EVERY
    moves: list[datetime | None] = []
    for one in page["items"]:
        revision, at = seen.get(one["id"], (0, None))
        if revision != one["revision"] or (at is not None and at <= stage.now()):
            at = await _attend(desk, stage, f"{api}/alerts/{one['id']}", token)
            seen[one["id"]] = (one["revision"], at)
        moves.append(at)
    return min((one for one in moves if one is not None), default=None)


async def _attend(desk: Desk, stage: Stage, url: str, token: str) -> datetime | None:
    status, alert = await stage.request("GET", url, token=token)
    move = desk.next_move(alert) if status == 200 else None
    if move is None:
        return None
    if move.at > stage.now():
        return move.at
    once = uuid5(NAMESPACE_OID, f"{url}/{move.action}/{move.at.isoformat()}")
    await stage.request("POST", f"{url}/{move.action}", {**move.body, "once": str(once)}, token)
    return None


def _matter(alert: AlertView) -> str:
    """Whom it is about and since which minute: the same luck wherever the night is played."""
    clients = sorted(one["external_id"] for one in alert["clients"])
    return " ".join([alert["opened_at"][:16], *clients])


def _closes_the_queue(alert: AlertView) -> Move:
    """The technical desk works through its queue in its own time."""
    opened_at = datetime.fromisoformat(alert["opened_at"])
    return Move(opened_at + 2 * PATIENCE, "resolve", {"outcome": "technical"})


def _centre_called_at(alert: AlertView) -> datetime | None:
    """When the desk first sounded: for its step of the ladder, or for a reason of its own."""
    called = (one for rung in alert["ladder"] for one in rung["called"])
    moments = [one["at"] for one in called if one["level"] == "care_centre"]
    moments += [line["at"] for line in alert["journal"] if line["what"] == "ring"]
    return min(map(datetime.fromisoformat, moments), default=None)


def _last_word(alert: AlertView, name: str) -> datetime | None:
    """When somebody last answered themselves, or had it entered."""
    return _latest(line["at"] for line in alert["journal"] if _who(line["actor"]) == name)


def _has_forwarded(alert: AlertView) -> bool:
    return any(line["what"] == "forwarded" for line in alert["journal"])


def _latest(moments: Iterable[str]) -> datetime | None:
    return max(map(datetime.fromisoformat, moments), default=None)


def _hand(line: Mapping[str, Any]) -> str:
    return _who(line["entered_by"]) or _who(line["actor"])


def _who(person: Mapping[str, Any] | None) -> str:
    return str(person["external_id"]) if person is not None else ""
