"""From Alertmanager's delivery to the card in the outbox, and a person who takes it."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, select
from structlog.testing import capture_logs

from alerts import flow, store
from alerts.acknowledge import ACKNOWLEDGE
from alerts.cards import Routing
from alerts.model import AlertGroup, Incident
from audits import ActionType
from audits import store as audits
from charts import Renderer
from clients import store as clients
from clients import work_items
from clients.model import ItemKind, WorkItem
from messages import tables as messages
from metrics.model import Missing
from operations.flow import perform
from operations.model import Done, Refused, Role, Subject
from telemetry.metrics import Metrics
from tests.factories import NOON, alert, click, client, person, webhook, work_item
from tests.fakes import ToldPrometheus, set_clock

ROUTING = Routing({"P0": "#p0", "P1": "#p1", "P2": "#p2", "P3": "#p3"}, {"P0": "<!subteam^S0>", "P1": "<!subteam^S1>"})


def _group(*alerts: dict[str, Any], **changes: Any) -> AlertGroup:
    return AlertGroup.model_validate_json(json.dumps(webhook(*alerts, **changes)))


def _over(**changes: Any) -> dict[str, Any]:
    return alert(status="resolved", endsAt="2026-03-10T12:00:00Z", **changes)


def _receive(engine: Engine, *alerts: dict[str, Any], **changes: Any) -> Incident | None:
    return flow.receive(engine, _group(*alerts, **changes), ROUTING)


def _opened(engine: Engine, *alerts: dict[str, Any], **changes: Any) -> Incident:
    incident = _receive(engine, *alerts, **changes)
    assert incident is not None
    return incident


def _cards(engine: Engine) -> list[Any]:
    with engine.begin() as db:
        return list(db.execute(select(messages.card).order_by(messages.card.c.wanted_at)))


def _spoken(engine: Engine) -> list[str]:
    return [card.wanted["text"] for card in _cards(engine)]


def _deliveries(engine: Engine) -> list[str]:
    with engine.begin() as db:
        return list(db.execute(select(store.alert_delivery.c.decision).order_by(store.alert_delivery.c.seq)).scalars())


def test_an_incident_has_one_card_from_its_first_firing_to_its_end(engine: Engine) -> None:
    opened = _opened(engine)
    second = alert(fingerprint="f2", labels=alert()["labels"] | {"client_id": "zen"})
    assert _opened(engine, alert(), second).incident_id == opened.incident_id
    assert "2 alerts" in json.dumps(_cards(engine)[0].wanted)
    closed = _opened(engine, _over(), _over(fingerprint="f2"))
    assert closed.resolved_at is not None
    (card,) = _cards(engine)
    assert (card.key, card.channel, card.priority, card.revision) == (opened.card_key, "#p1", 1, 3)
    assert card.wanted["text"].startswith("P1 is over: Instagram: 34 % of publishes failed")
    assert _deliveries(engine) == ["open", "update", "close"]


def _saying(share: str) -> dict[str, Any]:
    return {"annotations": alert()["annotations"] | {"summary": f"instagram: {share} of publishes failed"}}


def test_what_is_over_says_the_figure_it_fired_with_and_not_that_of_its_end(engine: Engine) -> None:
    _opened(engine, alert(**_saying("83%")))
    late = {"fingerprint": "late", "startsAt": "2026-03-10T11:58:00Z"}
    _opened(engine, alert(**_saying("41%")), alert(**late, **_saying("70%")))
    assert _spoken(engine) == ["P1 needs a person: Instagram: 41 % of publishes failed"]
    closed = _opened(engine, _over(**_saying("12%")), _over(**late, **_saying("12%")))
    assert _spoken(engine) == ["P1 is over: Instagram: 83 % of publishes failed"]
    assert "When it fired: Instagram: 83 %" in json.dumps(_cards(engine)[0].wanted)
    assert [one.annotations["summary"][11:14] for one in closed.group.alerts] == ["83%", "70%"]


def test_what_fires_again_after_its_end_is_a_new_incident(engine: Engine) -> None:
    first = _opened(engine)
    _receive(engine, _over())
    assert _receive(engine) is None
    second = _opened(engine, alert(startsAt="2026-03-10T13:00:00Z"))
    assert second.incident_id != first.incident_id
    assert [text.partition(":")[0] for text in _spoken(engine)] == ["P1 is over", "P1 needs a person"]
    assert _deliveries(engine) == ["open", "close", "skip", "open"]


def test_a_copy_that_is_delivered_again_changes_nothing(engine: Engine) -> None:
    _opened(engine)
    assert _receive(engine) is None
    assert [card.revision for card in _cards(engine)] == [1]


def test_a_pair_of_alertmanagers_that_deliver_at_once_open_one_incident(engine: Engine) -> None:
    start = Barrier(4)

    def deliver(_: int) -> bool:
        start.wait(10)
        return _receive(engine) is not None

    with ThreadPoolExecutor(4) as pair:
        assert sorted(pair.map(deliver, range(4))) == [False, False, False, True]
    assert len(_cards(engine)) == 1


def test_groups_do_not_mix(engine: Engine) -> None:
    _opened(engine)
    _opened(engine, groupKey="another")
    _receive(engine, _over())
    with engine.begin() as db:
        assert [incident.group_key for incident in store.open_incidents(db)] == ["another"]


@pytest.mark.parametrize(("tier", "priority"), [("P0", 0), ("P1", 1), ("P2", 3), ("P3", 4)])
def test_a_tier_has_its_channel_and_its_urgency(engine: Engine, tier: str, priority: int) -> None:
    _opened(engine, alert(labels={"alertname": "A", "tier": tier}))
    (card,) = _cards(engine)
    assert (card.channel, card.priority) == (f"#{tier.lower()}", priority)


def test_the_heartbeat_leaves_no_trace(engine: Engine) -> None:
    assert _receive(engine, alert(labels={"alertname": "Watchdog", "signal": "heartbeat"})) is None
    assert (_cards(engine), _deliveries(engine)) == ([], [])


def test_an_incident_began_with_its_first_alert(engine: Engine) -> None:
    late = alert(startsAt="2026-03-10T11:58:00Z", fingerprint="late")
    incident = _opened(engine, late, alert(startsAt="2026-03-10T11:30:00Z"))
    assert incident.started_at == NOON - timedelta(minutes=30)


def _failure(item_id: str, client_id: str, minutes: int, **changes: Any) -> WorkItem:
    kind, opened_at = ItemKind.PUBLISH_FAILURE, NOON + timedelta(minutes=minutes)
    return work_item(item_id, client_id=client_id, kind=kind, opened_at=opened_at, **changes)


def test_the_card_names_the_clients_whose_publishes_failed_the_hardest_hit_first(engine: Engine) -> None:
    failures = [
        _failure("f1", "acme", -12),
        _failure("f2", "zen", -11),
        _failure("f3", "zen", -9),
        _failure("f4", "gone", -8),
        _failure("another platform's", "x", -9, platform="x"),
        _failure("yesterday's", "old", -1440),
    ]
    with engine.begin() as db:
        clients.report_clients(db, [client(), client("zen", "Zen Studio")])
        work_items.open_items(db, failures)
    incident = _opened(engine)
    assert "Hit: Zen Studio, Acme Outdoor, gone" in json.dumps(_cards(engine)[0].wanted)
    elsewhere = replace(incident, group=_group(alert(labels=alert()["labels"] | {"signal": "queue"})))
    with engine.begin() as db:
        assert flow.hit(db, elsewhere) == []


# Acknowledging


def _acknowledge(engine: Engine, incident: Incident, by: str = "Ana", role: Role = Role.OPERATOR) -> Any:
    value = ACKNOWLEDGE.button(incident)["value"]
    return perform(engine, ACKNOWLEDGE, click(value, person=person(by, role), action_id=ACKNOWLEDGE.action_id))


def test_who_acknowledges_is_named_on_the_card_and_on_record(engine: Engine) -> None:
    incident = _opened(engine)
    assert ROUTING.mentions["P1"] in json.dumps(_cards(engine)[0].wanted)
    assert _acknowledge(engine, incident) == Done("acknowledged PublishFailuresRising", Subject(platform="instagram"))
    flow.refresh(engine, ROUTING)
    (card,) = _cards(engine)
    shown = json.dumps(card.wanted)
    assert "*Ana is on it* since" in shown
    assert ACKNOWLEDGE.action_id not in shown
    assert ROUTING.mentions["P1"] not in shown
    with engine.begin() as db:
        (event,) = db.execute(select(audits.audit_event)).all()
    assert (event.action_type, event.result, event.platform) == (ActionType.ACKNOWLEDGE, "success", "instagram")


def test_of_many_who_acknowledge_at_once_one_does_and_the_others_hear_who(engine: Engine) -> None:
    incident = _opened(engine)
    start = Barrier(4)

    def press(name: str) -> Any:
        start.wait(10)
        return _acknowledge(engine, incident, name)

    with ThreadPoolExecutor(4) as people:
        answers = list(people.map(press, ("Ana", "Ben", "Cleo", "Dan")))
    assert sum(isinstance(answer, Done) for answer in answers) == 1
    with engine.begin() as db:
        winner = (store.one_incident(db, incident.incident_id) or incident).acked_by
    told = [answer.whisper for answer in answers if isinstance(answer, Refused)]
    assert len(told) == 3
    assert all(whisper.startswith(f"{winner} is on it since <!date^") for whisper in told)


def test_what_is_over_is_not_acknowledged_any_more(engine: Engine) -> None:
    incident = _opened(engine)
    _receive(engine, _over())
    answer = _acknowledge(engine, incident)
    assert answer.whisper == "It is over already; nothing to acknowledge."


def test_a_viewer_does_not_acknowledge_and_an_unknown_incident_is_refused(engine: Engine) -> None:
    incident = _opened(engine)
    assert _acknowledge(engine, incident, role=Role.VIEWER).reason == "role"
    assert perform(engine, ACKNOWLEDGE, click("nothing")).reason == "unknown_incident"  # type: ignore[union-attr]


def test_an_update_keeps_who_is_on_it(engine: Engine) -> None:
    incident = _opened(engine)
    _acknowledge(engine, incident)
    updated = _opened(engine, alert(), alert(fingerprint="f2"))
    assert updated.acked_by == "Ana"
    assert _opened(engine, _over(), _over(fingerprint="f2")).acked_by == "Ana"
    assert "Ana was on it" in json.dumps(_cards(engine)[0].wanted)


# The chart


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


def test_the_chart_shows_the_expression_that_fired(engine: Engine, renderer: Renderer) -> None:
    set_clock(engine, NOON)
    incident = _opened(engine)
    prometheus = ToldPrometheus({"up": [({"platform": "instagram", "__name__": "up"}, 0.34)]})
    chart = flow.evidence(prometheus, incident, NOON, "Europe/Madrid")
    assert chart is not None
    assert (chart.title, chart.unit, chart.threshold) == (
        "Instagram: share of publishes failed within 1h",
        "ratio",
        0.12,
    )
    assert (chart.start, chart.end, chart.fired_at) == (NOON - timedelta(hours=6), NOON, incident.started_at)
    assert [series.name for series in chart.series] == ["instagram"]
    flow.draw(engine, prometheus, renderer, incident, "Europe/Madrid")
    with engine.begin() as db:
        (picture,) = db.execute(select(messages.picture)).all()
    assert (picture.key, picture.card_key) == (incident.card_key, incident.card_key)
    assert picture.png.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "told", ["text", "nan", "inf", "-5", "0", "1e9", "1e300", "-1e300", "9" * 4000, "60", "", "\0"]
)
def test_figures_that_make_no_sense_still_give_a_card_and_a_chart(
    engine: Engine, renderer: Renderer, told: str
) -> None:
    odd = dict.fromkeys(("chart_span_seconds", "chart_threshold", "chart_unit", "chart_title"), told)
    incident = _opened(engine, alert(annotations=alert()["annotations"] | odd))
    prometheus = ToldPrometheus({"up": [({"platform": "instagram"}, 0.34)]})
    chart = flow.evidence(prometheus, incident, NOON, "UTC")
    assert chart is not None
    assert timedelta(minutes=10) <= chart.end - chart.start <= timedelta(days=7)
    assert chart.unit == "count"
    with capture_logs() as logged:
        flow.draw(engine, prometheus, renderer, incident, "UTC")
    assert logged == []
    assert len(_cards(engine)) == 1
    with engine.begin() as db:
        assert len(db.execute(select(messages.picture)).all()) == 1


def test_without_an_expression_or_an_answer_the_card_stands_without_a_chart(engine: Engine) -> None:
    down = ToldPrometheus()
    down.down = Missing("cannot be reached")
    assert flow.evidence(down, _opened(engine), NOON, "UTC") is None
    bare = _opened(engine, alert(annotations={}), groupKey="bare")
    assert flow.evidence(ToldPrometheus(), bare, NOON, "UTC") is None


def test_a_chart_that_cannot_be_drawn_leaves_the_card(engine: Engine) -> None:
    closed = Renderer()
    closed.close()
    flow.draw(engine, ToldPrometheus(), closed, _opened(engine), "UTC")
    with engine.begin() as db:
        assert db.execute(select(messages.picture)).all() == []


def test_how_long_an_alerts_card_took_is_recorded_by_its_tier_and_no_other_cards(engine: Engine) -> None:
    incident = _opened(engine, alert())
    metrics = Metrics("tests", strict=True)
    flow.delivered(engine, metrics, incident.card_key, timedelta(seconds=3))
    flow.delivered(engine, metrics, "main/morning/2026-03-10", timedelta(seconds=3))

    told = metrics.exposition().decode()
    assert f'checkin_alert_delivery_ms_sum{{tier="{incident.tier}"}} 3000.0' in told
    assert told.count("checkin_alert_delivery_ms_count{") == 1
