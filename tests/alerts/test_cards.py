import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from alerts.acknowledge import ACKNOWLEDGE
from alerts.cards import alert_card
from alerts.model import AlertGroup, Incident
from alerts.open_runbook import OPEN_RUNBOOK, words
from audits import Scope
from audits.switches import Switch
from messages.blocks import Message
from operations.flow import perform
from operations.model import Ask, Refused, Role
from operations.stop import STOP
from runbooks.library import runbooks
from tests.factories import NOON, alert, click, person, webhook

ATTACK = "<!channel> *now* <https://evil.test|click>\nsecond line"


def _incident(*alerts: dict[str, Any], group: dict[str, Any] | None = None, **changes: Any) -> Incident:
    told = AlertGroup.model_validate_json(json.dumps(webhook(*alerts, **(group or {}))))
    return replace(Incident("i1", told.group_key, told.tier, told, NOON - timedelta(minutes=10)), **changes)


def _words(message: Message) -> str:
    parts = []
    for block in message.blocks:
        parts += [block.get("text", {}), *block.get("elements", [])]
    return "\n".join(part["text"] for part in parts if isinstance(part.get("text"), str))


def _buttons(message: Message) -> list[str]:
    return [e["action_id"] for block in message.blocks if block["type"] == "actions" for e in block["elements"]]


def test_the_card_of_a_new_alert(snapshot: SnapshotAssertion) -> None:
    assert alert_card(_incident(), "<!subteam^S1>") == snapshot


def test_an_alert_that_is_acknowledged_says_who_is_on_it() -> None:
    message = alert_card(_incident(acked_by="Ana", acked_at=NOON), "<!subteam^S1>")
    assert "*Ana is on it* since" in _words(message)
    assert "<!subteam" not in _words(message)
    assert _buttons(message) == [OPEN_RUNBOOK.action_id, STOP.action_id]
    assert message.text.startswith("P1 is acknowledged: Instagram")


@pytest.mark.parametrize(
    ("minutes", "lasted"),
    [(0, "under a minute"), (10, "10 min"), (59, "59 min"), (60, "1 h 0 min"), (135, "2 h 15 min")],
)
def test_an_alert_that_is_over_says_how_long_it_lasted_and_asks_for_nothing(minutes: int, lasted: str) -> None:
    start = NOON - timedelta(minutes=10)
    message = alert_card(_incident(resolved_at=start + timedelta(minutes=minutes)), "<!subteam^S1>")
    assert f"· lasted {lasted} · " in _words(message) + " · "
    assert _words(message).startswith("✅ P1 · Instagram: publish failures rising")
    assert _buttons(message) == []
    assert "<!subteam" not in _words(message)


def test_the_first_actions_are_the_runbooks() -> None:
    page = next(page for page in runbooks() if page.slug == "publish-failure-spike")
    told = _words(alert_card(_incident()))
    assert "*Do first*\n1. " in told
    assert all(words(step) in told for step in page.actions[:3])


@pytest.mark.parametrize("annotations", [{}, {"runbook": "unheard-of"}, {"runbook": "x" * 4000}])
def test_without_a_runbook_there_is_no_button_for_it(annotations: dict[str, str]) -> None:
    message = alert_card(_incident(alert(annotations=annotations)))
    assert OPEN_RUNBOOK.action_id not in _buttons(message)
    assert "There is no runbook for this alert." in _words(message)


def test_a_card_without_anything_to_press_has_no_empty_row() -> None:
    bare = alert(labels={"alertname": "A"}, annotations={})
    message = alert_card(_incident(bare, acked_by="Ana", acked_at=NOON))
    assert "actions" not in [block["type"] for block in message.blocks]


def test_the_stop_button_knows_the_platform_and_the_client_of_the_alert() -> None:
    labels = {"alertname": "A", "platform": "x", "client_id": "acme"}
    message = alert_card(_incident(alert(labels=labels)))
    (stop,) = [e for b in message.blocks if b["type"] == "actions" for e in b["elements"] if "stop" in e["action_id"]]
    assert json.loads(stop["value"]) == {"scope": "client:acme/platform:x"}
    assert stop["text"]["text"] == "Stop publishing…"
    other = alert_card(_incident(alert(labels={"alertname": "A", "platform": "myspace"})))
    assert STOP.action_id not in _buttons(other)
    assert "myspace: a" in _words(other)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["Acme Outdoor"], "Hit: Acme Outdoor"),
        (["Acme", "Vela", "Zen"], "Hit: Acme, Vela, Zen"),
        (["Acme", "Vela", "Zen", "Lumen", "Kite"], "Hit: Acme, Vela, Zen and 2 more"),
        (["<!channel> & Sons"], "Hit: &lt;!channel&gt; &amp; Sons"),
    ],
)
def test_clients_that_were_hit_are_named(names: list[str], told: str) -> None:
    for incident in (_incident(), _incident(resolved_at=NOON)):
        assert told in _words(alert_card(incident, hit=names)).splitlines()
    assert "Hit:" not in _words(alert_card(_incident()))


def test_the_stop_button_is_called_as_the_runbooks_call_it() -> None:
    actions = [step for page in runbooks() for step in page.actions if "`Stop" in step]
    assert actions
    assert all(f"`{STOP.button()['text']['text']}`" in step for step in actions)


def test_several_alerts_are_counted_with_those_that_were_cut_off() -> None:
    over = alert(status="resolved", fingerprint="over")
    message = alert_card(_incident(alert(), alert(fingerprint="f2"), over, group={"truncatedAlerts": 7}))
    assert "nobody is on it yet · 2 alerts (+7 not shown)" in _words(message)


def test_alerts_of_several_names_are_called_by_their_number() -> None:
    message = alert_card(_incident(alert(), alert(labels={"alertname": "B"}, fingerprint="f2")))
    assert _words(message).startswith("🟠 P1 · 2 alerts")


@pytest.mark.parametrize("tier", ["P0", "P1", "P2", "P3"])
def test_every_tier_says_its_name_beside_its_colour(tier: str) -> None:
    message = alert_card(_incident(alert(labels={"alertname": "A", "tier": tier})))
    assert f" {tier} · " in _words(message)


def test_words_from_outside_cannot_become_more_than_words() -> None:
    annotations = {"summary": ATTACK, "runbook": ATTACK, "chart_title": ATTACK}
    message = alert_card(
        _incident(alert(annotations=annotations, labels={"alertname": ATTACK}), acked_by=ATTACK, acked_at=NOON)
    )
    shown = [b["text"]["text"] for b in message.blocks if b["type"] == "section"]
    shown += [e["text"] for b in message.blocks if b["type"] == "context" for e in b["elements"]]
    assert not any("<!channel" in text or "<https" in text or "*now*" in text for text in [message.text, *shown])


# The runbook's page


def test_everybody_on_the_team_may_read_every_runbook(engine: Any) -> None:
    for page in runbooks():
        pressed = click(OPEN_RUNBOOK.button(page.slug)["value"], person=person(role=Role.VIEWER))
        answer = perform(engine, OPEN_RUNBOOK, pressed)
        assert isinstance(answer, Ask)
        told = json.dumps(answer.view, ensure_ascii=False)
        assert [told.index(f"*{name}*") for name in ("Symptoms", "Likely causes", "Immediate actions", "Rollback")]
        assert len(answer.view["blocks"]) <= 100


def test_a_runbook_that_is_gone_is_said_to_be(engine: Any) -> None:
    answer = perform(engine, OPEN_RUNBOOK, click("unheard-of"))
    assert isinstance(answer, Refused)
    assert answer.reason == "unknown_runbook"


def test_code_stays_code_and_nothing_else_becomes_anything() -> None:
    assert words("Run `checkin doctor` <now>") == "Run `checkin doctor` &lt;now&gt;"
    assert ACKNOWLEDGE.button(_incident())["value"] == "i1"


def test_a_client_label_too_long_for_a_button_costs_the_button_and_not_the_card() -> None:
    labels = {"alertname": "A", "platform": "x", "client_id": "c" * 4096}
    message = alert_card(_incident(alert(labels=labels), group={"commonLabels": labels}))
    assert STOP.action_id not in _buttons(message)


def _stopped(*scopes: Scope) -> list[tuple[Switch, str]]:
    return [(Switch(scope, "Ana", "wrong brand", NOON, 1), scope.key) for scope in scopes]


@pytest.mark.parametrize("scope", [Scope(), Scope(platform="instagram")])
def test_what_is_stopped_says_so_and_is_not_offered_to_be_stopped(scope: Scope) -> None:
    message = alert_card(_incident(), stops=_stopped(scope))
    assert f"⛔ *Stopped:* {scope.key}" in _words(message)
    assert STOP.action_id not in _buttons(message)


def test_a_part_that_is_stopped_is_told_and_the_whole_can_still_be_stopped() -> None:
    message = alert_card(_incident(), stops=_stopped(Scope("acme", "instagram"), Scope(platform="x")))
    assert "⛔ *Stopped:* client:acme/platform:instagram" in _words(message)
    assert "platform:x" not in _words(message)
    assert STOP.action_id in _buttons(message)


def test_what_is_over_no_longer_tells_of_stops() -> None:
    assert "Stopped" not in _words(alert_card(_incident(resolved_at=NOON), stops=_stopped(Scope())))
