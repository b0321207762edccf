"""What a heard message becomes: the event of each reading, and the raw row that is kept."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid5

from adapters.contract import Edge, Ignored, Kind, Level, Phase, Reading, Rejected
from escalation.kinds import RULES
from escalation.model import Priority
from hub.decoders.given import content_type_of, user_properties_of
from hub.decoders.heard import Heard
from hub.decoders.strangers import EACH_ITS_OWN
from hub.incoming.device_clock import LATE
from hub.store.care import Subject
from hub.store.events import Event
from hub.store.messages import MessageOutcome, Stored
from hub.waiting.pressed import UNTESTED

QUARANTINED = frozenset({"unclean_stop", "not_decidable"})
OURS = frozenset({"clock_said", "series", UNTESTED})  # the hub's own, so nobody else's
MOVED = (
    "Dit apparaat is aan een ander gegeven en daar nog niet getest."
    " Vraag wie het draagt; er wordt niemand anders gebeld."
)
EXPLAINS = frozenset({"lifestyle"})  # adapters that word an explanation themselves
ALARM_ROLES = frozenset({"pendant", "alarm_button", "pull_cord", "fall", "smoke", "co", "gas"})


def event_of(
    heard: Heard,
    number: int,
    reading: Reading,
    subject: Subject,
    *,
    clock_wrong: bool = False,
    possible_repeat: bool = False,
) -> Event:
    """Make the event of one reading of a message; `number` tells its readings apart.

    Where the device's clock is wrong, the moment of receipt counts and what it said is kept.
    """
    arrival, device = heard.arrival, heard.device
    said = None if clock_wrong else reading.occurred_at
    at = said or arrival.received_at
    return Event(
        id=uuid5(heard.id, str(number)),
        organisation_id=subject.organisation_id,
        subject_id=subject.subject_id,
        kind=reading.kind or Kind.HEARTBEAT,
        phase=_phase(reading),
        occurred_at=at,
        received_at=arrival.received_at,
        home_id=subject.home_id,
        client_ids=subject.client_ids,
        device_id=None if device is None else device.id,
        gateway_id=arrival.principal.gateway_id,
        adapter=visible(heard.adapter),
        adapter_version=heard.version.adapter,
        room="" if device is None else device.binding.room,
        from_device_clock=said is not None,
        late=arrival.replayed or arrival.received_at - at > LATE,
        replayed=arrival.replayed,
        test=reading.test or is_tested(heard, subject),
        withdraws=not reading.active if isinstance(reading, Level) else reading.withdraws,
        unknown_device=device is None,
        possible_repeat=possible_repeat,
        clock_wrong=clock_wrong,
        not_assured=arrival.qos == 0,
        value=_value(reading, clock_wrong=clock_wrong) | _untested(heard, subject),
        position=reading.position,
        explanation=_why(heard, reading, subject),
        correlation_key=visible(reading.correlation_key) if isinstance(reading, Edge) else "",
        message_id=heard.id,
    )


def test_press(heard: Heard, subject: Subject) -> Event | None:
    """The press that may be the test of a device that was given to another; None: it is none.

    Where a message says several things it is the most urgent of those that are so now.
    """
    if not is_tested(heard, subject):
        return None
    numbered = enumerate(heard.readings)
    said = (event_of(heard, number, one, subject) for number, one in numbered if _rings(one))
    calls = [one for one in said if not one.withdraws]
    return min(calls, key=lambda one: RULES[one.kind.value].priority.rank, default=None)


def is_tested(heard: Heard, subject: Subject) -> bool:
    """Whether a device that was given to another is pressed while somebody tests there."""
    device = heard.device
    there = device is not None and device.untested and subject.subject_id != device.id
    return there and any(map(_rings, heard.readings))


def _untested(heard: Heard, subject: Subject) -> dict[str, Any]:
    device = heard.device
    waits = device is not None and device.untested and subject.subject_id == device.id
    return {UNTESTED: True} if waits else {}


def _why(heard: Heard, reading: Reading, subject: Subject) -> str:
    if heard.device is None:
        return _stranger(heard)
    return MOVED if _untested(heard, subject) else _explained(heard, reading)


def _stranger(heard: Heard) -> str:
    """Say which device it was: its own number is all there is to find its wearer by."""
    said = (
        f"Apparaat {visible(heard.key or '')[:100]} ({heard.adapter})"
        " staat bij geen cliënt ingeschreven."
    )
    if not heard.crowded:
        return said
    return f"{said} Achter dit basisstation roepen meer dan {EACH_ITS_OWN} onbekende apparaten."


def _explained(heard: Heard, reading: Reading) -> str:
    """Why, in Dutch, where it was our own code that put it into words: it then holds no name."""
    if heard.adapter not in EXPLAINS:
        return ""
    return str(reading.value.get("explanation", ""))


def _phase(reading: Reading) -> Phase:
    if isinstance(reading, Edge):
        return reading.phase
    return Phase.START if reading.active else Phase.END


def _value(reading: Reading, *, clock_wrong: bool) -> dict[str, Any]:
    value: dict[str, Any] = {
        visible(name): visible(it) if isinstance(it, str) else it
        for name, it in reading.value.items()
        if name not in OURS
    }
    if clock_wrong and reading.occurred_at is not None:
        value["clock_said"] = reading.occurred_at.isoformat()
    if reading.counter is not None:
        value |= {"series": reading.counter.series, "number": reading.counter.number}
    return value


def unreadable(heard: Heard, subject: Subject, said: Sequence[Reading] = ()) -> Event:
    """Make an unreadable message work; from an alarm device it may have been a call for help.

    `said` is what its adapter did read, where it is the hub that could not go on with it.
    """
    assert isinstance(heard.outcome, Rejected)
    device = heard.device
    mismatch = heard.outcome.code == "identity_mismatch"
    return Event(
        id=uuid5(heard.id, "unreadable"),
        organisation_id=subject.organisation_id,
        subject_id=subject.subject_id,
        kind=Kind.IDENTITY_MISMATCH if mismatch else Kind.UNDECODABLE,
        phase=Phase.POINT,
        occurred_at=heard.arrival.received_at,
        received_at=heard.arrival.received_at,
        home_id=subject.home_id,
        client_ids=subject.client_ids,
        device_id=None if device is None else device.id,
        gateway_id=heard.arrival.principal.gateway_id,
        adapter=visible(heard.adapter),
        adapter_version=heard.version.adapter,
        may_be_alarm=heard.outcome.code in QUARANTINED
        or _is_alarm_device(heard)
        or any(map(_rings, said)),
        value={"code": heard.outcome.code},
        message_id=heard.id,
    )


def _is_alarm_device(heard: Heard) -> bool:
    return heard.device is not None and heard.device.binding.role in ALARM_ROLES


def _rings(reading: Reading) -> bool:
    rule = None if reading.kind is None else RULES.get(reading.kind.value)
    return rule is not None and rule.priority.rank <= Priority.P3.rank


def stored(heard: Heard) -> Stored:
    """Make the raw row of a message, with what became of it."""
    arrival, outcome, reason = heard.arrival, MessageOutcome.DECODED, ""
    if heard.refused:
        outcome, reason = MessageOutcome.REFUSED, heard.refused
    elif isinstance(heard.outcome, Rejected):
        outcome, reason = MessageOutcome.REJECTED, f"{heard.outcome.code}: {heard.outcome.detail}"
        if heard.outcome.code in QUARANTINED:
            outcome = MessageOutcome.QUARANTINED
    elif isinstance(heard.outcome, Ignored):
        outcome, reason = MessageOutcome.IGNORED, heard.outcome.reason
    elif heard.device is None and heard.key is not None:
        reason = "unknown_device"
    return Stored(
        id=heard.id,
        organisation_id=arrival.principal.organisation_id,
        gateway_id=arrival.principal.gateway_id,
        device_id=None if heard.device is None else heard.device.id,
        source=arrival.source,
        adapter=visible(heard.adapter),
        topic=visible(arrival.topic),
        payload=arrival.payload,
        qos=arrival.qos,
        duplicate=arrival.duplicate,
        replayed=arrival.replayed,
        received_at=arrival.received_at,
        outcome=outcome,
        reason=visible(reason),
        content_type=content_type_of(arrival),
        user_properties=user_properties_of(arrival),
        adapter_version=heard.version.adapter,
        contract=heard.version.contract,
    )


def visible(text: str) -> str:
    """Make visible what PostgreSQL cannot hold in text: NUL and lone surrogates."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
