"""POST /api/v1/alerts/{id}/...: a person's answer about an alert."""

from uuid import UUID

from fastapi import APIRouter

from hub.routes.api import bodies
from hub.routes.api.answering import AnsweringDep
from hub.routes.api.views import AnswerView
from hub.routes.problems import documented

router = APIRouter(
    prefix="/alerts/{alert_id}", tags=["answers"], responses=documented(401, 403, 404, 422, 503)
)


@router.post("/claim")
async def claim(alert_id: UUID, body: bodies.Claim, answering: AnsweringDep) -> AnswerView:
    """Take the watch: the sound stops, the alert does not. It runs out by itself."""
    return await answering(alert_id, body)


@router.post("/accept")
async def accept(alert_id: UUID, body: bodies.Accept, answering: AnsweringDep) -> AnswerView:
    """Go there. The climb stops once enough people have accepted; the others are stood down."""
    return await answering(alert_id, body)


@router.post("/arrive")
async def arrive(alert_id: UUID, body: bodies.Arrive, answering: AnsweringDep) -> AnswerView:
    """Say that somebody stands at the bed."""
    return await answering(alert_id, body)


@router.post("/extend")
async def extend(alert_id: UUID, body: bodies.Extend, answering: AnsweringDep) -> AnswerView:
    """Ask for more time, within the most that its priority allows."""
    return await answering(alert_id, body)


@router.post("/release")
async def release(alert_id: UUID, body: bodies.Release, answering: AnsweringDep) -> AnswerView:
    """Give it back; the desk rings, or the ladder climbs on."""
    return await answering(alert_id, body)


@router.post("/decline")
async def decline(alert_id: UUID, body: bodies.Decline, answering: AnsweringDep) -> AnswerView:
    """Say that one cannot come; the last one out of a step climbs at once."""
    return await answering(alert_id, body)


@router.post("/defer")
async def defer(alert_id: UUID, body: bodies.Defer, answering: AnsweringDep) -> AnswerView:
    """Promise to come after what one is busy with. It never stops the climb of a P1."""
    return await answering(alert_id, body)


@router.post("/hand-over")
async def hand_over(alert_id: UUID, body: bodies.HandOver, answering: AnsweringDep) -> AnswerView:
    """Offer watch or custody to somebody by name; it passes when they claim or accept."""
    return await answering(alert_id, body)


@router.post("/take-over")
async def take_over(alert_id: UUID, body: bodies.TakeOver, answering: AnsweringDep) -> AnswerView:
    """Take watch or custody over at once, with a reason; both are told."""
    return await answering(alert_id, body)


@router.post("/name-person")
async def name_person(
    alert_id: UUID, body: bodies.NamePerson, answering: AnsweringDep
) -> AnswerView:
    """Say who goes, for a partner organisation that accepted."""
    return await answering(alert_id, body)


@router.post("/forward")
async def forward(alert_id: UUID, body: bodies.Forward, answering: AnsweringDep) -> AnswerView:
    """Send it to a ladder of its own, under your watch."""
    return await answering(alert_id, body)


@router.post("/all-well")
async def all_well(alert_id: UUID, body: bodies.TellAllWell, answering: AnsweringDep) -> AnswerView:
    """The caregiver telephoned and all is well: P2 and P3 end, a P1 is for a human to close."""
    return await answering(alert_id, body)


@router.post("/outside")
async def outside(alert_id: UUID, body: bodies.CallOutside, answering: AnsweringDep) -> AnswerView:
    """Note that 112, GP post, police, fire brigade or locksmith was called. It is not an end."""
    return await answering(alert_id, body)


@router.post("/resolve")
async def resolve(alert_id: UUID, body: bodies.Resolve, answering: AnsweringDep) -> AnswerView:
    """Finish, with an outcome. Whoever was still being called is stood down."""
    return await answering(alert_id, body)
