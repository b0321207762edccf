"""Signing in: a password becomes a session, and guessing becomes slow.

Tries are counted before they are judged, per login and address and per login as a whole. A
login is never locked for good: a guesser slows down himself, not the nurse at the next desk.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.access.passwords import Passwords
from hub.access.secrets import Purpose, Random, keyed_hash, new_secret
from hub.access.viewer import Viewer
from hub.store.people import Login, People
from hub.store.unit_of_work import Store
from hub.store.users import Users

LONGEST_LOGIN = 200
SHORTEST, LONGEST = 12, 200  # signs in a password that somebody chooses


class WrongPassword(Exception):
    """The login and password do not belong together; which of the two is not said."""


class PasswordUnfit(Exception):
    """The new password is too short, too long, the login, or the one there was."""


class TooManyTries(Exception):
    """This login failed too often; `until` is the moment of the next try."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until

    def seconds(self, now: datetime) -> int:
        """How many whole seconds to wait, at least one: too late by a second is not too soon."""
        return max(int((self.until - now).total_seconds()) + 1, 1)


@dataclass(frozen=True, slots=True)
class Brake:
    """How many failures are free, and the longest wait after more; each doubles the wait."""

    free: int
    most: timedelta

    def wait(self, failures: int) -> timedelta | None:
        """How long the next try must wait after so many failures; None: not at all."""
        over = failures - self.free
        return min(timedelta(seconds=2 ** min(over, 20)), self.most) if over >= 0 else None


ONE_PLACE = Brake(free=5, most=timedelta(minutes=5))
EVERYWHERE = Brake(free=50, most=timedelta(seconds=30))


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody wants to come in."""

    login: str
    password: str
    address: str

    @property
    def brakes(self) -> dict[str, Brake]:
        """What is counted, under which key."""
        name = self.login[:LONGEST_LOGIN].lower()
        return {f"{name} {self.address}": ONE_PLACE, name: EVERYWHERE}


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody wants another password."""

    old: str
    new: str

    def is_fit_for(self, login: str) -> bool:
        """Whether the new one may be this login's."""
        long_enough = SHORTEST <= len(self.new) <= LONGEST
        return long_enough and self.new not in {self.old, login}


async def sign_in(
    store: Store,
    passwords: Passwords,
    random: Random,
    pepper: bytes,
    attempt: Attempt,
    now: datetime,
    longest: timedelta,
) -> str:
    """Open a session and give its secret, for the cookie. Raises WrongPassword, TooManyTries.

    A login nobody has takes as long as one that exists. No transaction is open while the
    password is checked.
    """
    async with store.transaction() as uow:
        await _count(uow.people, attempt, now)
        login = await uow.people.login(attempt.login, now)
    fitted = await passwords.fits(login.password_hash if login else None, attempt.password)
    if login is None or not fitted:
        raise WrongPassword
    return await _opened(store, random, pepper, attempt, login, now, longest)


async def change_password(
    store: Store,
    passwords: Passwords,
    viewer: Viewer,
    change: Change,
    kept: bytes,
    now: datetime,
) -> None:
    """Give somebody the password they chose; of their sessions only the one under `kept` goes on.

    Raises PasswordUnfit, and WrongPassword or TooManyTries as at signing in: whoever finds a
    screen left open must not guess either.
    """
    async with store.transaction() as uow:
        login, password_hash = await Users(uow.db).secrets_of(viewer.user_id)
        if not change.is_fit_for(login):
            raise PasswordUnfit
        attempt = Attempt(login, change.old, viewer.address)
        await _count(uow.people, attempt, now)
    if not await passwords.fits(password_hash, change.old):
        raise WrongPassword
    hashed = await passwords.hashed(change.new)
    async with store.transaction() as uow:
        await uow.people.forgive(list(attempt.brakes))
        await Users(uow.db).set_password(viewer.user_id, hashed, but=kept)


async def _count(people: People, attempt: Attempt, now: datetime) -> None:
    before = {key: await people.tries(key, now) for key in attempt.brakes}
    blocked = [one.blocked_until for one in before.values() if one.blocked_until is not None]
    if blocked and max(blocked) > now:
        raise TooManyTries(max(blocked))
    for key, brake in attempt.brakes.items():
        failures = before[key].failures + 1
        wait = brake.wait(failures)
        await people.count_try(key, failures, now + wait if wait is not None else None)


async def _opened(
    store: Store,
    random: Random,
    pepper: bytes,
    attempt: Attempt,
    login: Login,
    now: datetime,
    longest: timedelta,
) -> str:
    secret = new_secret(random)
    kept = keyed_hash(pepper, Purpose.SESSION, secret)
    async with store.transaction() as uow:
        await uow.people.forgive(list(attempt.brakes))
        await uow.people.forget(now)
        await uow.people.open_session(login, kept, new_secret(random), now, now + longest)
    return secret
