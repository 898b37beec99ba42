import os
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

import audits
from clients.model import CalendarStatus, ItemKind, ItemState
from sandbox.agency import history, queue, seed
from sandbox.agency.day import Day
from sandbox.agency.world import SURFACES
from storage.engine import connect
from telemetry import catalog

NOON = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 6, 10, 1, 10, tzinfo=UTC)
CLOCKS_CHANGED = datetime(2026, 3, 29, 9, 30, tzinfo=UTC)


def tell(now: datetime = NOON, zone: str = "Europe/Berlin", random_seed: int = 1) -> Day:
    return history.tell(now, zone, random_seed, web_url="http://web", platforms_url="http://platforms")


def last_values(path: Path) -> dict[str, float]:
    """The last sample of every series of an OpenMetrics file."""
    values = {}
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            series, value, _ = line.rsplit(" ", 2)
            values[series] = float(value)
    return values


def total(values: dict[str, float], name: str, label: str | None = None) -> dict[str, float]:
    """Sums of a metric by one label."""
    sums: Counter[str] = Counter()
    for series, value in values.items():
        if series.startswith(f"{name}{{"):
            found = re.search(f'{label}="([^"]*)"', series) if label else None
            sums[found[1] if found else ""] += value  # type: ignore[assignment]  # counts may be USD
    return {key: value for key, value in sums.items() if value}


def test_rows_and_series_tell_the_same_numbers(database_url: str, tmp_path: Path) -> None:
    engine = connect(database_url, name="tests")
    queue.make_tables(engine)
    out = tmp_path / "history.om"
    history.make(engine, out, NOON, "Europe/Berlin", 1, web_url="http://web", platforms_url="http://platforms")
    values = last_values(out)
    with engine.connect() as db:

        def rows(counted: str, condition: str = "") -> dict[str, float]:
            query = f"SELECT {counted} AND {condition or 'true'} GROUP BY 1"
            return {
                str(key): float(value) for key, value in db.execute(text(query), {"since": NOON - timedelta(days=1)})
            }

        ended = "FROM audit_event WHERE created_at > :since AND phase = 'outcome' AND action_type = 'publish'"
        used = "FROM provider_usage WHERE at > :since"
        seen = rows("platform, count(*) FROM calendar_item WHERE verified_at > :since")
        outcomes = total(values, "client_publish_outcomes_total", "outcome")

        assert total(values, "posts_published_total", "platform") == rows(
            f"platform, count(*) {ended}", "result = 'success'"
        )
        assert total(values, "publish_failures_total", "platform") == rows(
            f"platform, count(*) {ended}", "result = 'fail'"
        )
        assert total(values, "client_publish_outcomes_total", "client_id") == rows(f"client_id, count(*) {ended}")
        assert {"success": outcomes["ok"], "fail": outcomes["fail"], "blocked": outcomes["blocked"]} == rows(
            f"result, count(*) {ended}"
        )
        assert total(values, "llm_cost_usd_total", "model") == pytest.approx(
            rows(f"model, sum(usd) {used}", "kind = 'llm'")
        )
        assert total(values, "llm_tokens_total", "type")["in"] == rows(f"kind, sum(tokens_in) {used}")["llm"]
        assert total(values, "image_gen_calls_total", "model") == rows(f"model, count(*) {used}", "kind = 'image'")
        assert total(values, "provider_errors_total", "provider") == rows(
            f"provider, count(*) {used}", "retry_of IS NOT NULL"
        )
        assert total(values, "publish_verifications_total", "platform") == seen
        assert total(values, "publish_time_to_visible_ms_count", "platform") == seen
    engine.dispose()


@pytest.mark.parametrize("now", [NOON, NIGHT, CLOCKS_CHANGED])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland"])
def test_a_day_is_believable_at_any_hour_and_place(now: datetime, zone: str) -> None:
    day = tell(now, zone)
    hours = {item.scheduled_at.astimezone(ZoneInfo(zone)).hour for item in day.calendar if item.published_at}
    failed = day.tally.total(catalog.PUBLISH_FAILURES_TOTAL)
    tried = failed + day.tally.total(catalog.POSTS_PUBLISHED_TOTAL)
    since = now - timedelta(days=1)
    cost = sum(usage.usd for usage in day.usage if usage.at > since)

    assert hours <= set(range(8, 22))
    assert 240 <= tried <= 360
    assert 0.004 <= failed / tried <= 0.021
    assert 35 <= cost <= 90
    assert {usage.provider for usage in day.usage} == {"anthropic", "google", "openai"}
    assert any(usage.retry_of for usage in day.usage)
    assert max(usage.at for usage in day.usage) <= now
    assert max(step.at for step in day.funnel) <= now
    assert {item.status for item in day.calendar if item.scheduled_at > now} == {
        CalendarStatus.PLANNED,
        CalendarStatus.SCHEDULED,
        CalendarStatus.AWAITING_APPROVAL,
    }


def test_the_same_seed_tells_the_same_day() -> None:
    assert tell().record == tell().record
    assert tell().calendar != tell(random_seed=2).calendar


def test_fourteen_things_wait_for_a_person() -> None:
    waiting = [item for item in tell().work if item.state is ItemState.OPEN]

    assert Counter(item.kind for item in waiting) == {
        ItemKind.APPROVAL: 9,
        ItemKind.ESCALATION: 3,
        ItemKind.PUBLISH_FAILURE: 1,
        ItemKind.POLICY_BLOCK: 1,
    }
    assert sum(bool(item.body.get("risk")) for item in waiting) == 2
    assert all(item.due_at and -timedelta(hours=1) < item.due_at - NOON <= timedelta(hours=6) for item in waiting)
    # so that an approval goes out while one watches
    assert sum(item.kind is ItemKind.APPROVAL and item.due_at < NOON for item in waiting if item.due_at) == 3


def test_every_approval_is_bound_to_its_calendar_item() -> None:
    day = tell()
    calendar = {item.calendar_item_id: item for item in day.calendar}
    for item in day.work:
        if item.kind is ItemKind.APPROVAL:
            planned = calendar[str(item.calendar_item_id)]
            assert (item.payload_hash, item.version) == (planned.payload_hash, planned.version)
            assert planned.payload_hash == audits.payload_hash(planned.payload)
            assert item.body["text"] == planned.payload["text"]


def test_every_publish_has_an_intent_before_its_outcome() -> None:
    pairs: dict[object, list[audits.AuditEvent]] = {}
    for event in tell().record:
        pairs.setdefault(event.command_id, []).append(event)
    for events in pairs.values():
        if events[-1].result is audits.Result.BLOCKED:
            assert [event.phase for event in events] == [audits.Phase.OUTCOME]
        else:
            assert [event.phase for event in events] == [audits.Phase.INTENT, audits.Phase.OUTCOME]
            assert str(events[0].created_at) < str(events[1].created_at)


def test_series_are_few_and_fine_at_the_end(tmp_path: Path) -> None:
    written = tell().tally.write(tmp_path / "history.om", job="agency")
    lines = (tmp_path / "history.om").read_text().splitlines()
    one = [int(line.rpartition(" ")[2]) for line in lines if line.startswith('queue_depth{queue="publishing"')]

    assert written <= 900
    assert lines[-1] == "# EOF"
    assert one[-1] == int(NOON.timestamp())
    assert {b - a for a, b in pairwise(one[-200:])} == {5}
    assert {b - a for a, b in pairwise(one[:100])} == {60}


def test_every_client_has_platforms_posts_and_a_surface_for_them() -> None:
    assert len(seed.ACCOUNTS) == 24
    assert "acme" in seed.ACCOUNTS
    assert {platform for _, platform in seed.PAIRS} == set(SURFACES)
    for draft in (*seed.APPROVALS, seed.BLOCKED):
        assert (draft.client_id, draft.platform) in seed.PAIRS
        assert draft.surface in SURFACES[draft.platform]


def test_a_larger_agency_has_branches_of_the_named_clients_under_names_of_their_own() -> None:
    many = seed.accounts(700)

    assert list(many.values())[:24] == list(seed.NAMED)
    assert len(many) == len({account.name for account in many.values()}) == 700
    assert (many["acme-porto"].name, many["acme-porto-2"].name) == ("Acme Outdoor Porto", "Acme Outdoor Porto 2")
    assert all(re.fullmatch("[a-z0-9-]+", client_id) for client_id in many)


def test_forty_clients_have_a_hundred_and_twenty_open_items(database_url: str, tmp_path: Path) -> None:
    given = ["--out", str(tmp_path / "history.om"), "--now", NOON.isoformat(), "--zone", "Europe/Berlin"]
    given += ["--web-url", "http://web", "--platforms-url", "http://platforms"]
    environment = os.environ | {"AGENCY_DATABASE_URL": database_url, "AGENCY_CLIENTS": "40"}
    subprocess.run([sys.executable, "-m", "sandbox.agency", "history", *given], env=environment, check=True)
    engine = connect(database_url, name="tests")
    with engine.connect() as db:

        def open_items(counted: str, condition: str = "true") -> list[tuple[str, int]]:
            joined = "FROM work_item LEFT JOIN calendar_item USING (calendar_item_id)"
            query = f"{counted}, count(*) {joined} WHERE state = 'open' AND {condition} GROUP BY 1"
            return [(key, many) for key, many in db.execute(text(f"SELECT {query}"), {"now": NOON})]

        kinds, clients = dict(open_items("kind")), dict(open_items("work_item.client_id"))
        not_yet = open_items("item_id", "(opened_at > :now OR due_at > :now + interval '6 hours')")
        unbound = open_items("item_id", "kind != 'escalation' AND work_item.payload_hash != calendar_item.payload_hash")
    engine.dispose()

    assert sum(kinds.values()) == 120
    assert kinds["approval"] > kinds["escalation"] > kinds["policy_block"] > kinds["publish_failure"]
    assert len(clients) == 40
    assert (not_yet, unbound) == ([], [])


@pytest.mark.slow
def test_prometheus_takes_the_day(tmp_path: Path) -> None:
    from sandbox.servers.prometheus import backfill

    tell().tally.write(tmp_path / "history.om", job="agency")
    backfill(tmp_path, tmp_path / "history.om")
    assert list((tmp_path / "data").glob("*/index"))
