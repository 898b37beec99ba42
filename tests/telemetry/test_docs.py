import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.resources import RESOURCES
from clients.ingest import Usage, batch_of, parse
from telemetry import catalog, ids, logs, spans
from tests.telemetry.collector import Collector, attributes

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "telemetry.md").read_text()
WEB = (DOCS / "nextjs.md").read_text()
SPANS = ["http.request", "job.dequeue", "agent.episode", "tool.call", "browser.run", "platform.api", "post.verify"]


def blocks(language: str, page: str = PAGE) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def test_the_ten_lines_are_no_more_and_emit_what_the_page_says(collector: Collector) -> None:
    (code, *_), (line, span, *_) = blocks("python"), map(json.loads, blocks("json"))
    assert len([written for written in code.splitlines() if written]) <= 10
    run = subprocess.run(
        [sys.executable, "-c", code.replace("http://127.0.0.1:4318", collector.url)],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (run.returncode, run.stderr) == (0, "")
    (found,) = collector.spans().values()
    assert {"name": found.name, **attributes(found)} == span
    told = json.loads(run.stdout)
    assert told["trace_id"] == found.trace_id.hex()
    assert told["span_id"] == found.span_id.hex()
    assert {name: "…" if line[name] == "…" else value for name, value in told.items()} == line
    assert f"`{collector.metrics()['posts_published_total']}`" in PAGE


def test_the_table_is_the_catalog() -> None:
    table = "\n".join(
        f"| `{metric.name}` | {', '.join(_label(metric, label) for label in metric.labels) or '–'} | {metric.kind}"
        f" | {metric.section} |"
        for metric in catalog.ALL.values()
    )
    head, _, rest = PAGE.partition("|---|---|---|---|\n")
    written = rest.partition("\n<!-- end of the catalog -->")[0]
    assert head
    assert written == table, f"the table should be:\n{table}"


def _label(metric: catalog.Metric, label: str) -> str:
    values = () if label in ("platform", "surface", "lane") else metric.closed.get(label, ())
    return f"`{label}={'·'.join(values)}`" if values else f"`{label}`"


def test_both_pages_know_all_identifiers_fields_and_spans() -> None:
    for page in (PAGE, WEB):
        assert [name for name in (*ids.NAMES, *logs.FIELDS) if not re.search(rf"[`\"]{name}[`\"]", page)] == []
    assert [name for name in SPANS if f"| `{name}` |" not in PAGE] == []
    assert [name for name in vars(spans) if f"spans.{name}" not in PAGE and _is_helper(name)] == []


def _is_helper(name: str) -> bool:
    return getattr(getattr(spans, name), "__module__", "") == spans.__name__ and not name.startswith("_")


def test_the_web_app_has_the_same_fields_in_the_same_order_and_the_same_buckets() -> None:
    assert _listed("IDS") == list(ids.NAMES)
    assert _listed("FIELDS") == list(logs.FIELDS)
    (buckets,) = re.findall(r"explicitBucketBoundaries: (\[.*?\])", WEB)
    assert tuple(json.loads(buckets)) == catalog.API_HTTP_DURATION_MS.buckets
    assert set(re.findall(r"create(?:Histogram|Counter)\(\"(\w+)\"", WEB)) <= catalog.ALL.keys()
    for name, labels in (("duration", "route method status"), ("errors", "route status")):
        (given,) = re.findall(rf"{name}\.(?:record|add)\(\w+, {{(.*?)}}\)", WEB)
        assert {label.partition(":")[0].strip() for label in given.split(",")} == set(labels.split())


def _listed(name: str) -> list[str]:
    (items,) = re.findall(rf"const {name} = \[(.*?)\]", WEB, re.DOTALL)
    return re.findall(r'"(\w+)"', items)


def test_the_ingest_takes_the_example_and_all_its_paths_are_named() -> None:
    (command,) = blocks("sh")
    body = command.partition("-d '")[2].rstrip().removesuffix("'")
    told: Any = parse(batch_of(Usage), body.encode(), datetime(2026, 3, 11, tzinfo=UTC))
    assert [type(row) for row in told] == [Usage]
    assert [resource.scope for resource in RESOURCES if f"`/v1/{resource.scope}`" not in PAGE] == []
    (_, _, refusal) = map(json.loads, blocks("json"))
    body = re.sub(r'"usd": 0.0213, ', "", body)
    (problem,) = parse(batch_of(Usage), body.encode(), datetime(2026, 3, 11, tzinfo=UTC))
    assert [vars(problem)] == refusal["problems"]


@pytest.mark.parametrize("page", [PAGE, WEB])
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", page)
    assert links
    assert [link for link in links if not (DOCS / link).exists()] == []
