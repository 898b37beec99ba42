from datetime import timedelta
from typing import Any

import pytest

from clients.model import CalendarStatus, ConnectionStatus
from digests.model import Pod, World
from digests.sections import next_hours
from digests.sections.connections import Connections, show
from metrics.model import Missing
from tests.factories import NOON, calendar_item, client, connection
from tests.fakes import ToldPrometheus


@pytest.fixture
def world(pod: Pod) -> World:
    return World(None, ToldPrometheus(), pod, [client()], NOON, NOON)  # type: ignore[arg-type]  # nothing is collected


def _found(**changes: Any) -> Connections:
    values: dict[str, Any] = {"busy": {"browser": 3.0}, "pools": {"browser": 8.0}, "all": 2, "troubled": []}
    return Connections(**values | changes)


def _text(groups: Any) -> str:
    return "\n".join(block["text"]["text"] for group in groups for block in group)


def test_a_calm_morning_reads_calm(world: World) -> None:
    step = show(_found(), world)
    assert step.confirm
    assert step.line == "8 browser runners with room · all connections well"
    assert "✅ All 2 connections are well." in _text(step.groups)


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (_found(busy={"browser": 8.0}), "⚠️ all 8 browser runners busy"),
        (_found(busy={}), "no data on browser"),
        (_found(pools={}), "no data on runners: no pool reports"),
        (_found(pools=Missing("is <down>")), "no data on runners: Prometheus is &lt;down&gt;"),
    ],
)
def test_unknown_is_neither_healthy_nor_zero(world: World, found: Connections, line: str) -> None:
    assert show(found, world).line.startswith(line)


def test_troubled_connections_are_named_with_their_trouble(world: World) -> None:
    troubled = [
        connection(status=ConnectionStatus.EXPIRING, token_expires_at=NOON),
        connection("unknown", "x", status=ConnectionStatus.CHALLENGE, challenge_since=NOON),
    ]
    step = show(_found(troubled=troubled), world)
    assert step.line.endswith("2 of 2 connections need care")
    assert "⚠️ Acme Outdoor · Instagram: token expires <!date^" in _text(step.groups)
    assert "⚠️ unknown · X: asks for a log-in <!date^" in _text(step.groups)


def test_a_platform_that_nobody_knows_does_not_break_the_section(world: World) -> None:
    step = show(_found(troubled=[connection(platform="myspace", status=ConnectionStatus.EXPIRED)]), world)
    assert "myspace: token expired" in _text(step.groups)
    due = next_hours.show([calendar_item(platform="myspace")], world)
    assert "myspace" in _text(due.groups)


def test_many_troubled_connections_are_counted_beyond_the_first(world: World) -> None:
    troubled = [connection(f"c{n}", status=ConnectionStatus.EXPIRED) for n in range(20)]
    text = _text(show(_found(troubled=troubled), world).groups)
    assert text.count("token expired") == 15
    assert "… 5 more" in text


def test_the_next_hours_are_told_post_by_post_and_counted_by_platform(world: World) -> None:
    due = [
        calendar_item(f"i{n}", scheduled_at=NOON + timedelta(minutes=n), status=status)
        for n, status in enumerate([CalendarStatus.SCHEDULED] * 12 + [CalendarStatus.AWAITING_APPROVAL] * 2)
    ]
    step = next_hours.show([*due, calendar_item("x", platform="x", status=CalendarStatus.BLOCKED)], world)
    assert step.line == "15 posts, 2 wait for approval"
    assert "Instagram 14 · X 1" in _text(step.groups)
    assert _text(step.groups).count("Acme Outdoor") == 12
    assert "… 3 more until <!date^" in _text(step.groups)


def test_one_post_is_one_post(world: World) -> None:
    assert next_hours.show([calendar_item()], world).line == "1 post"
