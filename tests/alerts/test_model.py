import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from alerts.model import AlertGroup
from tests.factories import alert, webhook

CAPTURED = Path(__file__).parent / "webhooks"


def _group(*alerts: dict[str, Any], **changes: Any) -> AlertGroup:
    return AlertGroup.model_validate_json(json.dumps(webhook(*alerts, **changes)))


def test_what_alertmanager_really_sends_is_understood() -> None:
    firing, resolved = (
        AlertGroup.model_validate_json((CAPTURED / f"alertmanager-0.25-{status}.json").read_text())
        for status in ("firing", "resolved")
    )
    assert (firing.status, firing.tier, firing.heartbeat, firing.truncated) == ("firing", "P1", False, 0)
    assert (
        firing.group_key == resolved.group_key == '{}/{tier="P1"}:{platform="instagram", signal="publish", tier="P1"}'
    )
    assert firing.leading.starts_at == datetime(2026, 11, 23, 11, 6, 26, 280314, tzinfo=UTC)
    assert firing.leading.firing
    assert not resolved.leading.firing
    assert resolved.leading.ends_at > resolved.leading.starts_at
    assert resolved.leading.fingerprint == firing.leading.fingerprint


def test_the_factory_writes_what_alertmanager_writes() -> None:
    captured = json.loads((CAPTURED / "alertmanager-0.25-firing.json").read_text())
    assert webhook().keys() == captured.keys()
    assert alert().keys() == captured["alerts"][0].keys()


def test_fields_that_newer_versions_add_are_left_alone() -> None:
    assert _group(alert(fingerprint="f1", uuid="new"), notificationReason="new", routeID="new").alerts


def test_the_group_survives_the_way_into_the_database_and_back() -> None:
    group = _group(alert(), alert(status="resolved", endsAt="2026-03-10T12:00:00+01:00"))
    stored = json.loads(json.dumps(group.model_dump(mode="json", by_alias=True)))
    assert AlertGroup.model_validate(stored) == group


@pytest.mark.parametrize(
    ("labels", "tier"), [({"tier": "P0"}, "P0"), ({"tier": "P9"}, "P1"), ({"tier": "p0"}, "P1"), ({}, "P1")]
)
def test_an_alert_of_nobodys_tier_surfaces_as_p1(labels: dict[str, str], tier: str) -> None:
    assert _group(commonLabels=labels).tier == tier


def test_the_heartbeat_is_known_by_its_signal() -> None:
    assert _group(commonLabels={"signal": "heartbeat"}).heartbeat


def test_the_longest_firing_alert_speaks_for_the_group() -> None:
    old = alert(status="resolved", startsAt="2026-03-10T08:00:00Z", fingerprint="old")
    long = alert(startsAt="2026-03-10T09:00:00Z", fingerprint="long")
    new = alert(startsAt="2026-03-10T10:00:00Z", fingerprint="new")
    assert _group(new, old, long).leading.fingerprint == "long"
    assert _group(old).leading.fingerprint == "old"


def test_a_long_description_is_cut_and_does_not_cost_the_page() -> None:
    group = _group(alert(annotations={"summary": "x" * 100_000, "nul": "a\0b"}))
    assert group.leading.annotations == {"summary": "x" * 4096, "nul": "ab"}


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (webhook(version="3"), "version"),
        (webhook(status="broken"), "status"),
        (webhook(groupKey=""), "groupKey"),
        (webhook(groupKey="a\0b"), "groupKey"),
        (webhook(groupKey="x" * 3000), "groupKey"),
        (webhook() | {"alerts": []}, "alerts"),
        (webhook(alert(labels="none")), "alerts.0.labels"),
        (webhook(alert(labels={"a": 1}), commonLabels={}), "alerts.0.labels.a"),
        (webhook(alert(labels={str(n): "" for n in range(65)}), commonLabels={}), "alerts.0.labels"),
        (webhook(alert(startsAt="yesterday")), "alerts.0.startsAt"),
        (webhook(alert(startsAt="2026-03-10T12:00:00")), "alerts.0.startsAt"),
        (webhook(alert(startsAt="0001-01-01T00:00:00Z")), "alerts.0.startsAt"),
        (webhook(alert(startsAt="0001-01-01T00:00:00+14:00")), "alerts.0.startsAt"),
        (webhook(alert(startsAt="9999-12-31T23:59:59-12:00")), "alerts.0.startsAt"),
        (webhook(alert(endsAt="9999-12-31T23:59:59-12:00")), "alerts.0.endsAt"),
        (webhook(alert(labels={"a\0b": "c"}), commonLabels={}), "alerts.0.labels.a\0b.[key]"),
        (webhook(alert(fingerprint=None)), "alerts.0.fingerprint"),
        (webhook(truncatedAlerts=-1), "truncatedAlerts"),
        ([], ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_malformed_is_refused_by_its_field(broken: object, field: str) -> None:
    with pytest.raises(ValidationError) as problem:
        AlertGroup.model_validate_json(json.dumps(broken))
    assert ".".join(map(str, problem.value.errors()[0]["loc"])) == field
