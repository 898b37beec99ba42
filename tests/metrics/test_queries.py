from datetime import UTC, datetime, timedelta

import pytest
import requests

from metrics import queries
from metrics.model import Vector
from metrics.reader import Reader
from telemetry import catalog

HOUR = timedelta(hours=1)
EVERY_QUESTION = {
    "request_rate": queries.request_rate(HOUR),
    "request_error_ratio": queries.request_error_ratio(HOUR),
    "request_duration": queries.request_duration(0.95, HOUR),
    "job_duration": queries.job_duration(0.95, HOUR),
    "job_start_delay": queries.job_start_delay(0.95, HOUR),
    "jobs_completed": queries.jobs_completed(HOUR),
    "jobs_failed": queries.jobs_failed(HOUR),
    "posts_published": queries.posts_published(HOUR),
    "publish_failures": queries.publish_failures(HOUR),
    "publish_failure_reasons": queries.publish_failure_reasons("instagram", HOUR),
    "time_to_visible": queries.time_to_visible(0.95, HOUR),
    "verifications": queries.verifications(HOUR),
    "queue_depth": queries.queue_depth(),
    "runners_busy": queries.runners_busy(),
    "runners": queries.runners(),
    "provider_calls": queries.provider_calls(HOUR),
    "provider_errors": queries.provider_errors(HOUR),
    "reported": queries.reported(),
    "tokens": queries.tokens(HOUR),
    "browser_step_failures": queries.browser_step_failures(HOUR),
    "login_challenges": queries.login_challenges(HOUR),
}


def test_every_question_is_listed_here() -> None:
    functions = {name for name, value in vars(queries).items() if getattr(value, "__module__", "") == queries.__name__}
    assert {name for name in functions if not name.startswith("_")} - {"quoted"} == EVERY_QUESTION.keys()


@pytest.mark.parametrize("query", EVERY_QUESTION.values(), ids=EVERY_QUESTION.keys())
def test_prometheus_understands_every_question(prometheus: Reader, query: str) -> None:
    assert isinstance(prometheus.instant(query, datetime.now(UTC)), Vector)


def test_a_label_value_matches_itself_and_nothing_else(
    prometheus: Reader, nasty: tuple[str, ...], scraped_at: datetime
) -> None:
    for value in nasty:
        found = prometheus.instant(f"publish_failures_total{{platform={queries.quoted(value)}}}", scraped_at)
        assert isinstance(found, Vector)
        assert [sample.labels["platform"] for sample in found.samples] == [value]


def test_a_label_value_cannot_become_part_of_the_question(prometheus_url: str, nasty: tuple[str, ...]) -> None:
    def shape(platform: str) -> str:
        query = queries.publish_failure_reasons(platform, HOUR)
        answer = requests.get(f"{prometheus_url}/api/v1/format_query", {"query": query}, timeout=5).json()
        formatted: str = answer["data"]
        return formatted[: formatted.index('"')] + formatted[formatted.rindex('"') :]

    assert {shape(value) for value in nasty} == {shape("instagram")}


def test_a_window_that_has_not_begun_is_still_a_question() -> None:
    assert queries.tokens(timedelta()) == "sum by (model, type) (increase(llm_tokens_total[1s]))"


def test_a_label_the_metric_does_not_have_breaks_at_once() -> None:
    with pytest.raises(ValueError, match="queue_depth has no label client_id"):
        queries._level(catalog.QUEUE_DEPTH, "client_id")
