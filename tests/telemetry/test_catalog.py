import re

from telemetry import catalog
from telemetry.catalog import Kind

# The catalog as the specification prints it, section by section.
SPECIFIED = """
5.1
api_http_duration_ms{route,method,status}
job_end_to_end_duration_ms{lane,blueprint}
publish_time_to_visible_ms{platform,lane}
jobs_enqueued_total{lane,blueprint}
jobs_completed_total{lane,blueprint}
posts_published_total{platform,surface}
api_http_errors_total{route,status}
job_failures_total{lane,blueprint,reason}
tool_errors_total{tool_id,reason}
publish_failures_total{platform,reason}
queue_depth{queue}
runner_capacity_in_use{runner_pool}
rate_limit_remaining{platform}
5.2
plan_to_asset_success_rate{client_id}
asset_to_calendar_success_rate{client_id}
calendar_to_publish_success_rate{client_id,platform}
publish_to_engagement_ingest_rate{client_id,platform}
5.3
episode_steps_total{agent}
episode_retries_total{agent,reason}
episode_escalations_total{agent,reason}
policy_guard_blocks_total{policy,reason}
5.4
browser_runs_total{platform,action}
browser_step_duration_ms{action,selector_hash}
browser_step_failures_total{action,reason}
browser_login_challenges_total{platform}
browser_screenshot_captured_total{reason}
5.5
llm_calls_total{provider,model,task_class}
llm_tokens_total{provider,model,type=in|out}
llm_cost_usd_total{provider,model}
image_gen_calls_total{provider,model}
video_gen_calls_total{provider,model}
5.6
asset_render_duration_ms{type=image|video|caption}
asset_upload_failures_total{storage_provider}
asset_dedupe_hits_total{client_id}
"""


def specified() -> dict[str, tuple[str, tuple[str, ...]]]:
    found = {}
    section = ""
    for line in SPECIFIED.split():
        if metric := re.fullmatch(r"(\w+)\{(.*)\}", line):
            found[metric[1]] = section, tuple(label.partition("=")[0] for label in metric[2].split(","))
        else:
            section = line
    return found


def test_names_labels_and_sections_are_those_of_the_specification() -> None:
    declared = {name: (metric.section, metric.labels) for name, metric in catalog.ALL.items()}

    assert {name: metric for name, metric in declared.items() if metric[0] != "ours"} == specified()
    assert len(specified()) == 34


def test_every_metric_is_a_symbol_named_as_the_metric_itself() -> None:
    assert {name: getattr(catalog, name.upper()) for name in catalog.ALL} == catalog.ALL


def test_the_kind_can_be_read_from_the_name() -> None:
    for name, metric in catalog.ALL.items():
        assert name.endswith("_ms") == (metric.kind is Kind.HISTOGRAM), name
        if name.endswith("_total") and name != "runner_capacity_total":  # a gauge: the runners in the pool altogether
            assert metric.kind is Kind.COUNTER, name


def test_boundaries_are_floats_that_rise_and_hold_the_thresholds_of_the_objectives() -> None:
    for name, metric in catalog.ALL.items():
        assert list(metric.buckets) == sorted(set(metric.buckets)), name
        assert all(type(boundary) is float for boundary in metric.buckets), name  # or `le` reads 600000, not 600000.0
        assert bool(metric.buckets) == (metric.kind is Kind.HISTOGRAM), name
    assert 120_000 in catalog.JOB_START_DELAY_MS.buckets
    assert 600_000 in catalog.PUBLISH_TIME_TO_VISIBLE_MS.buckets
    assert 30_000 in catalog.CHECKIN_ALERT_DELIVERY_MS.buckets


def test_no_metric_carries_an_id_that_never_repeats() -> None:
    for name, metric in catalog.ALL.items():
        assert not {"request_id", "trace_id", "job_id", "episode_id", "asset_id"} & set(metric.labels), name
        assert metric.kind is not Kind.HISTOGRAM or "client_id" not in metric.labels, name
