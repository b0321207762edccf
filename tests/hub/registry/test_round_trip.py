"""Whatever stands in the registry, its export is read back as the same: a round trip is a no-op."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from escalation.model import Level
from hub.registry import plans, values
from hub.registry.bringing import bring
from hub.registry.fields import Field, Noun
from hub.registry.files import csv_text, json_text, read_file
from hub.registry.nouns import NOUNS
from hub.registry.outcome import Refused, Who
from hub.registry.records import Place, Record, Sent, name_of, understood
from hub.store.unit_of_work import open_store

NOW = datetime(2026, 1, 12, tzinfo=UTC)
STORED = settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
letters = some.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
texts = some.text(letters | some.sampled_from("\t\n\r;,\"'|=+-@"), max_size=30)
names = some.text(letters | some.sampled_from(";,\"'|[=+-@ "), min_size=1, max_size=12).filter(
    lambda one: one == one.strip() and "\n" not in one
)

moments = some.integers(-2_000_000_000, 7_000_000_000).map(
    lambda at: values.said_at(datetime.fromtimestamp(at, UTC))
)
windows = some.builds(
    lambda begins, ends, days, holidays: plans.slim_window(
        {"begins": begins, "ends": ends, "weekdays": sorted(days), "holidays": holidays}
    ),
    some.integers(0, 86_400) | some.integers(0, 1440).map(lambda one: one * 60),
    some.integers(0, 86_400) | some.integers(0, 1440).map(lambda one: one * 60),
    some.sets(some.integers(0, 6), min_size=1),
    some.sampled_from(["as_usual", "also", "only", "never"]),
)
steps = some.lists(
    some.builds(
        lambda level, wait, needed, beside: plans.slim_step(
            {"level": level, "wait": wait, "needed": needed, "beside": beside}
        ),
        some.sampled_from([str(one) for one in Level]),
        some.integers(0, 100_000),
        some.integers(1, 3),
        some.lists(some.sampled_from([str(one) for one in Level]), max_size=2),
    ),
    min_size=1,
    max_size=4,
)
json_values = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**53), 2**53) | texts,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
sorted_names = some.sets(names, max_size=3).map(sorted)
WRITTEN: dict[Any, Any] = {
    values.TEXT: texts,
    values.NAME: names,
    values.TOPIC_LEVEL: some.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True),
    values.FLAG: some.booleans(),
    values.DATE: some.dates(date(1850, 1, 1), date(2200, 1, 1)).map(str),
    values.MOMENT: moments,
    values.WORDS: sorted_names,
    values.OBJECT: some.dictionaries(texts, json_values, min_size=1, max_size=3),
    values.WAYS: some.lists(
        some.fixed_dictionaries({"way": names, "address": names}), min_size=1, max_size=3
    ),
    values.SHARES: some.sampled_from(
        [["everything"], ["name", "address"], ["name", "address", "contacts"]]
    ),
    values.SECONDS: some.integers(0, 31_536_000),
    plans.WINDOW: windows,
    plans.STEPS: steps,
    plans.KINDS: some.sets(some.sampled_from(sorted(plans.PATTERNS)), min_size=1).map(sorted),
    plans.REST: some.just({"living_forms": ["spread"], "time_zone": "Europe/Brussels"}),
    plans.LIMITS: some.just({"wake_ups_a_week": 2, "quiet": {"begins": 0, "ends": 3600}}),
}


def field_values(field: Field) -> some.SearchStrategy[Any]:
    """Whatever may stand in a field; what may be empty sometimes is."""
    found: Any
    if field.sort in WRITTEN:
        found = WRITTEN[field.sort]
    elif "enum" in field.sort.schema:
        found = some.sampled_from(field.sort.schema["enum"])
    else:
        found = some.integers(1, 90)
    if field.usual != "":
        found = found.filter(lambda one: one not in ("", [], {}))
    every: some.SearchStrategy[Any] = found if field.needed else found | some.just(field.usual)
    return every


def things(noun: Noun) -> some.SearchStrategy[dict[str, Any]]:
    return some.fixed_dictionaries({one.name: field_values(one) for one in noun.fields}).filter(
        lambda thing: all(thing[one.name] != "" for one in noun.fields if one.needed)
    )


@pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS)
@pytest.mark.parametrize(("form", "write"), [("csv", csv_text), ("json", json_text)])
@settings(max_examples=8, deadline=None)
@given(data=some.data())
def test_what_is_written_is_read_back(noun: Noun, form: str, write: Any, data: Any) -> None:
    thing = data.draw(things(noun))
    text = write(noun, [("" if noun.shared else "zorg", thing)])
    (sent,) = read_file(f"{noun.name}.{form}", text.encode())
    assert isinstance(sent, Sent), sent
    (record,), troubles = understood([sent], "")
    assert not troubles
    assert record.values == thing


BEFORE: dict[str, list[dict[str, Any]]] = {
    "organisations": [{"external_id": "zorg", "name": "Zorg", "sort": "provider"}],
    "contacts": [
        {"external_id": name, "name": "Team", "level": "own_team", "sort": "team"}
        for name in ("team", "nacht")
    ],
    "homes": [{"external_id": "huis"}],
    "clients": [{"external_id": "cor", "name": "Cor", "home": "huis"}],
    "gateways": [{"external_id": "gw", "adapters": ["native"]}],
    "regions": [{"external_id": "plas", "name": "Plas"}],
}
REFERRED = {
    "backup": "team",
    "team": "team",
    "contact": "team",
    "home": "huis",
    "client": "cor",
    "region": "plas",
    "served_by": "zorg",
    "partner": "zorg",
    "provider": "zorg",
    "to": "nacht",
    "gateway": "gw",
    "members": ["zorg"],
    "member_of": ["team"],
}


def in_time(thing: dict[str, Any]) -> dict[str, Any]:
    """Let it end after it begins, and nothing be marked as ended before it is."""
    made = dict(thing)
    for begins, ends in (("begins", "ends"), ("valid_from", "valid_until")):
        if made.get(begins) and made[ends] and made[begins] >= made[ends]:
            made[begins] = "1899-01-01T00:00:00Z"
    if "mode" in made:
        made |= {"begins_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-01T00:15:00Z"}
    for ended in ("ended_at", "care_ended_at", "disabled_at"):
        if made.get(ended):
            made[ended] = min(made[ended], f"{NOW:%Y-%m-%dT%H:%M:%SZ}")
    return made


def possible(noun: Noun, thing: dict[str, Any]) -> dict[str, Any]:
    """Make a thing that could be: whom it names is there, and its moments follow each other."""
    made = in_time({**thing, **{name: REFERRED[name] for name in thing if name in REFERRED}})
    made |= {name: "Europe/Amsterdam" for name in ("time_zone",) if name in thing}
    if noun.name == "devices":
        made |= {"client": None, "ended_at": None}
    if noun.name == "contacts":
        made |= {"level": "care_centre"}
    if noun.name == "regions":
        made |= {name: 25_200 for name in ("service_hour_seconds",) if name in thing}
    if noun.name == "gateways":
        made |= {"adapters": ["native"]}
    if noun.name == "organisations":
        made |= {"external_id": f"n-{made['external_id']}"[:60], "backup": None}
    if noun.name == "contacts":
        made |= {"external_id": f"n-{made['external_id']}"}
    return made


@pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS)
@STORED
@given(data=some.data())
async def test_what_is_stored_is_what_was_brought(database_url: str, noun: Noun, data: Any) -> None:
    thing = possible(noun, data.draw(things(noun)))
    records = [
        Record(NOUNS[name], "" if NOUNS[name].shared else "zorg", one, Place())
        for name, some_things in BEFORE.items()
        for one in some_things
        if name != noun.name or name_of(noun, one) != name_of(noun, thing)
    ]
    brought = [*records, Record(noun, "" if noun.shared else "zorg", thing, Place())]
    given_to = (Who("test"), NOW, lambda *_: uuid4(), {"gateways": {"secret_hash": b""}})
    store = open_store(database_url, size=1, statement_timeout=5)

    async def twice() -> None:
        async with store.transaction() as uow:
            first = await bring(uow.registered, brought, *given_to)
            assert first.counts[noun.name]["new"] > 0
            raise Refused(await bring(uow.registered, brought, *given_to))

    try:
        with pytest.raises(Refused) as again:  # and takes everything back
            await twice()
    finally:
        await store.close()
    assert not again.value.outcome.troubles, [str(one) for one in again.value.outcome.troubles]
    assert not again.value.outcome.changes, again.value.outcome.changes
