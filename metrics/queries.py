"""Every question put to Prometheus, as named functions that give PromQL. Metrics and labels are symbols of the catalog.

Counts over a window are `increase()`, which extrapolates to the window's ends: they are near whole numbers, not whole.
Nothing is filled in with zero: a metric nobody reports gives an empty answer, and that is shown as "no data".
"""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta

from telemetry import catalog
from telemetry.catalog import Metric


def quoted(value: str) -> str:
    """A label's value as a PromQL string: its escapes are a superset of JSON's.

    https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals
    """
    return json.dumps(value, ensure_ascii=False)


# Golden signals (spec 5.1)


def request_rate(window: timedelta) -> str:
    """API requests per second."""
    return f"sum(rate({catalog.API_HTTP_DURATION_MS.name}_count[{_span(window)}]))"


def request_error_ratio(window: timedelta) -> str:
    """Share of API requests answered 5xx; what is answered 4xx is the caller's mistake."""
    failed = f'sum(rate({catalog.API_HTTP_ERRORS_TOTAL.name}{{status=~"5.*"}}[{_span(window)}]))'
    # No error is zero errors only where there were requests.
    return f"({failed} or 0 * {request_rate(window)}) / {request_rate(window)}"


def request_duration(quantile: float, window: timedelta) -> str:
    """Milliseconds."""
    return _quantile(catalog.API_HTTP_DURATION_MS, quantile, window)


def job_duration(quantile: float, window: timedelta) -> str:
    """Milliseconds from enqueued to finished, by lane."""
    return _quantile(catalog.JOB_END_TO_END_DURATION_MS, quantile, window, "lane")


def job_start_delay(quantile: float, window: timedelta) -> str:
    """Milliseconds from eligible to started, by queue."""
    return _quantile(catalog.JOB_START_DELAY_MS, quantile, window, "queue")


def jobs_completed(window: timedelta) -> str:
    """By lane."""
    return _count(catalog.JOBS_COMPLETED_TOTAL, window, "lane")


def jobs_failed(window: timedelta) -> str:
    """By lane; after all retries."""
    return _count(catalog.JOB_FAILURES_TOTAL, window, "lane")


def posts_published(window: timedelta) -> str:
    """By platform."""
    return _count(catalog.POSTS_PUBLISHED_TOTAL, window, "platform")


def publish_failures(window: timedelta) -> str:
    """By platform; after all retries."""
    return _count(catalog.PUBLISH_FAILURES_TOTAL, window, "platform")


def publish_failure_reasons(platform: str, window: timedelta, most: int = 5) -> str:
    """The most frequent reasons of one platform's failures."""
    return f"topk({most}, {_count(catalog.PUBLISH_FAILURES_TOTAL, window, 'reason', platform=platform)})"


def time_to_visible(quantile: float, window: timedelta) -> str:
    """Milliseconds from published to seen live, by lane."""
    return _quantile(catalog.PUBLISH_TIME_TO_VISIBLE_MS, quantile, window, "lane")


def verifications(window: timedelta) -> str:
    """By result."""
    return _count(catalog.PUBLISH_VERIFICATIONS_TOTAL, window, "result")


# Saturation


def queue_depth() -> str:
    """Jobs waiting, by queue."""
    return _level(catalog.QUEUE_DEPTH, "queue")


def runners_busy() -> str:
    """By runner pool."""
    return _level(catalog.RUNNER_CAPACITY_IN_USE, "runner_pool")


def runners() -> str:
    """By runner pool."""
    return _level(catalog.RUNNER_CAPACITY_TOTAL, "runner_pool")


# Providers and cost (spec 5.5)


def provider_errors(window: timedelta) -> str:
    """By kind: llm, image, video."""
    return _count(catalog.PROVIDER_ERRORS_TOTAL, window, "kind")


def provider_calls(window: timedelta) -> str:
    """By kind: llm, image, video."""
    kinds = {
        "llm": catalog.LLM_CALLS_TOTAL,
        "image": catalog.IMAGE_GEN_CALLS_TOTAL,
        "video": catalog.VIDEO_GEN_CALLS_TOTAL,
    }
    counts = (
        f'label_replace({_count(metric, window)}, "kind", {quoted(kind)}, "", "")' for kind, metric in kinds.items()
    )
    return " or ".join(counts)


def tokens(window: timedelta) -> str:
    """By model and type (in, out)."""
    return _count(catalog.LLM_TOKENS_TOTAL, window, "model", "type")


# The browser lane (spec 5.4)


def browser_step_failures(window: timedelta) -> str:
    """By action and reason: where selectors drift."""
    return _count(catalog.BROWSER_STEP_FAILURES_TOTAL, window, "action", "reason")


def login_challenges(window: timedelta) -> str:
    """By platform."""
    return _count(catalog.BROWSER_LOGIN_CHALLENGES_TOTAL, window, "platform")


# Whether there is anything to ask


NEEDED = frozenset(
    metric.name
    for metric in (catalog.POSTS_PUBLISHED_TOTAL, catalog.JOBS_COMPLETED_TOTAL, catalog.RUNNER_CAPACITY_TOTAL)
)
"""Without these a check-in has nothing to show, on the quietest day too."""


def reported() -> str:
    """By name: those of `NEEDED` that somebody reports."""
    return f'count by (__name__) ({{__name__=~"{"|".join(sorted(NEEDED))}"}})'


# The pieces questions are made of


def _count(metric: Metric, window: timedelta, *by: str, **where: str) -> str:
    return f"{_sum(metric, by)} (increase({_series(metric, where)}[{_span(window)}]))"


def _level(metric: Metric, *by: str) -> str:
    return f"{_sum(metric, by)} ({metric.name})"


def _quantile(metric: Metric, quantile: float, window: timedelta, *by: str) -> str:
    rates = f"{_sum(metric, by, 'le')} (rate({metric.name}_bucket[{_span(window)}]))"
    return f"histogram_quantile({quantile}, {rates})"


def _sum(metric: Metric, by: tuple[str, ...], *also: str) -> str:
    _known(metric, by)
    return f"sum by ({', '.join((*by, *also))})"


def _series(metric: Metric, where: Mapping[str, str]) -> str:
    _known(metric, where)
    matchers = ", ".join(f"{label}={quoted(value)}" for label, value in where.items())
    return f"{metric.name}{{{matchers}}}" if matchers else metric.name


def _known(metric: Metric, labels: Iterable[str]) -> None:
    """A label the metric does not have matches nothing, silently; better to break where it is written."""
    if unknown := set(labels) - set(metric.labels):
        raise ValueError(f"{metric.name} has no label {', '.join(sorted(unknown))}")


def _span(window: timedelta) -> str:
    # "Today so far" is empty at midnight, and an empty range is a syntax error.
    return f"{max(1, round(window.total_seconds()))}s"
