import json
from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.decide import Close, Open, Skip, Update, decide
from alerts.model import AlertGroup, Incident
from tests.factories import alert, webhook

EIGHT, NINE, TEN = (f"2026-03-10T{hour:02}:00:00Z" for hour in (8, 9, 10))
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def _group(*alerts: dict[str, Any], **changes: Any) -> AlertGroup:
    return AlertGroup.model_validate_json(json.dumps(webhook(*alerts, **changes)))


def _firing(at: str = NINE, fingerprint: str = "a") -> dict[str, Any]:
    return alert(startsAt=at, fingerprint=fingerprint)


def _over(at: str = NINE, fingerprint: str = "a") -> dict[str, Any]:
    return alert(status="resolved", startsAt=at, endsAt=TEN, fingerprint=fingerprint)


def _incident(group: AlertGroup, *, over: bool = False) -> Incident:
    return Incident("i1", group.group_key, group.tier, group, group.leading.starts_at, NOON if over else None)


OPEN = _incident(_group(_firing()))
DONE = _incident(_group(_over()), over=True)
TWO_DONE = _incident(_group(_over(NINE, "a"), _over(TEN, "b")), over=True)


@pytest.mark.parametrize(
    ("group", "last", "decision"),
    [
        (_group(_firing()), None, Open()),
        (_group(_over()), None, Skip("resolved before it was known")),
        (_group(_firing()), OPEN, Skip("nothing new")),
        (_group(_firing(), _firing(TEN, "b")), OPEN, Update()),
        (_group(_firing(), truncatedAlerts=3), OPEN, Update()),
        (_group(_over(), _firing(TEN, "b")), OPEN, Update()),
        (_group(_over()), OPEN, Close()),
        (_group(_over()), DONE, Skip("resolved before it was known")),
        (_group(_firing()), DONE, Skip("late copy of a problem that is over")),
        (_group(_firing(EIGHT)), DONE, Skip("late copy of a problem that is over")),
        (_group(_firing(TEN)), DONE, Open()),
        (_group(_firing(), _firing(TEN, "b")), DONE, Open()),
        (_group(_firing(), _firing(TEN, "b")), TWO_DONE, Skip("late copy of a problem that is over")),
        (_group(_firing("2026-03-10T11:00:00Z", "b")), TWO_DONE, Open()),
        (_group(_firing(), commonLabels={"signal": "heartbeat"}), None, Skip("heartbeat")),
        (_group(_firing(), commonLabels={"signal": "heartbeat"}), OPEN, Skip("heartbeat")),
    ],
    ids=[
        "first",
        "over before it was known",
        "repeat",
        "another joins",
        "more are hidden",
        "one of two is over",
        "over",
        "over twice",
        "late copy",
        "late copy of an older one",
        "fires again",
        "old one with a new one",
        "late copy of one that joined",
        "fires again after two",
        "heartbeat",
        "heartbeat in between",
    ],
)
def test_what_a_delivery_means(group: AlertGroup, last: Incident | None, decision: Any) -> None:
    assert decide(group, last) == decision
