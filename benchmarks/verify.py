"""How long a proof takes: one plan over 400 days, 10,000 plans over 8, those one absence hits.

    python -m benchmarks.verify [--plans 10000]

Seconds are the processor's, so that they are the same on a busy machine.

Every client has a living form, one to three relatives with their own limits, and for three in
four agreements of their own with other windows and waits; teams work shifts. It needs nothing
but a processor.
"""

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from escalation.agreements import Agreement
from escalation.care_file import CareFile
from escalation.defaults import LivingForm
from escalation.model import Level, Step
from escalation.people import Absence, KnownContact, Limits, Period, PeriodSort
from escalation.proving import verify_all
from escalation.shared import Shared
from escalation.verify import verify
from escalation.windows import DAY, Window

BEGINS = datetime(2026, 11, 22, 11, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
WAYS = ("webhook",)
PROCESSES = 2
PARTNER, DESK, BACKUP = (UUID(int=number) for number in (1, 2, 3))
TEAMS = tuple(UUID(int=100 + number) for number in range(40))
RHYTHM = ("lifestyle.*", "location.*", "alarm.left_home", "alarm.wandering")
LIMITS = (None, None, Limits(2), Limits(2, quiet=Window(23 * HOUR, 7 * HOUR)))


def client(number: int, days: int) -> CareFile:
    """One client of a population; the same number is always the same client."""
    luck = Random(number)
    team = luck.choice(TEAMS)
    relatives = tuple(
        KnownContact(
            UUID(int=10**6 + 10 * number + place),
            Level.INFORMAL_CAREGIVER,
            WAYS,
            limits=luck.choice(LIMITS),
        )
        for place in range(luck.randint(1, 3))
    )
    contacts = (
        *relatives,
        KnownContact(team, Level.OWN_TEAM, WAYS, needs=(PeriodSort.SHIFT,)),
        KnownContact(PARTNER, Level.NIGHT_PARTNER, WAYS),
        KnownContact(DESK, Level.CARE_CENTRE, WAYS),
        KnownContact(BACKUP, Level.BACKUP, WAYS),
    )
    return CareFile(
        UUID(int=number),
        tuple(_agreed(number, luck)) if luck.random() < 0.75 else (),
        luck.choice(list(LivingForm)),
        contacts,
        tuple(_absences(relatives, luck)),
        tuple(_shifts(team, days)),
    )


def _agreed(number: int, luck: Random) -> Iterator[Agreement]:
    night = luck.choice([22, 22.5, 23]) * HOUR
    wait = luck.choice([2, 3, 5]) * MINUTE
    centre, partner = Step(Level.CARE_CENTRE, wait), Step(Level.NIGHT_PARTNER, wait)
    relative, team = Step(Level.INFORMAL_CAREGIVER, wait), Step(Level.OWN_TEAM, wait)
    ladders = (
        ((centre, partner, centre), night, 7 * HOUR),
        ((relative, team, centre), 7 * HOUR, night),
    )
    for place, (steps, begins, ends) in enumerate(ladders):
        id_ = UUID(int=10**9 + 10 * number + place)
        yield Agreement(id_, RHYTHM, steps, Window(begins, ends), name="rhythm")


def _absences(relatives: Sequence[KnownContact], luck: Random) -> Iterator[Absence]:
    if luck.random() < 0.1:
        away = BEGINS + luck.randint(0, 7 * 24) * HOUR
        yield Absence(relatives[0].id, away, away + luck.randint(6, 72) * HOUR)


def _shifts(team: UUID, days: int) -> Iterator[Period]:
    for day in range(-1, days + 1):
        for begins in (6, 14):
            at = BEGINS.replace(hour=begins) + day * DAY
            yield Period(team, PeriodSort.SHIFT, at, at + 8 * HOUR)


def _prove(numbers: range) -> tuple[float, float, float]:
    """Prove a part: how many plans, how many with an error, and the processor's seconds."""
    cares = [client(number, 8) for number in numbers]
    begun = time.process_time()
    closed = [proof.closed for _, proof in verify_all(cares, BEGINS, BEGINS + 8 * DAY)]
    return len(closed), closed.count(False), time.process_time() - begun


def _seconds(care: CareFile, days: int) -> float:
    begun = time.process_time()
    verify(care, BEGINS, BEGINS + days * DAY)
    return time.process_time() - begun


def main() -> None:
    """Print the three figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plans", type=int, default=10_000)
    plans = parser.parse_args().plans
    long = [_seconds(client(number, 400), 400) for number in range(20)]
    print(
        f"one plan over 400 days: median {statistics.median(long):.3f} s, worst {max(long):.3f} s"
    )
    short = [_seconds(client(number, 8), 8) for number in range(60)]
    print(f"one plan over 8 days, by itself: median {statistics.median(short) * 1000:.1f} ms")
    _many(plans)
    team = TEAMS[0]
    hit = [one for one in (client(number, 8) for number in range(plans)) if _has(one, team)]
    away = Absence(team, BEGINS + DAY, BEGINS + 2 * DAY)
    shared = Shared()
    list(verify_all(hit, BEGINS, BEGINS + 8 * DAY, shared))  # as they were proved before
    begun = time.process_time()
    again = [replace(one, absences=(*one.absences, away)) for one in hit]
    list(verify_all(again, BEGINS, BEGINS + 8 * DAY, shared))
    print(f"{len(hit)} plans that one absent team hits: {time.process_time() - begun:.2f} s")


def _many(plans: int) -> None:
    parts = [range(part, plans, PROCESSES) for part in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES) as pool:
        begun = time.perf_counter()
        proved = list(pool.map(_prove, parts))
        took = time.perf_counter() - begun
    total, errors, worked = (sum(one) for one in zip(*proved, strict=True))
    print(
        f"{total} plans over 8 days in {PROCESSES} processes: {worked / PROCESSES:.1f} s of each"
        f" processor ({took:.1f} s passed), {errors} not closed"
    )


def _has(care: CareFile, contact_id: UUID) -> bool:
    return any(one.id == contact_id for one in care.contacts)


if __name__ == "__main__":
    main()
