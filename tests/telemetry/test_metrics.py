import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry.exporter.prometheus import _CustomCollector
from opentelemetry.sdk.metrics.export import MetricsData
from prometheus_client.parser import text_string_to_metric_families

from telemetry import catalog
from telemetry.catalog import Kind, Metric
from telemetry.ids import Platform
from telemetry.metrics import CONTENT_TYPE, Metrics
from tests.telemetry.conftest import Lines


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("tests", strict=True)


@pytest.fixture
def lenient() -> Metrics:
    return Metrics("tests")


def samples(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    found = {}
    for family in text_string_to_metric_families(metrics.exposition().decode()):
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found, f"{key} occurs twice, Prometheus would refuse the scrape"
            found[key] = sample.value
    return found


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return samples(metrics).get((name, frozenset(labels.items())))


def test_every_declared_metric_comes_out_under_its_own_name_with_its_own_labels_only(metrics: Metrics) -> None:
    for metric in catalog.ALL.values():
        write = {Kind.COUNTER: "add", Kind.GAUGE: "set", Kind.HISTOGRAM: "record"}[metric.kind]
        labels = {label: metric.closed.get(label, "v")[0] for label in metric.labels}
        getattr(metrics, write)(metric, 1, **labels)

    expected = {
        (metric.name + suffix, frozenset(metric.labels) | extra)
        for metric in catalog.ALL.values()
        for suffix, extra in (
            [("_bucket", {"le"}), ("_count", set()), ("_sum", set())]
            if metric.kind is Kind.HISTOGRAM
            else [("", set())]
        )
    }
    assert {(name, frozenset(key for key, _ in labels)) for name, labels in samples(metrics)} == expected


def test_the_declared_boundaries_are_the_buckets_in_full(metrics: Metrics) -> None:
    metrics.record(catalog.PUBLISH_TIME_TO_VISIBLE_MS, 240_000, platform="x", lane="publishing")

    buckets = {
        dict(labels)["le"]: count
        for (name, labels), count in samples(metrics).items()
        if name == "publish_time_to_visible_ms_bucket"
    }
    assert list(map(float, buckets)) == [*catalog.PUBLISH_TIME_TO_VISIBLE_MS.buckets, float("inf")]
    assert (buckets["120000.0"], buckets["300000.0"], buckets["600000.0"], buckets["+Inf"]) == (0, 1, 1, 1)


def test_counts_add_up_and_a_gauge_keeps_the_last_value(metrics: Metrics) -> None:
    metrics.add(catalog.JOBS_ENQUEUED_TOTAL, lane="publishing", blueprint="b1")
    metrics.add(catalog.JOBS_ENQUEUED_TOTAL, 4, lane="publishing", blueprint="b1")
    metrics.set(catalog.QUEUE_DEPTH, 7, queue="publishing")
    metrics.set(catalog.QUEUE_DEPTH, 3, queue="publishing")

    assert value(metrics, "jobs_enqueued_total", lane="publishing", blueprint="b1") == 5
    assert value(metrics, "queue_depth", queue="publishing") == 3


def test_a_platform_and_its_text_are_one_series(metrics: Metrics) -> None:
    metrics.set(catalog.RATE_LIMIT_REMAINING, 10, platform=Platform.TIKTOK)
    metrics.set(catalog.RATE_LIMIT_REMAINING, 9, platform="tiktok")
    metrics.add(catalog.API_HTTP_ERRORS_TOTAL, route="/v1/alerts", status=503)
    metrics.add(catalog.API_HTTP_ERRORS_TOTAL, route="/v1/alerts", status="503")

    assert value(metrics, "rate_limit_remaining", platform="tiktok") == 9
    assert value(metrics, "api_http_errors_total", route="/v1/alerts", status="503") == 2


def test_zero_makes_every_combination_visible_and_changes_none_that_counts(metrics: Metrics) -> None:
    metrics.add(catalog.PUBLISH_FAILURES_TOTAL, 2, platform="x", reason="timeout")
    metrics.zero(catalog.PUBLISH_FAILURES_TOTAL, platform=Platform, reason=["timeout", "rejected"])

    series = {labels: count for (name, labels), count in samples(metrics).items() if name == "publish_failures_total"}
    assert len(series) == 2 * len(Platform)
    assert series.pop(frozenset({("platform", "x"), ("reason", "timeout")})) == 2
    assert set(series.values()) == {0}


def test_zero_takes_counters_only(metrics: Metrics) -> None:
    with pytest.raises(ValueError, match="queue_depth"):
        metrics.zero(catalog.QUEUE_DEPTH, queue=["publishing"])


def test_label_values_of_any_kind_survive_the_exposition(metrics: Metrics) -> None:
    hostile = 'a"} 1\nqueue_depth{queue="b\\'
    metrics.set(catalog.QUEUE_DEPTH, 1, queue=hostile)

    assert samples(metrics) == {("queue_depth", frozenset({("queue", hostile)})): 1}


UNDECLARED = Metric("made_up_total", Kind.COUNTER, (), "Not in the catalog.", "ours")


@pytest.mark.parametrize(
    ("why", "method", "metric", "number", "labels"),
    [
        ("undeclared", "add", UNDECLARED, 1, {}),
        ("kind", "set", catalog.JOBS_ENQUEUED_TOTAL, 1, {"lane": "publishing", "blueprint": "b1"}),
        ("labels", "set", catalog.QUEUE_DEPTH, 1, {}),
        ("labels", "set", catalog.QUEUE_DEPTH, 1, {"queue": None}),
        ("labels", "set", catalog.QUEUE_DEPTH, 1, {"queue": "publishing", "client_id": "acme"}),
        ("labels", "add", catalog.TOKEN_REFRESH_TOTAL, 1, {"platform": "myspace", "outcome": "ok"}),
        ("labels", "add", catalog.TOKEN_REFRESH_TOTAL, 1, {"platform": "x", "outcome": "perhaps"}),
        ("labels", "add", catalog.TOKEN_REFRESH_TOTAL, 1, {"platform": "x", "outcomes": "ok"}),
        ("value", "add", catalog.BROWSER_LOGIN_CHALLENGES_TOTAL, -1, {"platform": "x"}),
        ("value", "record", catalog.JOB_START_DELAY_MS, float("nan"), {"queue": "publishing"}),
        ("value", "set", catalog.QUEUE_DEPTH, float("inf"), {"queue": "publishing"}),
    ],
)
def test_what_does_not_fit_raises_in_tests_and_is_dropped_and_counted_elsewhere(
    metrics: Metrics,
    lenient: Metrics,
    why: str,
    method: str,
    metric: Metric,
    number: float,
    labels: dict[str, str | None],
) -> None:
    with pytest.raises(ValueError, match=f"{metric.name}: {why}"):
        getattr(metrics, method)(metric, number, **labels)

    getattr(lenient, method)(metric, number, **labels)
    assert samples(lenient) == {
        ("telemetry_dropped_total", frozenset({("metric", metric.name), ("why", why)})): 1,
    }


def test_the_first_that_does_not_fit_is_logged(lenient: Metrics, lines: Lines) -> None:
    for _ in range(3):
        lenient.add(catalog.TOKEN_REFRESH_TOTAL, platform="x")
    lenient.add(catalog.TOKEN_REFRESH_TOTAL, -1, platform="x", outcome="ok")

    told = [(line["event_name"], line["error_code"]) for line in lines()]
    assert told == [("telemetry.dropped", "labels"), ("telemetry.dropped", "value")]
    assert "token_refresh_total" in lines()[0]["error_message"]


def test_more_clients_than_the_sdk_expects_still_have_a_series_each(metrics: Metrics) -> None:
    for number in range(2_100):
        metrics.add(catalog.ASSET_DEDUPE_HITS_TOTAL, client_id=f"client-{number}")

    assert len(samples(metrics)) == 2_100
    assert b"overflow" not in metrics.exposition()


def test_two_processes_in_one_do_not_share_their_metrics(metrics: Metrics, lenient: Metrics) -> None:
    metrics.set(catalog.QUEUE_DEPTH, 1, queue="publishing")

    assert samples(lenient) == {}


def test_scrapes_at_the_same_time_all_see_everything(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    received = _CustomCollector.add_metrics_data

    def received_and_interrupted(collector: _CustomCollector, data: MetricsData) -> None:
        received(collector, data)
        time.sleep(0.002)  # another scrape may come just here

    monkeypatch.setattr(_CustomCollector, "add_metrics_data", received_and_interrupted)
    metrics.set(catalog.QUEUE_DEPTH, 1, queue="publishing")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: metrics.exposition(), range(20)))

    assert set(answers) == {metrics.exposition()}


def test_the_content_type_is_that_of_the_classic_text_format() -> None:
    assert CONTENT_TYPE == "text/plain; version=0.0.4; charset=utf-8"


def test_a_label_of_free_text_has_so_many_values_and_the_rest_are_one(metrics: Metrics) -> None:
    for number in range(300):
        metrics.record(catalog.BROWSER_STEP_DURATION_MS, 10, action="click", selector_hash=f"h{number}")

    counts = {
        dict(labels)["selector_hash"]: count
        for (name, labels), count in samples(metrics).items()
        if name == "browser_step_duration_ms_count"
    }
    most = catalog.MOST_VALUES["selector_hash"]
    assert len(counts) == most + 1
    assert counts[catalog.OTHER] == 300 - most


def test_series_have_an_end_and_what_is_beyond_is_counted(lenient: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telemetry.metrics._SERIES", 100)
    for number in range(300):
        lenient.add(catalog.ASSET_DEDUPE_HITS_TOTAL, client_id=f"client-{number}")

    dropped = {"metric": "asset_dedupe_hits_total", "why": "series"}
    assert value(lenient, "telemetry_dropped_total", **dropped) == 200
    assert len(samples(lenient)) == 101


def test_a_label_that_is_a_secret_or_endless_is_not_exposed_as_it_is(metrics: Metrics) -> None:
    metrics.set(catalog.QUEUE_DEPTH, 1, queue="redis://:hunter2x@cache/0")
    metrics.set(catalog.QUEUE_DEPTH, 2, queue="q" * 10_000)

    queues = [dict(labels)["queue"] for _, labels in samples(metrics)]
    assert "hunter2x" not in str(queues)
    assert max(map(len, queues)) <= 128
