import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clients import model
from clients.ingest import (
    MOST_PROBLEMS,
    MOST_ROWS,
    CalendarItem,
    Client,
    Connection,
    FunnelStep,
    ItemResult,
    Problem,
    Usage,
    Wire,
    WorkItem,
    batch_of,
    parse,
)
from tests import factories

NOON = factories.NOON
USAGE = batch_of(Usage)
ROW = {
    "usage_id": "use-1",
    "client_id": "acme",
    "provider": "openai",
    "model": "gpt-5",
    "kind": "llm",
    "task_class": "caption",
    "usd": 0.25,
    "at": "2026-03-10T12:00:00Z",
}


def _told(*rows: object, now: datetime = NOON) -> list[Usage] | tuple[Problem, ...]:
    return parse(USAGE, json.dumps(rows).encode(), now)


def _value(**changes: object) -> model.Usage:
    (row,) = _told(ROW | changes)
    assert isinstance(row, Usage), row
    value: model.Usage = row.value()
    return value


def _problem(**changes: object) -> Problem:
    told = _told(ROW | changes)
    assert isinstance(told, tuple)
    assert len(told) == 1
    return told[0]


def _as_sent(value: Any) -> dict[str, Any]:
    """A frozen value as a service would write it: without what it left out."""
    default = {name: field.default for name, field in type(value).__dataclass_fields__.items()}
    told = {name: getattr(value, name) for name in default if getattr(value, name) != default[name]}
    return {name: float(v) if isinstance(v, Decimal) else v for name, v in told.items() if v != {}}


@pytest.mark.parametrize(
    ("row", "value"),
    [
        (Client, factories.client(budget_usd_per_day=Decimal("12.5"))),
        (CalendarItem, factories.calendar_item(published_at=NOON, payload={"text": "Hi", "asset_id": "a-1"})),
        (Connection, factories.connection(token_expires_at=NOON, last_refresh_ok=False)),
        (Usage, factories.usage(usd=Decimal("0.25"), tokens_in=7, retry_of="use-0")),
        (FunnelStep, factories.funnel_step(platform="x")),
        (WorkItem, factories.work_item(due_at=NOON, body={"text": "Hi", "scheduled_at": "2026-03-10T12:00:00Z"})),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_what_is_sent_becomes_the_value_that_was_meant(row: type[Wire], value: object) -> None:
    told = parse(batch_of(row), json.dumps([_as_sent(value)], default=str).encode(), NOON)
    assert isinstance(told, list), told
    assert [one.value() for one in told] == [value]


@pytest.mark.parametrize(
    "written", ["2026-03-10T12:00:00Z", "2026-03-10T13:00:00+01:00", "2026-03-10 12:00:00.000000000Z"]
)
def test_times_are_kept_in_utc(written: str) -> None:
    at = _value(at=written).at
    assert (at, at.tzinfo) == (NOON, UTC)


@pytest.mark.parametrize(("sent", "kept"), [("0.1", "0.1"), (0.1 + 0.2, "0.3"), (3, "3"), ("1e-9", "0"), (0, "0")])
def test_money_is_exact_to_a_millionth(sent: object, kept: str) -> None:
    assert _value(usd=sent).usd == Decimal(kept)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("client_id", 'acme"} or vector(1) #'),
        ("client_id", "Acme"),
        ("client_id", "a" * 64),
        ("client_id", "acme\n"),
        ("client_id", ""),
        ("usage_id", None),
        ("usage_id", "use 1"),
        ("usage_id", "u\u0000"),
        ("provider", "\u202eopenai"),
        ("kind", "sms"),
        ("usd", -0.01),
        ("usd", 1_000_000),
        ("usd", "NaN"),
        ("usd", "Infinity"),
        ("usd", True),
        ("usd", [1]),
        ("tokens_in", 1.0),
        ("tokens_in", "5"),
        ("tokens_in", True),
        ("tokens_in", -1),
        ("tokens_in", 2**31),
        ("at", 1_773_144_000),
        ("at", "1773144000"),
        ("at", "2026-03-10T12:00:00"),
        ("at", "2026-03-10"),
        ("at", "2026-02-30T12:00:00Z"),
        ("at", "0001-01-01T00:00:00+14:00"),
        ("at", "9999-12-31T23:59:59-14:00"),
        ("at", "yesterday"),
        ("tokenz", 5),
    ],
)
def test_a_bad_value_is_named_by_its_field_with_a_hint(field: str, value: object) -> None:
    problem = _problem(**{field: value})
    assert (problem.index, problem.field.partition(".")[0]) == (0, field)
    assert problem.error
    assert problem.hint


def test_a_field_that_is_missing_is_named() -> None:
    told = _told({name: value for name, value in ROW.items() if name != "usd"})
    assert told == (Problem("usd", "Field required", "add it", 0),)


def test_what_happened_cannot_lie_ahead_but_clocks_may_differ_a_little() -> None:
    assert _value(at=(NOON + timedelta(minutes=4)).isoformat())
    assert "future" in _problem(at=(NOON + timedelta(minutes=6)).isoformat()).error


def test_problems_tell_their_row_and_are_not_endless() -> None:
    told = _told(ROW, *[ROW | {"usd": -1}] * 30)
    assert [problem.index for problem in told if isinstance(problem, Problem)] == [*range(1, MOST_PROBLEMS + 1)]


def test_what_was_sent_is_not_said_back() -> None:
    told = _told(ROW | {"usd": "sk-live-0123456789abcdef", "x" * 5000: 1})
    assert "sk-live" not in repr(told)
    assert len(repr(told)) < 1000


@pytest.mark.parametrize("rows", [0, MOST_ROWS + 1])
def test_a_batch_has_a_size(rows: int) -> None:
    assert isinstance(_told(*[ROW] * rows), tuple)
    assert isinstance(_told(*[ROW] * MOST_ROWS), list)


@pytest.mark.parametrize("zone", ["Madrid", "../../etc/passwd", "America", "", "Europe/Madrid\u0000"])
def test_a_time_zone_is_one_of_the_worlds(zone: str) -> None:
    row = {"client_id": "acme", "name": "Acme", "time_zone": zone}
    told = parse(batch_of(Client), json.dumps([row]).encode(), NOON)
    assert isinstance(told, tuple)
    assert (told[0].field, told[0].hint) == ("time_zone", "write it like Europe/Madrid")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://", "https://a b", "https://a\nb", "//x.test"])
def test_an_address_is_one_of_the_web(url: str) -> None:
    row = {"client_id": "acme", "item_id": "i", "at": ROW["at"], "status": "published", "post_url": url}
    told = parse(batch_of(ItemResult), json.dumps([row]).encode(), NOON)
    assert isinstance(told, tuple)
    assert told[0].field == "post_url"


GOOD = json.dumps(ROW)[1:-1].encode()
HOSTILE = {
    "nothing": b"",
    "no json": b"{",
    "an object": b"{" + GOOD + b"}",
    "a number": b"1",
    "null": b"null",
    "no utf-8": b"[{" + GOOD.replace(b"acme", b"\xff\xfe") + b"}]",
    "utf-16": ("[{" + GOOD.decode() + "}]").encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf[{" + GOOD + b"}]",
    "deep": b"[" * 200_000,
    "deep and closed": b"[" * 200_000 + b"]" * 200_000,
    "deep in a field": b"[{" + GOOD + b', "blueprint_id": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}]",
    "an integer of 5000 digits": b"[{" + GOOD + b', "tokens_in": ' + b"9" * 5000 + b"}]",
    "an integer of 900000 digits": b"[{" + GOOD + b', "tokens_in": ' + b"9" * 900_000 + b"}]",
    "a price of 900000 digits": b"[{" + GOOD.replace(b"0.25", b"9" * 900_000) + b"}]",
    "a price beyond all": b"[{" + GOOD.replace(b"0.25", b"1e999999") + b"}]",
    "NaN": b"[{" + GOOD.replace(b"0.25", b"NaN") + b"}]",
    "-Infinity": b"[{" + GOOD.replace(b"0.25", b"-Infinity") + b"}]",
    "NUL": b"[{" + GOOD.replace(b"caption", b"cap\\u0000tion") + b"}]",
    "a raw NUL": b"[{" + GOOD.replace(b"caption", b"cap\x00tion") + b"}]",
    "a lone surrogate": b"[{" + GOOD.replace(b"caption", b"\\ud800") + b"}]",
    "a lone surrogate as a key": b"[{" + GOOD + b', "\\udfff": 1}]',
    "a key twice": b"[{" + GOOD + b', "usd": 0}]',
    "a key twice, written in two ways": b"[{" + GOOD + b', "\\u0075sd": 0}]',
    "something after the end": b"[{" + GOOD + b"}] []",
    "a comment": b"[{" + GOOD + b"}] // fine",
    "a trailing comma": b"[{" + GOOD + b",}]",
    "10000 unknown keys": b"[{" + GOOD + b"".join(b',"k%d":1' % n for n in range(10_000)) + b"}]",
    "10000 empty rows": b"[" + b",".join([b"{}"] * 10_000) + b"]",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_no_body_breaks_the_reader(body: bytes) -> None:
    told = parse(USAGE, body, NOON)
    assert isinstance(told, tuple)
    assert 1 <= len(told) <= MOST_PROBLEMS
    json.dumps([vars(problem) for problem in told]).encode()
