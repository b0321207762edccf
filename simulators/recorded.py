"""A night that happened: what devices said and people did, at the moments at which they did it.

A recorded night is played like any other, but nothing in it is left to luck: nobody answers
unless they answered then.
"""

from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from json import dumps
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from simulators.stage import Happening, Stage
from simulators.telephones import Telephones

AGAIN_IN = timedelta(seconds=1)
NEAR = timedelta(minutes=1)
MOST_TRIES = 30  # a call may come a little later than it did then
AWAY = (0, 503)  # statuses that say nothing was kept for certain

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """One answer. `matter` numbers what this person was called about, by their telephone's link;
    0 is through the API, about the alert of `client` that was opened nearest to `opened_at`.

    `by` is whose answer it is, where it was entered by `who` for somebody else.
    """

    at: datetime
    who: str
    answer: str
    body: Mapping[str, Any]
    matter: int = 0
    client: str = ""
    opened_at: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a recording holds beside its people and clients.

    `registry` are rows by table, as the hub had them; `said` are messages in the native profile,
    in the order in which they came in.
    """

    registry: Mapping[str, Sequence[Row]]
    said: Sequence[Happening]
    done: Sequence[Done]

    @property
    def gateways(self) -> tuple[str, ...]:
        """The MQTT users of every gateway."""
        rows = self.registry.get("gateways", ())
        return tuple(f"{one['organisation_id']}/{one['id']}" for one in rows)

    @property
    def speaking(self) -> frozenset[str]:
        """The clients whose devices say anything."""
        heard = {one.topic for one in self.said}
        spoke = [one for one in self.registry.get("devices", ()) if one["id"] in heard]
        return frozenset(one["client_id"] for one in spoke if "client_id" in one)


def read_recorded(said: Mapping[str, Any], start: datetime) -> Recorded:
    """Read the part `recorded` of a night file; moments in it are seconds since the start."""
    return Recorded(
        said.get("registry", {}),
        [_message(one, start) for one in said.get("says", ())],
        [_done(one, start) for one in said.get("does", ())],
    )


def _moment(said: Mapping[str, Any], name: str, start: datetime) -> datetime:
    return start + timedelta(seconds=said[name])


def _message(said: Mapping[str, Any], start: datetime) -> Happening:
    at, payload = _moment(said, "at", start), dumps(said["message"]).encode()
    return Happening(at, said["gateway"], "native", said["device"], payload)


def _done(said: Mapping[str, Any], start: datetime) -> Done:
    return Done(
        _moment(said, "at", start),
        said["who"],
        said["answer"],
        said.get("body", {}),
        said.get("matter", 0),
        said.get("client", ""),
        _moment(said, "opened", start) if "opened" in said else None,
        said.get("by", ""),
    )


class Hands:
    """Everybody who did something then. What cannot be done again is among the complaints."""

    def __init__(
        self, stage: Stage, telephones: Telephones, api: str, tokens: Mapping[str, str]
    ) -> None:
        self.stage, self.telephones, self.api, self.tokens = stage, telephones, api, tokens

    def errands(self, done: Sequence[Done]) -> Iterator[Coroutine[Any, Any, None]]:
        """What everybody does, each at its moment; the caller begins them."""
        for number, one in enumerate(done):
            once = str(uuid5(NAMESPACE_OID, f"recorded/{number}"))
            yield self._do(one, {**one.body, "once": once})

    async def _do(self, one: Done, body: Mapping[str, Any]) -> None:
        await self.stage.sleep_until(one.at)
        told = f"{one.who} could not {one.answer} again"
        for _ in range(MOST_TRIES):
            answered = await (self._by_link(one, body) if one.matter else self._by_api(one, body))
            if answered is not None and answered[0] not in AWAY:
                break
            told = f"{one.who} had nothing to {one.answer} about, as they did then"
            await self.stage.sleep_until(self.stage.now() + AGAIN_IN)
        if answered is None or answered[0] >= 400 or answered[0] in AWAY:
            why = "" if answered is None else f": {answered}"
            self.telephones.complaints.append(f"{told}{why}")

    async def _by_link(self, one: Done, body: Mapping[str, Any]) -> tuple[int, Any] | None:
        matters = self.telephones.matters[one.who]
        if len(matters) < one.matter:
            return None
        url = matters[one.matter - 1]
        return await self.stage.request("POST", url, {"answer": one.answer, **body})

    async def _by_api(self, one: Done, body: Mapping[str, Any]) -> tuple[int, Any] | None:
        token = self.tokens[one.who]
        if one.answer == "raise":
            raised = {**body, "client": one.client}
            return await self.stage.request("POST", f"{self.api}/alerts", raised, token)
        alert = await self._alert(one, token)
        if alert is None:
            return None
        entered = {"by": one.by} if one.by else {}
        url = f"{self.api}/alerts/{alert}/{one.answer}"
        return await self.stage.request("POST", url, {**body, **entered}, token)

    async def _alert(self, one: Done, token: str) -> str | None:
        about = f"&client={one.client}" if one.client else ""
        url = f"{self.api}/alerts?status=all&limit=200{about}"
        status, page = await self.stage.request("GET", url, token=token)
        if status != 200 or one.opened_at is None:
            return None
        opened_at = one.opened_at
        items = [each for each in page["items"] if one.client or not each["clients"]]
        nearest = min(
            items,
            key=lambda each: abs(datetime.fromisoformat(each["opened_at"]) - opened_at),
            default=None,
        )
        if nearest is None or abs(datetime.fromisoformat(nearest["opened_at"]) - opened_at) > NEAR:
            return None
        return str(nearest["id"])
