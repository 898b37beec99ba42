import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from clients import store as reports
from sandbox.agency import seed, world
from storage import migrations
from storage.engine import connect
from storage.server import private_postgres
from telemetry import catalog
from telemetry.catalog import Kind
from tests.processes import eventually
from tests.sandbox.agency.processes import NAMES, agency_processes
from tests.scenarios.otlp_sink import Span, Told, otlp_sink

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

CLIENT = "fernhill"
# Spec 7.1, and the process of ours in which each arises.
SPANS = {
    "http.request": "agency-web",
    "job.dequeue": "agency-runner",
    "agent.episode": "agency-runner",
    "tool.call": "agency-gateway",
    "browser.run": "agency-browser",
    "platform.api": "agency-gateway",
    "post.verify": "agency-runner",
}


@dataclass(frozen=True)
class Followed:
    """A post that a browser published, and whose comments were then read through the API: all that was told of it."""

    job: dict[str, Any]
    item_id: str
    audits: list[Any]
    spans: list[Span]
    metrics: set[Told]
    logs: dict[str, list[dict[str, Any]]]

    @property
    def trace_id(self) -> str:
        return str(self.job["carrier"]["traceparent"].split("-")[1])


@pytest.fixture(scope="module")
def followed(servers: Path) -> Iterator[Followed]:
    """One wish, from the web app until the last of its jobs has ended."""
    folder = servers / "trace"
    with ExitStack() as stack:
        database = stack.enter_context(private_postgres(folder, fast=True)).url
        migrations.upgrade(database)
        engine = connect(database, name="trace")
        stack.callback(engine.dispose)
        sink = stack.enter_context(otlp_sink())

        def rows(sql: str, **given: str) -> list[Any]:
            with engine.connect() as db:
                return list(db.execute(text(sql), given).mappings())

        with agency_processes(database, folder, OTLP_URL=sink.url, TRACE_RATIO="1") as urls:
            with engine.begin() as db:
                reports.report_clients(db, [world.client(seed.ACCOUNTS[CLIENT], "UTC")])
            at = (datetime.now(UTC) + timedelta(seconds=6)).isoformat()
            wish = {"client_id": CLIENT, "platform": "skool", "scheduled_at": at}
            assert httpx.post(f"{urls['web']}/plans", json=wish, timeout=10).status_code == 202
            assert eventually(lambda: bool(rows(_WAITING)), timeout=30), "no publish waited"
            job = dict(rows(_WAITING)[0])
            item_id = job["args"]["calendar_item_id"]
            assert eventually(lambda: bool(rows(_ENGAGED, item=item_id)), timeout=60), rows("SELECT * FROM agency.job")
            audits = rows("SELECT * FROM audit_event WHERE ids ->> 'calendar_item_id' = :item", item=item_id)
        # Whoever ends sends what it still holds.
        trace_id = job["carrier"]["traceparent"].split("-")[1]
        logs = {name: [*_lines(folder / f"{name}.log")] for name in NAMES}
        yield Followed(job, item_id, audits, sink.trace(trace_id), sink.metrics, logs)


_WAITING = "SELECT * FROM agency.job WHERE kind = 'publish'"
_ENGAGED = "SELECT 1 FROM funnel_step WHERE item_id = :item AND stage = 'engagement'"


def _lines(log: Path) -> Iterator[dict[str, Any]]:
    for line in log.read_text().splitlines():
        if line.startswith("{") and "event_name" in (told := json.loads(line)):
            yield told


def test_one_trace_has_all_seven_spans_from_the_processes_they_arise_in(followed: Followed) -> None:
    found = {(span.name, span.service) for span in followed.spans}

    assert found >= set(SPANS.items())


def test_every_span_has_the_attributes_that_the_page_names(followed: Followed) -> None:
    page = (Path(__file__).parents[2] / "docs" / "telemetry.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+\.\w+)` \| .* \| (.*) \|$", page, re.MULTILINE)
    named = {name: set(re.findall(r"`(\w+)`", attributes)) for name, attributes in rows}

    assert named.keys() == SPANS.keys()
    for span in followed.spans:
        assert named[span.name] - span.attributes.keys() == set(), span


def test_every_process_sends_its_metrics_under_the_names_and_labels_of_the_catalog(followed: Followed) -> None:
    kinds = {Kind.COUNTER: "sum", Kind.GAUGE: "gauge", Kind.HISTOGRAM: "histogram"}

    assert {told.service for told in followed.metrics} == {f"agency-{name}" for name in NAMES}
    for told in followed.metrics:
        metric = catalog.ALL[told.name]
        assert (told.kind, told.unit, told.labels) == (kinds[metric.kind], "", frozenset(metric.labels))


def test_the_spans_are_one_tree_under_the_request_that_began_it(followed: Followed) -> None:
    known = {span.span_id for span in followed.spans}
    roots = [span for span in followed.spans if not span.parent]

    assert [(root.name, root.service) for root in roots] == [("http.request", "agency-web")]
    assert [span for span in followed.spans if span.parent and span.parent not in known] == []


def test_every_process_tells_of_it_in_its_log(followed: Followed) -> None:
    for name, lines in followed.logs.items():
        assert followed.trace_id in {line.get("trace_id") for line in lines}, name


def test_the_ids_go_with_it_into_spans_and_log_lines_of_the_last_process(followed: Followed) -> None:
    run = next(span for span in followed.spans if span.name == "browser.run")
    line = next(line for line in followed.logs["browser"] if line["event_name"] == "run.done")

    for told in (run.attributes, line):
        assert told["calendar_item_id"] == followed.item_id
        assert told["job_id"] == str(followed.job["job_id"])
        assert (told["client_id"], told["platform"], told["lane"]) == (CLIENT, "skool", "publishing")
        assert told["request_id"]


def test_the_record_leads_to_the_trace(followed: Followed) -> None:
    assert [event["phase"] for event in followed.audits][:2] == ["intent", "outcome"]
    assert {event["ids"]["trace_id"] for event in followed.audits} == {followed.trace_id}
