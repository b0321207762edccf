"""What is watched of a client's rhythm, and what not, in Dutch for their page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from adapters.contract import Kind
from adapters.lifestyle import Around, Limits
from adapters.lifestyle_gaps import NEEDS, gaps

NOT_AGREED = "niet afgesproken, dus niet bewaakt"
PAUSED = "nu niet bewaakt: er is iemand, of er is niemand thuis"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule about a client: what it waits for, or why it does not. `watched`: now."""

    kind: str
    text: str
    watched: bool


def rules_of(limits: Limits, around: Around) -> Sequence[Rule]:
    """Every rule of the rhythm as it stands for one client now; of the night where it can be."""
    blind = {one.kind: one.why for one in gaps(limits, around)}
    agreed = _agreed(limits)
    found = []
    for kind in NEEDS:
        if kind in blind:
            found.append(Rule(kind.value, f"niet bewaakt: {blind[kind]}", watched=False))
        elif kind in agreed and (kind in limits.by_day or _has(kind, around)):
            paused = around.paused_until is not None
            found.append(Rule(kind.value, PAUSED if paused else agreed[kind], watched=not paused))
        else:
            found.append(Rule(kind.value, NOT_AGREED, watched=False))
    return found


def _has(kind: Kind, around: Around) -> bool:
    return any(one.use in NEEDS[kind] for one in around.sensors or ())


def _agreed(limits: Limits) -> Mapping[Kind, str]:
    night = f"tussen {limits.night_from:%H:%M} en {limits.night_until:%H:%M}"
    agreed = {
        Kind.NOT_BACK_IN_BED: f"na {limits.wait // timedelta(minutes=1)} min uit bed, {night}",
        Kind.LEFT_HOME: f"3 min na de buitendeur zonder beweging binnen, {night}",
        Kind.NOT_HOME: f"buitendeur gebruikt en om {limits.home_by or limits.night_from:%H:%M}"
        " geen beweging binnen",
    }
    if limits.up_by is not None:
        agreed[Kind.NOT_UP] = f"om {limits.up_by:%H:%M} nog niet buiten de slaapkamer"
    if limits.inactive_for is not None:
        hours = f"{limits.inactive_for / timedelta(hours=1):g}".replace(".", ",")
        agreed[Kind.INACTIVITY] = f"overdag {hours} uur geen beweging"
    return agreed
